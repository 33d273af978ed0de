package io.capoflow.pipelines.critiques.card;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.Judgment;
import io.capoflow.schemas.StepCritique;
import io.capoflow.schemas.VoteCount;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** What one critic wrote, or all together, and what was paid for it. For one thread. */
final class CriticFigures {
  private final AgreementFigures agreement = new AgreementFigures();
  private final IntegerHistogram tokens = new IntegerHistogram();
  private final TreeMap<String, Long> voids = new TreeMap<>();
  private long rollouts;
  private long critiques;
  private long valid;
  private long yes;
  private long no;
  private long ofWrong;
  private long yesOfWrong;
  private long ofRight;
  private long noOfRight;
  private long votes;
  private long withoutQuorum;
  private long promptTokens;
  private long writtenTokens;
  private long cachedTokens;
  private long millis;

  /**
   * Adds a rollout.
   *
   * @param asked those of its critiques that count here
   */
  void add(CritiquedRollout row, List<StepCritique> asked) {
    if (asked.isEmpty()) {
      return;
    }
    rollouts++;
    List<StepCritique> judging =
        asked.stream().filter(critique -> critique.getVoidReason() == null).toList();
    asked.forEach(this::take);
    judging.forEach(critique -> judge(critique, row.getOutcome()));
    agreement.add(row.getSteps().size(), judging);
  }

  /** Adds what the critiques of a rollout come to. */
  void add(VoteCount count) {
    votes++;
    withoutQuorum += count.getQuorum() ? 0 : 1;
  }

  private void take(StepCritique critique) {
    critiques++;
    if (critique.getVoidReason() != null) {
      voids.merge(critique.getVoidReason(), 1L, Long::sum);
    }
    promptTokens += critique.getPromptTokens();
    writtenTokens += critique.getTokens();
    tokens.add(critique.getTokens());
    cachedTokens += critique.getCachedTokens() == null ? 0 : critique.getCachedTokens();
    millis += critique.getMillis();
  }

  private void judge(StepCritique critique, Integer outcome) {
    valid++;
    boolean saysYes = Judgment.YES.text().equals(critique.getJudgment());
    boolean saysNo = Judgment.NO.text().equals(critique.getJudgment());
    yes += saysYes ? 1 : 0;
    no += saysNo ? 1 : 0;
    if (outcome != null && (saysYes || saysNo)) {
      if (outcome == 1) {
        ofRight++;
        noOfRight += saysNo ? 1 : 0;
      } else {
        ofWrong++;
        yesOfWrong += saysYes ? 1 : 0;
      }
    }
  }

  AgreementFigures agreement() {
    return agreement;
  }

  /** Tokens that each critique has. */
  IntegerHistogram tokens() {
    return tokens;
  }

  /** Rollouts with at least one critique, void or not. */
  long rollouts() {
    return rollouts;
  }

  /** Void ones too. */
  long critiques() {
    return critiques;
  }

  long valid() {
    return valid;
  }

  long voids() {
    return critiques - valid;
  }

  /** Number of void critiques by reason. */
  SortedMap<String, Long> voidReasons() {
    return Collections.unmodifiableSortedMap(voids);
  }

  /** Valid critiques that call the response correct. */
  long yes() {
    return yes;
  }

  /** Valid critiques that do not. */
  long no() {
    return no;
  }

  /** Valid critiques in which no judgment could be read. */
  long withoutJudgment() {
    return valid - yes - no;
  }

  /** Judgments of responses whose answer is not the gold one. */
  long judgmentsOfWrong() {
    return ofWrong;
  }

  /** Those of them that call the response correct. */
  long yesOfWrong() {
    return yesOfWrong;
  }

  /** Judgments of responses whose answer is the gold one. */
  long judgmentsOfRight() {
    return ofRight;
  }

  /** Those of them that do not call the response correct. */
  long noOfRight() {
    return noOfRight;
  }

  /** Rollouts whose critiques were counted for a vote. */
  long votes() {
    return votes;
  }

  /** Those of them without a quorum. */
  long withoutQuorum() {
    return withoutQuorum;
  }

  /** Read for all critiques. */
  long promptTokens() {
    return promptTokens;
  }

  /** Written in all critiques. */
  long writtenTokens() {
    return writtenTokens;
  }

  /** Of the tokens read, those that a server had read before. Volatile: in no card. */
  long cachedTokens() {
    return cachedTokens;
  }

  /** Time of all critiques, added up. Volatile: in no card. */
  long millis() {
    return millis;
  }
}
