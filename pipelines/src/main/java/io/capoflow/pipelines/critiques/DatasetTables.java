package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.critiques.DatasetRecord.CriticTable;
import io.capoflow.pipelines.critiques.DatasetRecord.EditionTables;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.ParquetRows;
import io.capoflow.transforms.storage.StageManifest;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificRecordBase;

/** The complete tables of a dataset, to be read. */
public final class DatasetTables {
  /** Kinds of tables, each before what is made of it. */
  private static final List<String> KINDS = List.of("rollouts", "critiques", "votes", "dataset");

  /** Names of tables, causes before what follows of them. */
  public static final Comparator<String> CAUSES_FIRST =
      Comparator.comparingInt(DatasetTables::kind).thenComparing(Comparator.naturalOrder());

  private final SortedMap<String, Table<?>> tables;

  private DatasetTables(SortedMap<String, Table<?>> tables) {
    this.tables = Collections.unmodifiableSortedMap(tables);
  }

  private static int kind(String table) {
    int dash = table.indexOf('-');
    return KINDS.indexOf(dash < 0 ? table : table.substring(0, dash));
  }

  /**
   * Those of a directory.
   *
   * @throws UserMistake when it is no dataset, or a record in it cannot be read
   */
  public static DatasetTables of(Path output) {
    if (!DatasetDirectory.isOne(output)) {
      throw new UserMistake(output + " is no critique dataset: it has no dataset.json");
    }
    DatasetDirectory directory = DatasetDirectory.at(output);
    DatasetRecord record = DatasetRecord.of(directory);
    SortedMap<String, Table<?>> tables = new TreeMap<>(CAUSES_FIRST);
    put(tables, directory, directory.rollouts().stage().folder(), GivenRollout.class);
    for (CriticTable critic : record.critics()) {
      put(tables, directory, critic.table(), Critique.class);
    }
    for (EditionTables edition : record.editions()) {
      put(tables, directory, edition.votes(), StepVotes.class);
      put(tables, directory, edition.dataset(), CritiquedRollout.class);
    }
    return new DatasetTables(tables);
  }

  private static <T extends SpecificRecordBase> void put(
      SortedMap<String, Table<?>> tables, DatasetDirectory directory, String name, Class<T> type) {
    Path folder = directory.table(name);
    StageManifest.find(folder)
        .ifPresent(manifest -> tables.put(name, new Table<>(folder, type, manifest)));
  }

  /** By their folders, causes first. */
  public SortedMap<String, Table<?>> tables() {
    return tables;
  }

  /** A complete table, whose shards are numbered from 0. */
  public record Table<T extends SpecificRecordBase>(
      Path folder, Class<T> type, StageManifest manifest) {
    public Table {
      requireNonNull(folder, "folder");
      requireNonNull(type, "type");
      requireNonNull(manifest, "manifest");
    }

    /** Of all rows. */
    public String digest() {
      return manifest.digest();
    }

    public int shards() {
      return manifest.shards().size();
    }

    /** Of the rows of a shard. */
    public String digest(int shard) {
      return manifest.shards().get(shard).digest();
    }

    /**
     * The rows of a shard.
     *
     * @throws UserMistake when they are damaged
     */
    public List<T> rows(int shard) {
      return StageManifest.rows(folder, type, manifest, shard);
    }

    /** Names of the columns. */
    public Set<String> columns() {
      return ParquetRows.schema(type).getFields().stream()
          .map(Schema.Field::name)
          .collect(Collectors.toSet());
    }
  }
}
