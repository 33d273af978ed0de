package io.capoflow.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Files written with a released schema stay readable. The released schemas lie in the test
 * resources, in full; a change of a schema adds a file there at its release and never alters one.
 */
final class SchemaCompatibilityTest {
  static Stream<Schema> current() {
    return Stream.of(
        Problem.getClassSchema(),
        RejectedProblem.getClassSchema(),
        Rollout.getClassSchema(),
        Verdict.getClassSchema(),
        Critique.getClassSchema(),
        StepVotes.getClassSchema(),
        CreditedRollout.getClassSchema(),
        TrainingBatch.getClassSchema(),
        PolicyVersion.getClassSchema(),
        IterationMetrics.getClassSchema());
  }

  @ParameterizedTest
  @MethodSource("current")
  void filesOfEveryReleaseAreReadable(Schema reader) throws IOException {
    List<Schema> released = released(reader.getName());
    assertThat(released).as("released schemas of %s", reader.getName()).isNotEmpty();
    for (Schema writer : released) {
      assertThat(SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getType())
          .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
    }
  }

  @Test
  void theNewestCreditsNameTheirRolloutAndCountItsTokens() throws IOException {
    List<Schema> released = released("CreditedRollout");
    assertThat(released).hasSize(2);
    assertThat(released.get(1)).isEqualTo(CreditedRollout.getClassSchema());
    assertThat(released.get(0).getField("response_token_ids")).isNotNull();
    assertThat(released.get(1).getField("response_token_ids")).isNull();
    assertThat(released.get(1).getField("response_tokens")).isNotNull();
  }

  /** All releases, oldest first. */
  private static List<Schema> released(String name) throws IOException {
    List<Schema> released = new ArrayList<>();
    while (true) {
      String file = "released/" + name + "-" + (released.size() + 1) + ".avsc";
      try (InputStream schema = SchemaCompatibilityTest.class.getResourceAsStream(file)) {
        if (schema == null) {
          return released;
        }
        released.add(new Schema.Parser().parse(schema));
      }
    }
  }
}
