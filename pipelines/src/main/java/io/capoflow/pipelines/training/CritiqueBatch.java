package io.capoflow.pipelines.training;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.ServerCriticSpec;
import io.capoflow.models.endpoint.ChatCall;
import io.capoflow.models.journal.Journal;
import io.capoflow.pipelines.critics.MissingCalls;
import io.capoflow.pipelines.critics.RecipeCritics;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardCommit;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.Stage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The calls for critiques that a run's rollouts wait for: those that neither the run nor the
 * journal has. Whoever has a server that cannot be reached from here has them answered there.
 */
public final class CritiqueBatch {
  private final RunDirectory run;
  private final TrainingRecipe recipe;
  private final ServerCriticSpec critic;

  private CritiqueBatch(RunDirectory run, TrainingRecipe recipe, ServerCriticSpec critic) {
    this.run = run;
    this.recipe = recipe;
    this.critic = critic;
  }

  /**
   * Of a run that has begun.
   *
   * @throws UserMistake when its critic is none behind a server
   */
  public static CritiqueBatch of(RunDirectory run) {
    requireNonNull(run, "run");
    TrainingRecipe recipe = RecipeBinder.of(TrainingRecipe.class).readKept(run.recipe()).settings();
    return RecipeCritics.of(recipe)
        .filter(ServerCriticSpec.class::isInstance)
        .map(critic -> new CritiqueBatch(run, recipe, (ServerCriticSpec) critic))
        .orElseThrow(
            () ->
                new UserMistake(
                    "%s asks no server for critiques: its recipe has no critique.endpoint"
                        .formatted(run.root())));
  }

  /** The critic that is to be asked. */
  public ServerCriticSpec critic() {
    return critic;
  }

  /**
   * What was found.
   *
   * @param rollouts without critiques
   * @param critiques that they wait for
   * @param answered of these, those that the journal has
   * @param calls for the rest
   */
  public record Result(long rollouts, long critiques, long answered, long calls) {}

  /** Gives each call once, in the order of iterations and rollouts. */
  public Result forEach(Journal journal, Consumer<ChatCall> each) {
    MissingCalls calls =
        new MissingCalls(
            critic, Optional.of(journal), recipe.critique().times(), recipe.seed(), each);
    for (int iteration : run.iterations()) {
      Set<String> criticised = criticised(iteration);
      for (Rollout rollout : committed(iteration, Stage.ROLLOUTS)) {
        if (!criticised.contains(rollout.getRolloutId())) {
          calls.add(rollout);
        }
      }
    }
    return new Result(calls.rollouts(), calls.critiques(), calls.answered(), calls.calls());
  }

  private Set<String> criticised(int iteration) {
    Set<String> rollouts = new HashSet<>();
    for (Critique critique : committed(iteration, Stage.CRITIQUES)) {
      rollouts.add(critique.getRolloutId());
    }
    return rollouts;
  }

  private <T extends org.apache.avro.specific.SpecificRecordBase> List<T> committed(
      int iteration, Stage<T> stage) {
    ShardStore<T> store = run.shards(iteration, stage);
    List<T> rows = new ArrayList<>();
    for (ShardCommit commit : store.commits()) {
      rows.addAll(store.read(commit));
    }
    return rows;
  }
}
