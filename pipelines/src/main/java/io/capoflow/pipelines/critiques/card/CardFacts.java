package io.capoflow.pipelines.critiques.card;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a card says that the rows do not. It names no time, host or path, so that the same dataset
 * has the same card wherever it is made. Immutable.
 *
 * @param name of the dataset
 * @param license as the hub names it; empty where nobody said
 * @param languages ISO 639 codes; empty where nobody said
 * @param critics in the order of the recipes
 * @param rule voting rule of the recipe
 * @param verifier of final answers, name and version; empty where none ran
 * @param sources files that rows were read from
 * @param additions how many times rows were added; 1 for a dataset made at once
 * @param rejected rows that could not be used, by reason
 * @param duplicates rows that came before
 * @param digests content digests by table
 * @param tables in the order in which the hub lists them; the first holds the rows that the card
 *     describes
 * @param capoflow version that made the dataset
 * @param numerics how critics in the process computed; empty where there were none
 * @param rebuild command that makes the dataset anew
 */
public record CardFacts(
    String name,
    Optional<String> license,
    List<String> languages,
    List<CriticFacts> critics,
    String rule,
    Optional<String> verifier,
    List<SourceFile> sources,
    int additions,
    SortedMap<String, Long> rejected,
    long duplicates,
    SortedMap<String, String> digests,
    List<TableFolder> tables,
    String capoflow,
    Optional<String> numerics,
    String rebuild) {
  private static final String MAIN_TABLE = "dataset";

  public CardFacts {
    requireNonNull(name, "name");
    requireNonNull(license, "license");
    languages = List.copyOf(languages);
    critics = List.copyOf(critics);
    requireNonNull(rule, "rule");
    requireNonNull(verifier, "verifier");
    sources = sources.stream().sorted(SourceFile.ORDER).toList();
    rejected = sorted(rejected);
    digests = sorted(digests);
    tables = List.copyOf(tables);
    requireNonNull(capoflow, "capoflow");
    requireNonNull(numerics, "numerics");
    requireNonNull(rebuild, "rebuild");
  }

  /** Folder of the rows that the card describes. */
  String mainTable() {
    return tables.isEmpty() ? MAIN_TABLE : tables.get(0).folder();
  }

  private static <V> SortedMap<String, V> sorted(Map<String, V> map) {
    return Collections.unmodifiableSortedMap(new TreeMap<>(map));
  }

  /**
   * A file that rows were read from.
   *
   * @param file its name, without a path
   * @param rows taken from it
   */
  public record SourceFile(String file, long rows) {
    private static final Comparator<SourceFile> ORDER =
        Comparator.comparing(SourceFile::file).thenComparing(SourceFile::rows);

    /**
     * @throws IllegalArgumentException when the name holds a path
     */
    public SourceFile {
      if (file.indexOf('/') >= 0) {
        throw new IllegalArgumentException("a card names no paths: " + file);
      }
    }
  }

  /**
   * A table as the hub shows it.
   *
   * @param config name of its configuration
   * @param folder where its Parquet files lie, inside the dataset
   */
  public record TableFolder(String config, String folder) {
    public TableFolder {
      requireNonNull(config, "config");
      requireNonNull(folder, "folder");
    }
  }
}
