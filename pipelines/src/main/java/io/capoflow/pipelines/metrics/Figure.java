package io.capoflow.pipelines.metrics;

import java.util.Locale;

/**
 * The figures of an iteration's rows. A figure that is not defined (an agreement of one critique,
 * the truth of unknown steps) is left out of an iteration's figures.
 */
public enum Figure {
  ACCURACY("share of rollouts with a right answer"),
  MEAN_REWARD("mean over responses of the mean reward of their tokens"),
  TOKEN_REWARD("mean reward over all response tokens"),
  RESPONSE_TOKENS("mean tokens of a response, the end token included"),
  STEPS_PER_RESPONSE("mean steps of a response"),
  TOKENS_PER_STEP("response tokens over steps"),
  CUT_SHARE("share of responses that the length limit cut"),
  ZERO_SPREAD_SHARE("share of groups whose rewards are all equal: they teach nothing"),
  EXCLUDED_SHARE("share of rollouts that are left out of the loss"),
  MEAN_ADVANTAGE("mean over responses in the loss of the mean advantage of their tokens"),
  LENGTH_REWARD_COVARIANCE(
      "mean over groups with spread of Cov(L, R̄), length against mean token reward: the mean"
          + " advantage of a group is minus this over (mean length · σ), a push on length"),
  POSITIVE_ADVANTAGE_SHARE_ALL_WRONG(
      "share of tokens with a positive advantage, of responses in the loss in groups without a right"
          + " answer: the incentive to pad"),
  FLAGGED_SHARE("share of the steps of rollouts with a quorum that lose credit"),
  FLAGGED_POSITIVE_SHARE("share of right answers with a quorum that hold a step that loses credit"),
  CRITIC_AGREEMENT(
      "mean over rollouts with at least two valid critiques and a step of the share of steps that a"
          + " pair of them judges alike, averaged over pairs"),
  CRITIC_OVERLAP(
      "the same with |A ∩ B| / |A ∪ B| of the steps that the two call wrong, 1 where neither calls"
          + " any: agreement that right steps cannot inflate"),
  VOID_RATE("share of critiques that are void"),
  VOID_RATE_RIGHT("the same among rollouts with a right answer"),
  VOID_RATE_WRONG("the same among rollouts with a wrong answer"),
  VOID_RATE_SHORT("the same among responses no longer than the median"),
  VOID_RATE_LONG("the same among responses longer than the median"),
  NO_QUORUM_RATE("share of rollouts with too few valid critiques"),
  NO_QUORUM_RATE_RIGHT("the same among rollouts with a right answer"),
  NO_QUORUM_RATE_WRONG("the same among rollouts with a wrong answer"),
  NO_QUORUM_RATE_SHORT("the same among responses no longer than the median"),
  NO_QUORUM_RATE_LONG("the same among responses longer than the median"),
  STEP_CORRECTNESS("mean share of the steps that a problem asks for that are there and right"),
  WRONG_STEP_SHARE("share of steps that are truly wrong"),
  MISNUMBERED_SHARE("share of steps that bear a wrong number"),
  FLAWED_POSITIVE_SHARE("share of right answers that hold a truly wrong step"),
  CRITIC_PRECISION(
      "weight that the recipe's vote puts on truly wrong steps over all the weight it puts on steps;"
          + " critic_precision_<rule> is the same had another rule voted on the same critiques"),
  CRITIC_RECALL(
      "the weight on truly wrong steps over their number: those that no vote can touch, for want of a"
          + " quorum or in a cut last step, count as missed; critic_recall_<rule> likewise"),
  CRITIC_F1("harmonic mean of the critics' precision and recall; critic_f1_<rule> likewise"),
  SAMPLED_TOKENS("response tokens in all"),
  CRITIC_TOKENS("tokens that the critics generated"),
  CRITIC_PROMPT_TOKENS("tokens that the critics read"),
  CRITIC_SECONDS(
      "wall-clock of the critics, summed over those that work side by side; a batch's time is shared"
          + " evenly among its critiques"),
  SLOW_VERDICTS("verdicts that took the verifier over 250 ms");

  private final String meaning;

  Figure(String meaning) {
    this.meaning = meaning;
  }

  /** As {@code metrics.parquet} and the display name it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  public String meaning() {
    return meaning;
  }
}
