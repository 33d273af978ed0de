package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.models.stub.StubAnswer;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Answers questions on rows of ProcessBench, right six times in ten, and in every other way that a
 * critic does. An answer is a pure function of row and draw. Thread-safe.
 */
final class ProcessBenchCritic implements StubAnswer {
  /** Of 60 draws, in how many it answers so. */
  private enum Kind {
    RIGHT(36),
    RIGHT_AFTER_ANOTHER_BOX(4),
    NO_STEP(7),
    SOME_STEP(6),
    NO_SUCH_STEP(3),
    NO_BOX(2),
    NO_NUMBER(1),
    CUT(1);

    private final int of60;

    Kind(int of60) {
      this.of60 = of60;
    }

    static Kind of(long draw) {
      long left = Math.floorMod(draw, 60L);
      for (Kind kind : values()) {
        left -= kind.of60;
        if (left < 0) {
          return kind;
        }
      }
      throw new IllegalStateException("60 are not enough");
    }
  }

  private final Map<String, ProcessBenchRow> rows = new HashMap<>();
  private final Map<Kind, AtomicInteger> answered = new EnumMap<>(Kind.class);

  ProcessBenchCritic(List<ProcessBenchRow> given) {
    given.forEach(row -> assertThat(rows.put(key(row), row)).as(row.id()).isNull());
    for (Kind kind : Kind.values()) {
      answered.put(kind, new AtomicInteger());
    }
  }

  private static String key(ProcessBenchRow row) {
    return lettersAndDigits("Problem " + row.problem() + "Solution" + String.join("", row.steps()));
  }

  /** What a template leaves of a text: not its signs, and not the name of its boxes. */
  private static String lettersAndDigits(String text) {
    return text.replace("\\boxed", "\\fbox").replaceAll("[^A-Za-z0-9]", "");
  }

  private ProcessBenchRow row(String prompt) {
    int start = prompt.indexOf("Problem:");
    int end = prompt.lastIndexOf("</paragraph_");
    ProcessBenchRow row =
        rows.get(
            lettersAndDigits(prompt.substring(start, end).replaceAll("</?paragraph_\\d+>", "")));
    assertThat(row).as(prompt).isNotNull();
    return row;
  }

  @Override
  public String text(JsonNode request, long draw) {
    JsonNode messages = request.path("messages");
    String prompt = messages.path(messages.size() - 1).path("content").asText();
    if (!prompt.contains("Problem:")) {
      return "pong"; // to a probe
    }
    ProcessBenchRow row = row(prompt);
    int steps = row.steps().size();
    Kind kind = Kind.of(draw);
    int some = (int) Math.floorMod(draw >>> 8, (long) steps);
    int named =
        switch (kind) {
          case RIGHT, RIGHT_AFTER_ANOTHER_BOX, CUT -> row.label();
          case NO_STEP -> -1;
          case SOME_STEP -> some;
          case NO_SUCH_STEP -> steps + some;
          case NO_BOX, NO_NUMBER -> Integer.MIN_VALUE;
        };
    answered.get(kind).incrementAndGet();
    row.answers()
        .put(
            request.path("seed").asInt(),
            named >= -1 && named < steps && kind != Kind.CUT
                ? OptionalInt.of(named)
                : OptionalInt.empty());
    return switch (kind) {
      case RIGHT, NO_STEP, SOME_STEP, NO_SUCH_STEP ->
          "I checked each paragraph. \\boxed{%d}".formatted(named);
      case RIGHT_AFTER_ANOTHER_BOX ->
          "It could be \\boxed{%d}, but no: \\boxed{%d}.".formatted(some, named);
      case NO_BOX -> "Paragraph %d looks odd.".formatted(some);
      case NO_NUMBER -> "The answer is \\boxed{none of them}.";
      case CUT -> "and then ".repeat(64) + "\\boxed{%d}".formatted(named);
    };
  }

  /** A test that meets only some of the ways to answer says less than it seems to. */
  void requireAllKindsOfAnswers() {
    assertThat(answered).allSatisfy((kind, count) -> assertThat(count.get()).isPositive());
  }
}
