package io.capoflow.benchmarks;

import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Judgment;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Rollouts, verdicts and critiques by draws alone, of the size that a policy and a critic write: a
 * response of 200 to 399 tokens in steps of 36, a critique of some 800 characters. The same for the
 * same numbers, wherever they are made.
 *
 * @param samples rollouts of a problem
 * @param critiques of a rollout
 */
record GeneratedEvidence(int samples, int critiques) {
  private static final int ITERATION = 0;
  private static final int LEAST_TOKENS = 200;
  private static final int STEP_TOKENS = 36;
  private static final int PROMPT_TOKENS = 100;
  private static final int VOCABULARY = 32_000;
  private static final int WORDS_OF_A_CRITIQUE = 180;
  private static final String BETWEEN_STEPS = "\n\n";

  /** Everything that is known of the rollouts of some problems. */
  record Rows(List<Rollout> rollouts, List<Verdict> verdicts, List<Critique> critiques) {}

  static String problemId(int problem) {
    return String.format(Locale.ROOT, "scale-%07d", problem);
  }

  /** The rows of problems {@code [first, end)}. */
  Rows rows(int first, int end) {
    List<Rollout> rollouts = new ArrayList<>();
    List<Verdict> verdicts = new ArrayList<>();
    List<Critique> read = new ArrayList<>();
    for (int number = first; number < end; number++) {
      Problem problem = problem(number);
      for (int sample = 0; sample < samples; sample++) {
        long key = Draws.key("scale", number, sample);
        boolean right = Draws.integer(key, 0, 2) == 0;
        int tokens = LEAST_TOKENS + Draws.integer(key, 1, LEAST_TOKENS);
        boolean cut = Draws.integer(key, 2, 32) == 0;
        Rollout rollout = rollout(problem, sample, key, tokens, cut);
        rollouts.add(rollout);
        verdicts.add(verdict(rollout, right));
        int wholeSteps = tokens / STEP_TOKENS;
        for (int index = 0; index < critiques; index++) {
          read.add(critique(rollout, index, right, wholeSteps));
        }
      }
    }
    return new Rows(rollouts, verdicts, read);
  }

  private static Problem problem(int number) {
    return Problem.newBuilder()
        .setProblemId(problemId(number))
        .setPrompt(List.of(new Message("user", words(Draws.key("problem", number), 60))))
        .setAnswer(Integer.toString(number))
        .setSource("generated")
        .setMetadata(Map.of())
        .build();
  }

  private static Rollout rollout(Problem problem, int sample, long key, int tokens, boolean cut) {
    StringBuilder response = new StringBuilder();
    List<Integer> ids = new ArrayList<>(tokens);
    List<Integer> ends = new ArrayList<>(tokens);
    List<Float> logProbabilities = new ArrayList<>(tokens);
    for (int token = 0; token < tokens; token++) {
      int id = Draws.integer(key, 16L + token, VOCABULARY);
      boolean last = token == tokens - 1 && !cut;
      if (!last) {
        response.append(token % STEP_TOKENS == STEP_TOKENS - 1 ? BETWEEN_STEPS : word(id));
      }
      ids.add(last ? 2 : id);
      ends.add(response.length());
      logProbabilities.add(-(float) Draws.uniform(key, 16L + token));
    }
    return Rollout.newBuilder()
        .setRunId("scale")
        .setIteration(ITERATION)
        .setProblem(problem)
        .setSampleIndex(sample)
        .setRolloutId(Keys.rolloutId(ITERATION, problem.getProblemId(), sample))
        .setPromptTokenIds(
            IntStream.range(0, PROMPT_TOKENS).mapToObj(i -> (i * 37) % VOCABULARY).toList())
        .setResponseTokenIds(ids)
        .setResponse(response.toString())
        .setTokenEnds(ends)
        .setBehaviourLogprobs(logProbabilities)
        .setFinishReason((cut ? FinishReason.LENGTH : FinishReason.STOP).text())
        .setPolicyVersion(Keys.policyVersion(ITERATION))
        .setTemperature(1)
        .setTopP(1)
        .setMaxNewTokens(2 * LEAST_TOKENS)
        .setSeed(key)
        .build();
  }

  private static Verdict verdict(Rollout rollout, boolean right) {
    return Verdict.newBuilder()
        .setIteration(ITERATION)
        .setProblemId(rollout.getProblem().getProblemId())
        .setSampleIndex(rollout.getSampleIndex())
        .setRolloutId(rollout.getRolloutId())
        .setOutcome(right ? 1 : 0)
        .setExtracted(right ? rollout.getProblem().getAnswer() : "-1")
        .setReason(right ? "CORRECT" : "WRONG")
        .setGoldType("integer")
        .setRoute("exact")
        .setVerifier("generated")
        .setOptionsDigest("")
        .setMicros(0)
        .build();
  }

  /** One in fifty is void; of wrong responses nearly all call a step wrong, of right ones few. */
  private static Critique critique(Rollout rollout, int index, boolean right, int steps) {
    long key = Draws.key(rollout.getSeed(), "critique", index);
    boolean voided = Draws.integer(key, 0, 50) == 0;
    boolean accuses = Draws.integer(key, 1, 10) < (right ? 1 : 9);
    return Critique.newBuilder()
        .setIteration(ITERATION)
        .setProblemId(rollout.getProblem().getProblemId())
        .setSampleIndex(rollout.getSampleIndex())
        .setRolloutId(rollout.getRolloutId())
        .setCritiqueIndex(index)
        .setCritic("generated")
        .setPromptTemplate("capo")
        .setText(words(key, WORDS_OF_A_CRITIQUE))
        .setJudgment(voided ? null : (accuses ? Judgment.NO : Judgment.YES).text())
        .setWrongSteps(
            voided || !accuses ? List.of() : List.of(Draws.integer(rollout.getSeed(), 3, steps)))
        .setDroppedIndices(0)
        .setVoidReason(voided ? "CUT" : null)
        .setPromptTokens(3 * LEAST_TOKENS)
        .setTokens(WORDS_OF_A_CRITIQUE)
        .setFinishReason(FinishReason.STOP.text())
        .setMillis(0)
        .setSeed(key)
        .build();
  }

  private static String words(long key, int count) {
    StringBuilder text = new StringBuilder();
    for (int word = 0; word < count; word++) {
      text.append(word(Draws.integer(key, 16L + word, VOCABULARY)));
    }
    return text.toString();
  }

  /** Two to four letters and a blank. */
  private static String word(int id) {
    return Integer.toString(id + 36, 36) + " ";
  }
}
