package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.ServerCriticSpec;
import io.capoflow.models.journal.Journal;
import io.capoflow.pipelines.critics.MissingCalls;
import io.capoflow.pipelines.critiques.DatasetRecord.EditionTables;
import io.capoflow.pipelines.critiques.Edition.EditionCritic;
import io.capoflow.pipelines.execution.PipelineFactory;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.recipe.CritiqueRecipe;
import io.capoflow.transforms.storage.ReadShards;
import io.capoflow.transforms.storage.RunLock;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.StageManifest;
import io.capoflow.transforms.storage.Trees;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Makes a dataset anew from what it records: its rollouts, its recipes, and the answers in its
 * journal or a critic in the process. What comes out lies in a folder inside the dataset, to be
 * compared.
 */
public final class DatasetRebuild implements AutoCloseable {
  private final DatasetDirectory directory;
  private final PipelineFactory pipelines;
  private final DatasetObserver observer;
  private final RunLock lock;

  /**
   * Of a dataset, which nobody else drives meanwhile.
   *
   * @throws UserMistake when there is none, or another driver holds it
   */
  public DatasetRebuild(Path output, PipelineFactory pipelines, DatasetObserver observer) {
    if (!DatasetDirectory.isOne(output)) {
      throw new UserMistake(output + " is no critique dataset: it has no dataset.json");
    }
    this.directory = DatasetDirectory.at(output);
    this.pipelines = requireNonNull(pipelines, "pipelines");
    this.observer = requireNonNull(observer, "observer");
    this.lock = directory.lock();
  }

  /**
   * Makes every edition anew, as far as it was complete.
   *
   * @param bind reads a kept recipe
   * @return where it lies
   * @throws UserMistake when the record or the rollouts are damaged, or the critics cannot be asked
   */
  public Path run(Function<Path, BoundRecipe<CritiqueRecipe>> bind) {
    DatasetRecord original = DatasetRecord.of(directory);
    DatasetDirectory rebuilt = DatasetDirectory.at(directory.rebuilt());
    rebuilt.lock().close();
    DatasetRecord record = original.withoutContent().write(rebuilt);
    TakeIn takeIn = new TakeIn(rebuilt, pipelines, observer, () -> {});
    for (int index = 0; index < original.additions().size(); index++) {
      Addition addition = original.additions().get(index);
      if (!addition.isTakenIn()) {
        throw new UserMistake(
            "%s has an addition that is not complete: run the same critique command again first"
                .formatted(directory.root()));
      }
      record = record.with(index, addition.takenIn("")).write(rebuilt);
      record =
          takeIn.shard(
              record,
              index,
              ReadShards.of(directory.rollouts(), addition.firstShard(), addition.shards()));
      for (EditionTables edition : original.editions()) {
        if (edition.additions() == index + 1) {
          List<BoundRecipe<CritiqueRecipe>> recipes =
              DatasetRecipes.files(directory, original, edition).stream().map(bind).toList();
          takeFailures(rebuilt, recipes, record);
          new DatasetBuild(rebuilt.root(), recipes, pipelines, observer)
              .offline()
              .run(Optional.empty());
          record = DatasetRecord.of(rebuilt);
        }
      }
    }
    return rebuilt.root();
  }

  /**
   * Sees that nobody has to be asked: what failed is no answer that a journal has, so shards with
   * such critiques are taken from the dataset as they are; all else must be in the journal.
   */
  private void takeFailures(
      DatasetDirectory rebuilt, List<BoundRecipe<CritiqueRecipe>> recipes, DatasetRecord record) {
    // Another edition may have had the critic judge later additions.
    int end = record.additions().get(record.additions().size() - 1).endShard();
    for (EditionCritic critic : Edition.of(recipes, record).critics()) {
      ShardStore<Critique> anew = rebuilt.critiques(critic);
      Set<Integer> taken = new HashSet<>();
      directory
          .critiques(critic)
          .forEachCommit(
              commit -> {
                if (commit.shard() >= end) {
                  return;
                }
                List<Critique> rows = directory.critiques(critic).read(commit);
                if (rows.stream().anyMatch(row -> DatasetEvidence.failed(row.getVoidReason()))) {
                  anew.commit(commit.shard(), commit.memoKey(), rows);
                  taken.add(commit.shard());
                }
              });
      if (critic.source() instanceof ServerCriticSpec served) {
        requireAnswers(served, critic, rebuilt, taken);
      }
    }
  }

  private void requireAnswers(
      ServerCriticSpec served, EditionCritic critic, DatasetDirectory rebuilt, Set<Integer> taken) {
    ShardStore<GivenRollout> rollouts = rebuilt.rollouts();
    StageManifest table = StageManifest.find(rollouts.directory()).orElseThrow();
    try (Journal journal = served.journal().open()) {
      MissingCalls missing =
          new MissingCalls(served, Optional.of(journal), critic.times(), critic.seed(), call -> {});
      for (StageManifest.Shard shard : table.shards()) {
        if (!taken.contains(shard.shard())) {
          StageManifest.rows(rollouts.directory(), GivenRollout.class, table, shard.shard())
              .forEach(row -> missing.add(row.getRollout()));
        }
      }
      if (missing.missing() > 0) {
        throw new UserMistake(
            "%s lacks %d of the %d answers of %s, and a rebuild asks no server: restore it from a copy"
                .formatted(
                    directory.journal(), missing.missing(), missing.critiques(), critic.name()));
      }
    }
  }

  /** Deletes what was made anew: it was equal. */
  public void delete() {
    Trees.delete(directory.rebuilt());
  }

  @Override
  public void close() {
    lock.close();
  }
}
