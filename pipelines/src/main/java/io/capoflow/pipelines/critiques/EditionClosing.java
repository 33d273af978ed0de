package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.critiques.DatasetRecord.EditionTables;
import io.capoflow.pipelines.critiques.Edition.EditionCritic;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.Faults;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.StageManifest;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;

/** Closes the tables of an edition: until then no reader sees what was added. */
final class EditionClosing {
  private final DatasetDirectory directory;
  private final Edition edition;
  private final DatasetObserver observer;

  EditionClosing(DatasetDirectory directory, Edition edition, DatasetObserver observer) {
    this.directory = requireNonNull(directory, "directory");
    this.edition = requireNonNull(edition, "edition");
    this.observer = requireNonNull(observer, "observer");
  }

  /** Additions for which a table of the edition lacks anything, by the names of files alone. */
  List<Addition> openAdditions(DatasetRecord record) {
    int complete = record.edition(edition.key()).map(EditionTables::additions).orElse(0);
    List<Addition> open = new ArrayList<>();
    for (int index = 0; index < record.additions().size(); index++) {
      Addition addition = record.additions().get(index);
      if (index >= complete || lacksAny(addition)) {
        open.add(addition);
      }
    }
    return open;
  }

  /** Whether a critic has anything to say yet of these additions. */
  boolean lacksCritiques(EditionCritic critic, List<Addition> additions) {
    return additions.stream()
        .anyMatch(
            addition ->
                lacksAny(directory.critiques(critic), addition.firstShard(), addition.endShard()));
  }

  private boolean lacksAny(Addition addition) {
    return edition.critics().stream()
            .anyMatch(
                critic ->
                    lacksAny(
                        directory.critiques(critic), addition.firstShard(), addition.endShard()))
        || lacksAny(directory.votes(edition), addition.firstShard(), addition.endShard())
        || lacksAny(directory.dataset(edition), addition.firstPart(), addition.endPart());
  }

  private static boolean lacksAny(ShardStore<?> store, int first, int end) {
    Optional<StageManifest> manifest = StageManifest.find(store.directory());
    return manifest.isEmpty()
        || manifest.get().shards().stream()
                .filter(shard -> shard.shard() >= first && shard.shard() < end)
                .filter(shard -> Files.exists(store.directory().resolve(shard.part())))
                .count()
            < end - first;
  }

  /** Whether the card is there, and of this edition. */
  boolean hasCard(DatasetRecord record) {
    return record.card().equals(edition.key())
        && Files.exists(directory.card())
        && Files.exists(directory.statistics());
  }

  /**
   * Closes the tables and writes the card. Of each table a reader sees new parts appear one by one;
   * the rows of the dataset come last.
   *
   * @param open additions that are not published yet
   * @throws UserMistake when too much of what critics and verifier say of these is void or a fault
   */
  DatasetRecord close(DatasetRecord record, List<Addition> open) {
    DatasetEvidence evidence = new DatasetEvidence();
    DatasetCards cards = new DatasetCards(directory, edition);
    forEachRow(
        (part, row) -> {
          cards.add(row);
          if (open.stream().anyMatch(addition -> addition.hasPart(part))) {
            evidence.add(row);
          }
        });
    for (EditionCritic critic : edition.critics()) {
      evidence
          .tooManyFailed(critic)
          .ifPresent(
              mistake -> {
                discardFailed(critic);
                throw mistake;
              });
    }
    evidence.requireWithin(edition);
    Faults.at("dataset/before-close");
    Addition last = record.additions().get(record.additions().size() - 1);
    DatasetRecord closed = record;
    for (EditionCritic critic : edition.critics()) {
      closed =
          closed.with(
              critic.table(),
              StageManifest.close(directory.critiques(critic), last.endShard(), critic.key())
                  .digest());
    }
    closed =
        closed.with(
            edition.votesTable(),
            StageManifest.close(directory.votes(edition), last.endShard(), edition.key()).digest());
    closed =
        closed.with(
            edition.datasetTable(),
            StageManifest.close(directory.dataset(edition), last.endPart(), edition.key())
                .digest());
    for (EditionCritic critic : edition.critics()) {
      directory.describeToHub(critic.table());
    }
    directory.describeToHub(edition.votesTable());
    directory.describeToHub(edition.datasetTable());
    Faults.at("dataset/before-card");
    EditionTables tables = closed.edition(edition.key()).orElseThrow();
    closed = closed.with(tables.complete(closed.additions().size()));
    cards.write(closed);
    return closed.described(edition.key(), directory.fileDigests()).write(directory);
  }

  /** All rows of the dataset, published or not, in the order of their parts. */
  private void forEachRow(BiConsumer<Integer, CritiquedRollout> each) {
    ShardStore<CritiquedRollout> store = directory.dataset(edition);
    int parts = store.committed();
    AtomicInteger done = new AtomicInteger();
    store.forEachCommit(
        commit -> {
          observer.progress("count", done.getAndIncrement(), parts, "parts", "");
          store.read(commit).forEach(row -> each.accept(commit.shard(), row));
        });
  }

  /**
   * Shards with critiques that failed, so that the next build asks for these again; what is
   * published stays.
   */
  private void discardFailed(EditionCritic critic) {
    ShardStore<Critique> store = directory.critiques(critic);
    int published =
        StageManifest.find(store.directory()).map(manifest -> manifest.shards().size()).orElse(0);
    store.forEachCommit(
        commit -> {
          if (commit.shard() >= published
              && store.read(commit).stream()
                  .anyMatch(critique -> DatasetEvidence.failed(critique.getVoidReason()))) {
            store.discard(commit);
          }
        });
  }
}
