package io.capoflow.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaCompatibility.SchemaCompatibilityType;
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
  void filesOfTheFirstReleaseAreReadable(Schema reader) throws IOException {
    try (InputStream released =
        SchemaCompatibilityTest.class.getResourceAsStream(
            "released/" + reader.getName() + "-1.avsc")) {
      assertThat(released).as("released schema of %s", reader.getName()).isNotNull();
      Schema writer = new Schema.Parser().parse(released);
      assertThat(SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getType())
          .isEqualTo(SchemaCompatibilityType.COMPATIBLE);
    }
  }
}
