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
import java.util.regex.Pattern;

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
 * @param card key of the edition that the card describes; empty where there is none
 * @param digests content digests of the tables, as far as they are complete, by their folders
 * @param files SHA-256 of further files, in lower-case hexadecimal, by their paths
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
    String card,
    SortedMap<String, String> digests,
    SortedMap<String, String> files,
    String checksum) {
  private static final int FORMAT = 1;

  /** What a table's folder may be called: such a name is opened and written to. */
  private static final Pattern TABLE =
      Pattern.compile("(rollouts|critiques|votes|dataset)(-[0-9a-f]{8})?");

  DatasetRecord {
    requireNonNull(name, "name");
    requireNonNull(license, "license");
    additions = List.copyOf(additions);
    critics = List.copyOf(critics);
    editions = List.copyOf(editions);
    latest = requireNonNullElse(latest, "");
    card = requireNonNullElse(card, "");
    digests = Collections.unmodifiableSortedMap(new TreeMap<>(digests));
    files = Collections.unmodifiableSortedMap(new TreeMap<>(files));
    digests.keySet().forEach(DatasetRecord::requireTable);
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
      String key, String table, String identity, String template, int times, long seed) {
    CriticTable {
      requireTable(table);
    }
  }

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
      requireTable(votes);
      requireTable(dataset);
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
          "",
          new TreeMap<>(),
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
        format, name, license, additions, critics, editions, latest, card, digests, files, sha256);
  }

  /** Of a dataset that has the tables of this one by name, and nothing in them yet. */
  DatasetRecord withoutContent() {
    List<EditionTables> empty = editions.stream().map(edition -> edition.complete(0)).toList();
    return new DatasetRecord(
        format,
        name,
        license,
        List.of(),
        critics,
        empty,
        latest,
        "",
        new TreeMap<>(),
        new TreeMap<>(),
        checksum);
  }

  private static void requireTable(String folder) {
    if (!TABLE.matcher(folder).matches()) {
      throw new IllegalArgumentException("\"%s\" is no table's folder".formatted(folder));
    }
  }

  /** With the edition that the card describes, and what else was written beside the tables. */
  DatasetRecord described(String edition, SortedMap<String, String> sha256) {
    return new DatasetRecord(
        format, name, license, additions, critics, editions, latest, edition, digests, sha256,
        checksum);
  }

  /** With a license. */
  DatasetRecord licensed(String named) {
    return new DatasetRecord(
        format, name, named, additions, critics, editions, latest, card, digests, files, checksum);
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
        format, name, license, all, critics, editions, latest, card, digests, files, checksum);
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
        format, name, license, additions, all, editions, latest, card, digests, files, checksum);
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
        format,
        name,
        license,
        additions,
        critics,
        all,
        edition.key(),
        card,
        digests,
        files,
        checksum);
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
        format, name, license, additions, critics, kept, latest, card, digests, files, checksum);
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
        format, name, license, additions, critics, editions, latest, card, all, files, checksum);
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
