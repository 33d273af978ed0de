package io.capoflow.transforms.journal;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An answer as a line of a segment: a JSON object whose last field, {@code checksum}, is the
 * SHA-256 of the bytes before that field. The digest of the request comes first, so that a reader
 * indexes a line without parsing it.
 */
final class AnswerLine {
  private static final byte[] START = "{\"request\":\"".getBytes(US_ASCII);
  private static final byte[] CHECKSUM = ",\"checksum\":\"".getBytes(US_ASCII);
  private static final byte[] END = "\"}".getBytes(US_ASCII);
  private static final int HEX_DIGITS = 64;
  private static final int SHORTEST =
      START.length + HEX_DIGITS + CHECKSUM.length + HEX_DIGITS + END.length;

  /** Behind the request's digest. */
  private static final Pattern HEADER =
      Pattern.compile("^\",\"answer_index\":(\\d{1,9}),\"written\":(\\d{1,18}),");

  private static final int HEADER_BYTES = 64;

  private AnswerLine() {}

  /** The line, with its line break. */
  static byte[] encode(KeptAnswer kept) {
    byte[] fields = fields(kept);
    byte[] checksum = Digests.ofBytes(fields).getBytes(US_ASCII);
    ByteBuffer line =
        ByteBuffer.allocate(fields.length + CHECKSUM.length + checksum.length + END.length + 1);
    line.put(fields).put(CHECKSUM).put(checksum).put(END).put((byte) '\n');
    return line.array();
  }

  /** What the line's checksum is. */
  static String checksum(KeptAnswer kept) {
    return Digests.ofBytes(fields(kept));
  }

  /** Whether a line, without its line break, is as it was written. */
  static boolean isWhole(byte[] line) {
    int fields = line.length - CHECKSUM.length - HEX_DIGITS - END.length;
    return line.length >= SHORTEST
        && startsAt(line, 0, START)
        && startsAt(line, fields, CHECKSUM)
        && startsAt(line, line.length - END.length, END)
        && Digests.ofBytes(Arrays.copyOf(line, fields))
            .equals(new String(line, fields + CHECKSUM.length, HEX_DIGITS, US_ASCII));
  }

  /**
   * What an index needs of a line.
   *
   * @param prefix first 64 bits of the request's digest
   */
  record Header(long prefix, int index, long written) {}

  /**
   * The header of a line that is whole; empty where the line is no answer of ours. Its fields come
   * first, so that the line need not be parsed.
   */
  static Optional<Header> header(byte[] line) {
    int from = START.length + HEX_DIGITS;
    Matcher fields =
        HEADER.matcher(
            new String(line, from, Math.min(HEADER_BYTES, line.length - from), US_ASCII));
    String prefix = new String(line, START.length, Long.BYTES * 2, US_ASCII);
    try {
      return fields.find()
          ? Optional.of(
              new Header(
                  HexFormat.fromHexDigitsToLong(prefix),
                  Integer.parseInt(fields.group(1)),
                  Long.parseLong(fields.group(2))))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** The answer of a line, without its line break; empty where the line is damaged. */
  static Optional<KeptAnswer> decode(byte[] line) {
    if (!isWhole(line)) {
      return Optional.empty();
    }
    try {
      JsonNode fields = Json.EXACT.readTree(line);
      return Optional.of(
          new KeptAnswer(
              fields.required("request").textValue(),
              fields.required("answer_index").intValue(),
              fields.required("written").longValue(),
              fields.required("asked").textValue(),
              new ChatAnswer(
                  fields.required("text").textValue(),
                  Optional.ofNullable(fields.path("reasoning").textValue()),
                  KeptAnswer.finish(fields.required("finish_reason").textValue()),
                  new TokenCounts(
                      fields.required("prompt_tokens").intValue(),
                      fields.required("cached_tokens").intValue(),
                      fields.required("tokens").intValue(),
                      fields.required("reasoning_tokens").intValue()),
                  floats(fields.path("logprobs")),
                  fields.required("answered_by").textValue(),
                  fields.required("fingerprint").textValue(),
                  fields.required("millis").longValue())));
    } catch (IOException | IllegalArgumentException | NullPointerException e) {
      // A line that is whole and is no answer: somebody else's.
      return Optional.empty();
    }
  }

  private static byte[] fields(KeptAnswer kept) {
    try {
      String text = Json.ONE_LINE.writeValueAsString(object(kept));
      return text.substring(0, text.length() - 1).getBytes(UTF_8);
    } catch (JacksonException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The line without its checksum; its columns are those of a Parquet file. */
  static ObjectNode object(KeptAnswer kept) {
    ChatAnswer answer = kept.answer();
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("request", kept.request());
    line.put("answer_index", kept.index());
    line.put("written", kept.written());
    line.put("text", answer.text());
    answer.reasoning().ifPresent(text -> line.put("reasoning", text));
    line.put("finish_reason", answer.finish().text());
    line.put("prompt_tokens", answer.tokens().prompt());
    line.put("cached_tokens", answer.tokens().cached());
    line.put("tokens", answer.tokens().written());
    line.put("reasoning_tokens", answer.tokens().reasoning());
    if (!answer.logprobs().isEmpty()) {
      ArrayNode logprobs = line.putArray("logprobs");
      answer.logprobs().forEach(value -> add(logprobs, value));
    }
    line.put("answered_by", answer.model());
    line.put("fingerprint", answer.fingerprint());
    line.put("millis", answer.millis());
    line.put("asked", kept.asked());
    return line;
  }

  /** JSON has no number for what is not finite, and ours are read without the sign of a zero. */
  private static void add(ArrayNode values, float value) {
    if (Float.isFinite(value) && Float.compare(value, -0f) != 0) {
      values.add(value);
    } else {
      values.add(Float.toString(value));
    }
  }

  private static List<Float> floats(JsonNode values) {
    List<Float> floats = new ArrayList<>(values.size());
    for (JsonNode value : values) {
      floats.add(
          value.isTextual()
              ? Float.parseFloat(value.textValue())
              : value.decimalValue().floatValue());
    }
    return floats;
  }

  private static boolean startsAt(byte[] line, int from, byte[] part) {
    return Arrays.equals(line, from, from + part.length, part, 0, part.length);
  }
}
