package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.JsonFiles;
import io.capoflow.transforms.storage.SelfChecked;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * {@code dataset.json}: what was added to a dataset, in order, and by whom it is judged. Immutable.
 *
 * @param format of the file
 * @param name of the dataset: that of its folder when it was begun
 * @param license as a hub names it; empty where nobody said
 * @param additions in the order made
 * @param critics each with its table of critiques
 * @param editions each with its tables of votes and of the dataset's rows
 * @param latest key of the edition that was asked for last; empty where none was
 * @param digests content digests of the tables, as far as they are complete, by their folders
 * @param checksum of the file itself
 */
record DatasetRecord(
    int format,
    String name,
    String license,
    List<Addition> additions,
    List<CriticTable> critics,
    List<EditionTables> editions,
    String latest,
    SortedMap<String, String> digests,
    String checksum) {
  private static final int FORMAT = 1;

  DatasetRecord {
    requireNonNull(name, "name");
    requireNonNull(license, "license");
    additions = List.copyOf(additions);
    critics = List.copyOf(critics);
    editions = List.copyOf(editions);
    latest = requireNonNullElse(latest, "");
    digests = Collections.unmodifiableSortedMap(new TreeMap<>(digests));
    requireNonNull(checksum, "checksum");
    if (format != FORMAT) {
      throw new IllegalArgumentException(
          "format %d is that of a later version of CapoFlow".formatted(format));
    }
  }

  /**
   * A critic.
   *
   * @param key digest of all that its critiques depend on
   * @param table folder of its critiques
   * @param identity as its critiques name it
   * @param template that it was asked by
   * @param times critiques of each rollout
   * @param seed key of its draws
   */
  record CriticTable(
      String key, String table, String identity, String template, int times, long seed) {}

  /**
   * A way of judging: critics, voting rule and verifier together.
   *
   * @param key digest of all that it depends on
   * @param votes folder of its votes
   * @param dataset folder of its rows
   * @param critics keys of its critics, in order
   * @param rule voting rule
   * @param verifier name and version
   * @param additions that its tables are complete for
   */
  record EditionTables(
      String key,
      String votes,
      String dataset,
      List<String> critics,
      String rule,
      String verifier,
      int additions) {
    EditionTables {
      critics = List.copyOf(critics);
    }

    /** Whether its tables hold any addition. */
    boolean isBegun() {
      return additions > 0;
    }

    EditionTables complete(int count) {
      return new EditionTables(key, votes, dataset, critics, rule, verifier, count);
    }
  }

  /**
   * That of a directory; an empty one where it has none.
   *
   * @throws UserMistake when it cannot be read, or is not as it was written
   */
  static DatasetRecord of(DatasetDirectory directory) {
    if (!Files.exists(directory.record())) {
      return new DatasetRecord(
          FORMAT,
          String.valueOf(directory.root().getFileName()),
          "",
          List.of(),
          List.of(),
          List.of(),
          "",
          new TreeMap<>(),
          "");
    }
    if (JsonFiles.checksum(directory.record(), "additions") == SelfChecked.BROKEN) {
      throw new UserMistake(
          directory.record() + " is not as it was written: take it from a copy of the dataset");
    }
    return JsonFiles.read(directory.record(), DatasetRecord.class);
  }

  /** Writes it in one step. */
  DatasetRecord write(DatasetDirectory directory) {
    DatasetRecord unsigned = withChecksum("");
    return JsonFiles.writeChecked(directory.record(), unsigned, unsigned::withChecksum);
  }

  private DatasetRecord withChecksum(String sha256) {
    return new DatasetRecord(
        format, name, license, additions, critics, editions, latest, digests, sha256);
  }

  /** Of a dataset that has the tables of this one by name, and nothing in them yet. */
  DatasetRecord withoutContent() {
    List<EditionTables> empty = editions.stream().map(edition -> edition.complete(0)).toList();
    return new DatasetRecord(
        format, name, license, List.of(), critics, empty, latest, new TreeMap<>(), checksum);
  }

  /** With a license. */
  DatasetRecord licensed(String named) {
    return new DatasetRecord(
        format, name, named, additions, critics, editions, latest, digests, checksum);
  }

  /** With one more addition, or the last one as it is now. */
  DatasetRecord with(int index, Addition addition) {
    List<Addition> all = new ArrayList<>(additions);
    if (index == all.size()) {
      all.add(addition);
    } else {
      all.set(index, addition);
    }
    return new DatasetRecord(
        format, name, license, all, critics, editions, latest, digests, checksum);
  }

  /** With a critic, in place of one of its key. */
  DatasetRecord with(CriticTable critic) {
    List<CriticTable> all = new ArrayList<>(critics);
    int index = critic(critic.key()).map(all::indexOf).orElse(all.size());
    if (index == all.size()) {
      all.add(critic);
    } else {
      all.set(index, critic);
    }
    return new DatasetRecord(
        format, name, license, additions, all, editions, latest, digests, checksum);
  }

  /** With an edition, in place of one of its key, as the one that was asked for last. */
  DatasetRecord with(EditionTables edition) {
    List<EditionTables> all = new ArrayList<>(editions);
    int index = edition(edition.key()).map(all::indexOf).orElse(all.size());
    if (index == all.size()) {
      all.add(edition);
    } else {
      all.set(index, edition);
    }
    return new DatasetRecord(
        format, name, license, additions, critics, all, edition.key(), digests, checksum);
  }

  /** Editions whose tables hold an addition, and the one that was asked for last. */
  List<EditionTables> begunEditions() {
    return editions.stream()
        .filter(edition -> edition.isBegun() || edition.key().equals(latest))
        .toList();
  }

  /** Without the edition that has these names and never came to hold an addition. */
  DatasetRecord withoutUnbegun(String dataset) {
    List<EditionTables> kept =
        editions.stream()
            .filter(edition -> edition.isBegun() || !edition.dataset().equals(dataset))
            .toList();
    return new DatasetRecord(
        format, name, license, additions, critics, kept, latest, digests, checksum);
  }

  /** Critics of editions that have begun, each with its table. */
  List<CriticTable> askedCritics() {
    return critics.stream()
        .filter(
            critic -> begunEditions().stream().anyMatch(e -> e.critics().contains(critic.key())))
        .toList();
  }

  /** With the digest of a complete table. */
  DatasetRecord with(String table, String digest) {
    SortedMap<String, String> all = new TreeMap<>(digests);
    all.put(table, digest);
    return new DatasetRecord(
        format, name, license, additions, critics, editions, latest, all, checksum);
  }

  /** Rollouts in all additions. */
  long rows() {
    return additions.stream().mapToLong(Addition::rows).sum();
  }

  Optional<CriticTable> critic(String key) {
    return critics.stream().filter(critic -> critic.key().equals(key)).findFirst();
  }

  Optional<EditionTables> edition(String key) {
    return editions.stream().filter(edition -> edition.key().equals(key)).findFirst();
  }

  /** The folder of a table that is about to be made: the plain name for the first of its kind. */
  static String folder(String name, boolean first, String key) {
    return first ? name : name + "-" + key.substring(0, 8);
  }
}
