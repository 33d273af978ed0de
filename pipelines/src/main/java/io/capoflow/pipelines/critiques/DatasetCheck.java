package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.critiques.DatasetRecord.EditionTables;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.Flaw;
import io.capoflow.transforms.storage.StageCheck;
import io.capoflow.transforms.storage.StageManifest;
import io.capoflow.transforms.storage.StageProof;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/**
 * Computes the digest of every table of a dataset anew from its bytes, and holds {@code
 * dataset.json} to them. Changes nothing.
 */
public final class DatasetCheck {
  private final DatasetDirectory directory;
  private final LongConsumer progress;

  /**
   * A check of a dataset.
   *
   * @param progress is told the bytes of each file that was read, from any thread
   */
  public DatasetCheck(Path output, LongConsumer progress) {
    this.directory = DatasetDirectory.at(output);
    this.progress = requireNonNull(progress, "progress");
  }

  /**
   * What the bytes prove.
   *
   * @param digests of the tables that are whole, by their folders
   * @param flaws none where the dataset is whole
   * @param open additions that are recorded and not complete in every edition
   */
  public record Proof(SortedMap<String, String> digests, List<Flaw> flaws, int open) {
    public Proof {
      digests = Collections.unmodifiableSortedMap(new TreeMap<>(digests));
      flaws = List.copyOf(flaws);
    }

    /** Whether bytes and record agree. */
    public boolean isWhole() {
      return flaws.isEmpty();
    }
  }

  /** Looks at every table that the record names. */
  public Proof look() {
    DatasetRecord record;
    try {
      record = DatasetRecord.of(directory);
    } catch (UserMistake broken) {
      Flaw flaw = Flaw.damaged(directory.record(), "it is not as it was written");
      return new Proof(new TreeMap<>(), List.of(flaw), 0);
    }
    SortedMap<String, String> digests = new TreeMap<>();
    List<Flaw> flaws = new ArrayList<>();
    record
        .digests()
        .forEach(
            (table, recorded) -> {
              boolean closed = isClosed(table);
              StageProof proof = new StageCheck(directory.table(table), closed, progress).look();
              flaws.addAll(proof.flaws());
              Optional<String> digest = proof.digest();
              digest.ifPresent(found -> digests.put(table, found));
              // A table that was closed while the record was not yet written runs ahead of it.
              if (closed
                  && open(record) == 0
                  && digest.isPresent()
                  && !digest.get().equals(recorded)) {
                flaws.add(
                    Flaw.damaged(
                        directory.table(table),
                        "its digest is %s, recorded %s".formatted(digest.get(), recorded)));
              }
            });
    checkAdditions(record, flaws);
    checkFiles(record, flaws);
    return new Proof(digests, flaws, open(record));
  }

  private void checkAdditions(DatasetRecord record, List<Flaw> flaws) {
    Path folder = directory.rollouts().directory();
    Optional<StageManifest> table;
    try {
      table = StageManifest.find(folder);
    } catch (UserMistake unreadable) {
      // The table's own check tells of it.
      return;
    }
    for (Addition addition : record.additions()) {
      if (addition.isTakenIn()
          && table.isPresent()
          && !addition.digestOf(table.get()).equals(addition.digest())) {
        flaws.add(
            Flaw.damaged(
                folder,
                "shards %d to %d are not the rollouts that dataset.json records"
                    .formatted(addition.firstShard(), addition.endShard() - 1)));
      }
    }
  }

  /** Another build may be writing them while an addition is open. */
  private void checkFiles(DatasetRecord record, List<Flaw> flaws) {
    if (open(record) > 0) {
      return;
    }
    SortedMap<String, String> found = directory.fileDigests();
    record
        .files()
        .forEach(
            (name, sha256) -> {
              Path file = directory.root().resolve(name);
              if (!found.containsKey(name)) {
                flaws.add(Flaw.missing(file, "the file is gone"));
              } else if (!found.get(name).equals(sha256)) {
                flaws.add(
                    Flaw.damaged(
                        file, "its SHA-256 is %s, recorded %s".formatted(found.get(name), sha256)));
              }
            });
  }

  /** Whether no shard came in since the table was closed. */
  private boolean isClosed(String table) {
    try {
      return StageManifest.find(directory.table(table))
          .map(manifest -> manifest.shards().size() >= directory.committed(table))
          .orElse(true);
    } catch (UserMistake unreadable) {
      return true;
    }
  }

  private static int open(DatasetRecord record) {
    int complete =
        record.begunEditions().stream().mapToInt(EditionTables::additions).min().orElse(0);
    return record.additions().size() - complete;
  }
}
