package io.capoflow.pipelines.critics;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.CritiqueRequests;
import io.capoflow.models.critic.ServerCriticSpec;
import io.capoflow.models.endpoint.ChatCall;
import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.journal.Journal;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Rollout;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** The calls that critiques of rollouts wait for: those that a journal lacks. For one thread. */
public final class MissingCalls {
  private final ServerCriticSpec critic;
  private final CritiqueRequests requests;
  private final Optional<Journal> journal;
  private final int times;
  private final long seed;
  private final Consumer<ChatCall> each;
  private final Set<String> asked = new HashSet<>();
  private long rollouts;
  private long critiques;
  private long answered;
  private long calls;
  private long readCharacters;
  private long missing;

  /**
   * Calls of a critic.
   *
   * @param journal empty where there is none yet
   * @param times critiques of each rollout
   * @param seed of the run
   * @param each is given every call, once
   */
  public MissingCalls(
      ServerCriticSpec critic,
      Optional<Journal> journal,
      int times,
      long seed,
      Consumer<ChatCall> each) {
    this.critic = requireNonNull(critic, "critic");
    this.requests = new CritiqueRequests(critic);
    this.journal = requireNonNull(journal, "journal");
    this.times = times;
    this.seed = seed;
    this.each = requireNonNull(each, "each");
  }

  /** Counts what a rollout without critiques waits for; nothing where it has no steps. */
  public void add(Rollout rollout) {
    Optional<ChatRequest> request = requests.of(rollout, seed);
    if (request.isEmpty()) {
      return;
    }
    rollouts++;
    // Equal prompts share their answers.
    if (asked.add(request.get().digest())) {
      Map<Integer, ?> there =
          journal.map(kept -> kept.find(request.get().digest(), times)).orElse(Map.of());
      critiques += times;
      answered += there.size();
      List<Integer> lacking =
          IntStream.range(0, times).filter(i -> !there.containsKey(i)).boxed().toList();
      missing += lacking.size();
      int characters =
          request.get().messages().stream().map(Message::getContent).mapToInt(String::length).sum();
      for (ChatCall call :
          ChatCall.of(request.get(), lacking, critic.endpoint().limits().choicesPerCall())) {
        each.accept(call);
        calls++;
        readCharacters += characters;
      }
    }
  }

  /** Rollouts that are asked about. */
  public long rollouts() {
    return rollouts;
  }

  /** Critiques that they wait for, those with equal prompts once. */
  public long critiques() {
    return critiques;
  }

  /** Of these, those that the journal has. */
  public long answered() {
    return answered;
  }

  /** Of these, those that it lacks. */
  public long missing() {
    return missing;
  }

  /** Calls for what it lacks. */
  public long calls() {
    return calls;
  }

  /** Characters in the prompts of these calls. */
  public long readCharacters() {
    return readCharacters;
  }
}
