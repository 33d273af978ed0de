package io.capoflow.transforms.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.Rows;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.util.SerializableUtils;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Problems that a graph names by their rows. */
final class ProblemRowsTest {
  static {
    RecordClasses.trust();
  }

  private static final List<Problem> KEPT =
      IntStream.range(0, 2_500).mapToObj(i -> Rows.problem("problem-" + i)).toList();

  @TempDir private Path directory;
  private Path file;

  @BeforeEach
  void keep() {
    file = directory.resolve("train.parquet");
    ParquetRows.write(file, Problem.class, KEPT);
  }

  private static List<Problem> drawn() {
    return IntStream.range(0, 2_100).mapToObj(i -> KEPT.get((i * 7 + 3) % 2_500)).toList();
  }

  @Test
  void theyAreReadInTheirOrderFromWhateverPlace() {
    ProblemRows rows = SerializableUtils.clone(ProblemRows.of(file, drawn()));
    assertThat(rows.count()).isEqualTo(2_100);
    assertThat(rows.read(0, 2_100)).isEqualTo(drawn());
    assertThat(rows.read(2_000, 3_000)).isEqualTo(drawn().subList(2_000, 2_100));
  }

  @Test
  void aPlanOfThemIsThatOfTheirIdentifiersAndHoldsNone() {
    ShardPlan plan = ShardPlan.of(ProblemRows.of(file, drawn()), 8);
    byte[] inTheGraph = SerializableUtils.serializeToByteArray(plan);
    assertThat(new String(inTheGraph, StandardCharsets.ISO_8859_1)).doesNotContain("problem-");
    assertThat(inTheGraph.length).isLessThan(6 * drawn().size());

    ShardPlan there = SerializableUtils.clone(plan);
    ShardPlan named = ShardPlan.of(drawn().stream().map(Problem::getProblemId).toList(), 8);
    assertThat(there.shards()).isEqualTo(named.shards());
    assertThat(drawn().stream().map(there::shardOf))
        .containsExactlyElementsOf(drawn().stream().map(named::shardOf).toList());
    assertThat(KEPT.stream().filter(drawn()::contains).sorted(there.order(Problem.class)))
        .isEqualTo(drawn());
  }

  @Test
  void aPipelineReadsThemAll() {
    Pipeline pipeline = Pipeline.create();
    PAssert.that(pipeline.apply(ReadProblems.of(ProblemRows.of(file, drawn()))))
        .containsInAnyOrder(drawn());
    pipeline.run().waitUntilFinish();
  }

  @Test
  void anotherFileOfTheNameIsReadAnew() throws Exception {
    ProblemRows rows = ProblemRows.of(file, List.of(KEPT.get(1)));
    Files.delete(file);
    ParquetRows.write(file, Problem.class, KEPT.subList(1, 3));
    assertThat(rows.read(0, 1)).containsExactly(KEPT.get(2));
    Files.delete(file);
    assertThatThrownBy(() -> rows.read(0, 1)).isInstanceOf(UserMistake.class);
  }

  @Test
  void strangersAndRepeatsAreRefused() {
    assertThatThrownBy(() -> ProblemRows.of(file, List.of(Rows.problem("z"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("holds no problem z");
    List<Problem> twice = Stream.of(0, 0).map(KEPT::get).toList();
    assertThatThrownBy(() -> ShardPlan.of(ProblemRows.of(file, twice), 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("problem problem-0 is planned twice");
  }
}
