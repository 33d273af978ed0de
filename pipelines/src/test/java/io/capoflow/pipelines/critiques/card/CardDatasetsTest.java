package io.capoflow.pipelines.critiques.card;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.transforms.storage.ParquetRows;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Writes datasets with their cards to {@code target/critique-cards}, where {@code
 * .ci/critique_card.py} computes the cards' figures anew. The statistics are those of the rows as
 * they are read back.
 */
final class CardDatasetsTest {
  private static final Path FOLDER = Path.of("target", "critique-cards");

  private static final Map<String, Integer> ONE = Map.of(GeneratedRows.SMOL, 4);
  private static final Map<String, Integer> TWO =
      Map.of(GeneratedRows.SMOL, 3, GeneratedRows.QWEN, 2);

  @Test
  void of_one_critic() throws IOException {
    write("one-critic", GeneratedRows.of(1, 300, ONE, true), ONE);
  }

  @Test
  void of_two_critics() throws IOException {
    write("two-critics", GeneratedRows.of(2, 500, TWO, true), TWO);
  }

  @Test
  void without_truth() throws IOException {
    write("without-truth", GeneratedRows.of(3, 40, TWO, false), TWO);
  }

  @Test
  void of_one_row() throws IOException {
    write("one-row", List.of(new Row("r", "a", "b").critique(GeneratedRows.SMOL).build()), ONE);
  }

  @Test
  void of_void_critiques_alone() throws IOException {
    write(
        "all-void",
        List.of(
            new Row("r", "a", "b")
                .truth(true, false)
                .voidCritique(GeneratedRows.SMOL, "CUT")
                .voidCritique(GeneratedRows.SMOL, "FAILED")
                .build()),
        ONE);
  }

  @Test
  void with_names_that_markdown_would_take_for_its_own() throws IOException {
    String critic = "a|b` <i>";
    write(
        "hostile",
        List.of(
            new Row("r", "a", "b")
                .source("| x\n# y")
                .truth(true, false)
                .critique(critic, 1)
                .build(),
            new Row("s", "a", "```").source("z").truth(true, true).critique(critic, 0).build()),
        Map.of(critic, 1));
  }

  private static void write(String name, List<CritiquedRollout> rows, Map<String, Integer> critics)
      throws IOException {
    Path folder = FOLDER.resolve(name);
    delete(folder);
    Files.createDirectories(folder.resolve("dataset"));
    int half = rows.size() / 2;
    ParquetRows.write(
        folder.resolve("dataset/part-0.parquet"), CritiquedRollout.class, rows.subList(0, half));
    ParquetRows.write(
        folder.resolve("dataset/part-1.parquet"),
        CritiquedRollout.class,
        rows.subList(half, rows.size()));
    DatasetStatistics statistics = new DatasetStatistics();
    for (String part : List.of("dataset/part-1.parquet", "dataset/part-0.parquet")) {
      ParquetRows.forEach(folder.resolve(part), CritiquedRollout.class, statistics::add);
    }
    assertThat(statistics.rows()).isEqualTo(rows.size());
    CardFacts facts = GeneratedRows.facts(name, critics);
    Files.writeString(folder.resolve(DatasetCard.FILE), DatasetCard.markdown(facts, statistics));
    Files.writeString(
        folder.resolve(DatasetCard.STATISTICS_FILE), DatasetCard.statistics(facts, statistics));
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        files
            .sorted(Comparator.reverseOrder())
            .forEach(
                file -> {
                  try {
                    Files.delete(file);
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
      }
    }
  }
}
