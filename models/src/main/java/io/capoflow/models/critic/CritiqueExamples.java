package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import io.capoflow.models.critic.CritiquePrompt.Turn;
import io.capoflow.models.steps.Step;
import io.capoflow.models.steps.StepSplitter;
import io.capoflow.schemas.Extensions;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reads examples of critiques: JSON lines, or one JSON array, of objects with these fields.
 *
 * <ul>
 *   <li>{@code question}
 *   <li>{@code reference}, or a problem's {@code solution} or {@code answer} or both; may be left
 *       out where the template shows none
 *   <li>{@code steps}, a list of texts, or {@code response}, which is divided as the rollouts' are
 *   <li>{@code critique}, as a good critic writes it
 * </ul>
 *
 * <p>Questions and steps are disarmed as those of a rollout are. A critique stands as it is written
 * and must be readable by the template: a critic imitates what it is shown. Immutable and
 * thread-safe.
 */
final class CritiqueExamples {
  private static final String QUESTION = "question";
  private static final String REFERENCE = "reference";
  private static final String SOLUTION = "solution";
  private static final String ANSWER = "answer";
  private static final String STEPS = "steps";
  private static final String RESPONSE = "response";
  private static final String CRITIQUE = "critique";
  private static final List<String> FIELDS =
      List.of(QUESTION, REFERENCE, SOLUTION, ANSWER, STEPS, RESPONSE, CRITIQUE);

  private static final ObjectReader ONE_AFTER_ANOTHER =
      Json.STRICT.without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private final PromptTemplate template;
  private final StepSplitter splitter;

  CritiqueExamples(PromptTemplate template, StepSplitter splitter) {
    this.template = requireNonNull(template, "template");
    this.splitter = requireNonNull(splitter, "splitter");
  }

  /**
   * The file's examples: what the template renders of each, then the assistant's critique.
   *
   * @throws UserMistake when the file cannot be read or holds none, or one of them cannot be used
   */
  List<Turn> read(Path file) {
    String text = text(file);
    boolean array = text.stripLeading().startsWith("[");
    List<Turn> turns = new ArrayList<>();
    try (JsonParser parser = ONE_AFTER_ANOTHER.createParser(text)) {
      if (array) {
        parser.nextToken();
      }
      for (JsonToken token = parser.nextToken();
          token != null && token != JsonToken.END_ARRAY;
          token = parser.nextToken()) {
        Place place = new Place(file, parser.currentTokenLocation().getLineNr());
        turns.addAll(turns(ONE_AFTER_ANOTHER.readTree(parser), place));
      }
      if (array && parser.nextToken() != null) {
        throw new Place(file, parser.currentTokenLocation().getLineNr())
            .mistake("stands after the end of the list; remove it");
      }
    } catch (JsonProcessingException e) {
      throw new Place(file, e.getLocation().getLineNr())
          .mistake(
              "is no JSON (%s); write one object a line, or one list of objects"
                  .formatted(e.getOriginalMessage().lines().findFirst().orElse("")));
    } catch (IOException e) {
      throw new IllegalStateException("a text could not be read", e);
    }
    if (turns.isEmpty()) {
      throw new UserMistake(
          "critique.examples %s holds no example; add one, or leave the key out".formatted(file));
    }
    return List.copyOf(turns);
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new UserMistake(
          "critique.examples %s is not UTF-8 text; save it as UTF-8".formatted(file), e);
    } catch (IOException e) {
      throw new UserMistake(
          "critique.examples %s cannot be read; check the path".formatted(file), e);
    }
  }

  /** Where an example stands, for messages. */
  private record Place(Path file, int line) {
    UserMistake mistake(String what) {
      return new UserMistake("critique.examples %s, line %d: %s".formatted(file, line, what));
    }
  }

  private List<Turn> turns(JsonNode example, Place place) {
    if (!example.isObject()) {
      throw place.mistake("is no JSON object; write one object for each example");
    }
    for (String field : (Iterable<String>) example::fieldNames) {
      if (!FIELDS.contains(field)) {
        throw place.mistake(Extensions.unknown("field", field, FIELDS).getMessage());
      }
    }
    Solution solution = solution(example, place);
    String critique = required(example, CRITIQUE, place);
    CritiqueReading reading = template.read(critique, false, solution.steps().size());
    if (reading.voidReason().isPresent() || reading.droppedIndices() > 0) {
      throw place.mistake(
          "the critique is not what the template %s asks for (%s); end it with a verdict on steps 0 to %d in the template's form"
              .formatted(
                  template.name(),
                  reading.voidReason().map(VoidReason::name).orElse("it names a step too many"),
                  solution.steps().size() - 1));
    }
    List<Message> question = rendered(problem(example, solution, place), solution);
    return Stream.concat(
            CritiquePrompt.withoutSystem(question).stream().map(Turn::of),
            Stream.of(new Turn("assistant", critique)))
        .toList();
  }

  /** A response and its steps. */
  private record Solution(String response, List<Step> steps) {}

  private Solution solution(JsonNode example, Place place) {
    if (example.has(STEPS) == example.has(RESPONSE)) {
      throw place.mistake("give either %s, a list of texts, or %s".formatted(STEPS, RESPONSE));
    }
    if (example.has(RESPONSE)) {
      String response = required(example, RESPONSE, place);
      return new Solution(response, splitter.split(response));
    }
    JsonNode texts = example.get(STEPS);
    StringBuilder response = new StringBuilder();
    List<Step> steps = new ArrayList<>();
    for (JsonNode text : texts) {
      if (!text.isTextual() || text.textValue().isBlank()) {
        throw place.mistake("step %d is no text; give each step as a text".formatted(steps.size()));
      }
      response.append(steps.isEmpty() ? "" : "\n\n");
      int start = response.codePointCount(0, response.length());
      response.append(text.textValue());
      steps.add(new Step(steps.size(), start, response.codePointCount(0, response.length())));
    }
    if (!texts.isArray() || steps.isEmpty()) {
      throw place.mistake(STEPS + " is no list of texts; give one text for each step");
    }
    return new Solution(response.toString(), steps);
  }

  private Problem problem(JsonNode example, Solution solution, Place place) {
    Optional<String> reference = optional(example, REFERENCE, place);
    Optional<String> worked = optional(example, SOLUTION, place);
    Optional<String> answer = optional(example, ANSWER, place);
    if (reference.isPresent() && (worked.isPresent() || answer.isPresent())) {
      throw place.mistake("give either %s, or %s and %s".formatted(REFERENCE, SOLUTION, ANSWER));
    }
    String question = required(example, QUESTION, place);
    if (reference.isEmpty()
        && worked.isEmpty()
        && answer.isEmpty()
        && showsReference(question, solution)) {
      throw place.mistake(
          "there is no %s, %s or %s, which the template %s shows; give one"
              .formatted(REFERENCE, SOLUTION, ANSWER, template.name()));
    }
    return problem(question, answer.or(() -> reference).orElse(""), worked.or(() -> reference));
  }

  private boolean showsReference(String question, Solution solution) {
    return !rendered(problem(question, "", Optional.empty()), solution)
        .equals(rendered(problem(question, "known", Optional.empty()), solution));
  }

  private List<Message> rendered(Problem problem, Solution solution) {
    return template.render(rollout(problem, solution), solution.steps());
  }

  private static Problem problem(String question, String answer, Optional<String> worked) {
    return Problem.newBuilder()
        .setProblemId("example")
        .setPrompt(List.of(new Turn("user", question).message()))
        .setAnswer(answer)
        .setSolution(worked.orElse(null))
        .setSource("critique.examples")
        .setMetadata(Map.of())
        .build();
  }

  private static Optional<String> optional(JsonNode example, String field, Place place) {
    return example.has(field) ? Optional.of(required(example, field, place)) : Optional.empty();
  }

  private static String required(JsonNode example, String field, Place place) {
    JsonNode value = example.path(field);
    if (!value.isTextual() || value.textValue().isBlank()) {
      throw place.mistake(
          "%s %s; give it as a text"
              .formatted(field, value.isMissingNode() ? "is missing" : "is no text"));
    }
    return value.textValue();
  }

  /** What a template sees of a rollout, and nothing else. */
  private static Rollout rollout(Problem problem, Solution solution) {
    return Rollout.newBuilder()
        .setRunId("")
        .setIteration(0)
        .setProblem(problem)
        .setSampleIndex(0)
        .setRolloutId("")
        .setPromptTokenIds(List.of())
        .setResponseTokenIds(List.of())
        .setResponse(solution.response())
        .setTokenEnds(List.of())
        .setBehaviourLogprobs(List.of())
        .setFinishReason(FinishReason.STOP.text())
        .setPolicyVersion("")
        .setTemperature(1)
        .setTopP(1)
        .setMaxNewTokens(1)
        .setSeed(0)
        .build();
  }
}
