package io.capoflow.models.endpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.Json;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;

/** What may stand in {@link ChatRequest#extraBody}. */
public final class ExtraBody {
  /** What a request decides by itself, under all names that servers know it by. */
  private static final Set<String> DECIDED =
      Set.of(
          "model",
          "messages",
          "temperature",
          "top_p",
          "top_k",
          "min_p",
          "seed",
          "n",
          "best_of",
          "stop",
          "include_stop_str_in_output",
          "max_tokens",
          "max_completion_tokens",
          "logprobs",
          "top_logprobs",
          "return_token_ids",
          "stream",
          "stream_options");

  private ExtraBody() {}

  /** Whether a request decides a field by itself. */
  static boolean isDecided(String name) {
    return DECIDED.contains(name);
  }

  /**
   * What is wrong with a text that is to be an extra body, in a few words; empty where nothing is.
   */
  public static Optional<String> problem(String extraBody) {
    JsonNode fields;
    try {
      fields = Json.STRICT.readTree(extraBody);
    } catch (JsonProcessingException e) {
      return Optional.of("is no JSON: " + e.getOriginalMessage());
    }
    if (!fields.isObject()) {
      return Optional.of("is no JSON object");
    }
    for (Iterator<String> names = fields.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (DECIDED.contains(name)) {
        return Optional.of("must not hold %s, which other keys decide".formatted(name));
      }
    }
    return Optional.empty();
  }
}
