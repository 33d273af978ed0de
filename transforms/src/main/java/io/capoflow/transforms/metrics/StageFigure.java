package io.capoflow.transforms.metrics;

import static java.util.Objects.requireNonNull;

import java.util.List;

/** What is counted, as an operator finds it: {@code sample.rollouts}, for instance. */
public enum StageFigure {
  ROLLOUTS("rollouts", "rollouts that a policy wrote", "sample"),
  TOKENS("tokens", "tokens that a policy or a critic wrote", "sample", "critique"),
  CRITIQUES("critiques", "critiques, void ones too", "critique"),
  VOID_CRITIQUES("void_critiques", "critiques that say nothing", "critique"),
  JOURNAL_HITS("journal_hits", "answers of a server that the journal had", "critique"),
  CALLS(
      "calls", "calls that servers were asked for, each once however often it is sent", "critique"),
  SLOW_VERDICTS("slow_verdicts", "verdicts that took longer than they should", "verify"),
  MODEL_MILLIS(
      "model_millis",
      "milliseconds until a shard's rows were there, or the update was done: a distribution with"
          + " its sum, count, least and most",
      "sample",
      "critique",
      "logprobs",
      "train"),
  COMMITS_WON(
      "commits_won", "shards or versions that an attempt computed and committed", Stages.ALL),
  COMMITS_LOST(
      "commits_lost",
      "shards or versions that an attempt computed while another one committed them",
      Stages.ALL),
  COMMITS_READ(
      "commits_read",
      "shards or versions that were committed before, and so not computed",
      Stages.ALL),
  POLICY_LOADS("policy_loads", "policies that were loaded to sample", Stages.MODELS),
  CRITIC_LOADS("critic_loads", "critics that were loaded", Stages.MODELS),
  REFERENCE_LOADS("reference_loads", "references that were loaded", Stages.MODELS),
  BASE_LOADS("base_loads", "models that were loaded to put an adapter on", Stages.MODELS),
  LEARNER_LOADS(
      "learner_loads", "policies that were loaded to learn, or as they learn", Stages.MODELS);

  private final String text;
  private final String meaning;

  // What List.of makes does not change.
  @SuppressWarnings("ImmutableEnumChecker")
  private final List<String> owners;

  StageFigure(String text, String meaning, String... owners) {
    this.text = requireNonNull(text, "text");
    this.meaning = requireNonNull(meaning, "meaning");
    this.owners = List.of(owners);
  }

  /** Whose figures there are. */
  static final class Stages {
    /** Of the process: a model is loaded for all stages that ask it. */
    static final String MODELS = "models";

    private static final String[] ALL = {
      "sample", "verify", "critique", "vote", "logprobs", "credit", "describe", "train"
    };

    private Stages() {}
  }

  /** Its name behind that of its stage. */
  public String text() {
    return text;
  }

  /** What it counts. */
  public String meaning() {
    return meaning;
  }

  /** Verbs of the stages that count it, or {@code models}. */
  public List<String> owners() {
    return owners;
  }

  /** Whether it is a distribution, and no plain count. */
  public boolean isDistribution() {
    return this == MODEL_MILLIS;
  }
}
