package io.capoflow.pipelines.training;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.CritiqueRequests;
import io.capoflow.models.critic.ServerCriticSpec;
import io.capoflow.models.endpoint.ChatCall;
import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.journal.Journal;
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
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

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
    CritiqueRequests requests = new CritiqueRequests(critic);
    int times = recipe.critique().times();
    int choices = critic.endpoint().limits().choicesPerCall();
    Set<String> asked = new HashSet<>();
    long rollouts = 0;
    long critiques = 0;
    long answered = 0;
    long calls = 0;
    for (int iteration : run.iterations()) {
      Set<String> criticised = criticised(iteration);
      for (Rollout rollout : committed(iteration, Stage.ROLLOUTS)) {
        Optional<ChatRequest> request =
            criticised.contains(rollout.getRolloutId())
                ? Optional.empty()
                : requests.of(rollout, recipe.seed());
        if (request.isPresent()) {
          rollouts++;
          // Equal prompts share their answers.
          if (asked.add(request.get().digest())) {
            Map<Integer, ?> there = journal.find(request.get().digest(), times);
            critiques += times;
            answered += there.size();
            List<Integer> missing =
                IntStream.range(0, times).filter(i -> !there.containsKey(i)).boxed().toList();
            for (ChatCall call : ChatCall.of(request.get(), missing, choices)) {
              each.accept(call);
              calls++;
            }
          }
        }
      }
    }
    return new Result(rollouts, critiques, answered, calls);
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
