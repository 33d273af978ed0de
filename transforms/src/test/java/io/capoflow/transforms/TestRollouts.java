package io.capoflow.transforms;

import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.credit.Evidence;
import io.capoflow.transforms.vote.StepVoting;
import io.capoflow.transforms.vote.VotingRules;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** Records for tests, from what matters in them. */
public final class TestRollouts {
  private TestRollouts() {}

  /** A finished response of these tokens and an end-of-sequence token. */
  public static Rollout stopped(int sampleIndex, String... tokens) {
    List<String> all = new ArrayList<>(List.of(tokens));
    all.add("");
    return rollout(sampleIndex, all, "stop");
  }

  /** A response that the length limit cut. */
  public static Rollout cut(int sampleIndex, String... tokens) {
    return rollout(sampleIndex, List.of(tokens), "length");
  }

  private static Rollout rollout(int sampleIndex, List<String> tokens, String finishReason) {
    List<Integer> ends = new ArrayList<>();
    int end = 0;
    for (String token : tokens) {
      end += token.codePointCount(0, token.length());
      ends.add(end);
    }
    Problem problem =
        Problem.newBuilder()
            .setProblemId("p")
            .setPrompt(List.of(new Message("user", "What is 2+2?")))
            .setAnswer("4")
            .setSource("test")
            .setMetadata(Map.of())
            .build();
    return Rollout.newBuilder()
        .setRunId("run")
        .setIteration(3)
        .setProblem(problem)
        .setSampleIndex(sampleIndex)
        .setRolloutId(Keys.rolloutId(3, "p", sampleIndex))
        .setPromptTokenIds(List.of(1, 2))
        .setResponseTokenIds(IntStream.range(0, tokens.size()).boxed().toList())
        .setResponse(String.join("", tokens))
        .setTokenEnds(ends)
        .setBehaviourLogprobs(Collections.nCopies(tokens.size(), -0.5f))
        .setFinishReason(finishReason)
        .setPolicyVersion("v00003")
        .setTemperature(1)
        .setTopP(1)
        .setMaxNewTokens(100)
        .setSeed(7)
        .build();
  }

  /** A critique that votes. */
  public static Critique critique(Rollout rollout, int index, Integer... wrongSteps) {
    return critique(rollout, index, Optional.empty(), Optional.empty(), List.of(wrongSteps));
  }

  /** A critique that abstains. */
  public static Critique voided(Rollout rollout, int index) {
    return critique(rollout, index, Optional.empty(), Optional.of("CUT"), List.of());
  }

  public static Critique critique(
      Rollout rollout,
      int index,
      Optional<String> judgment,
      Optional<String> voidReason,
      List<Integer> wrongSteps) {
    return Critique.newBuilder()
        .setIteration(rollout.getIteration())
        .setProblemId(rollout.getProblem().getProblemId())
        .setSampleIndex(rollout.getSampleIndex())
        .setRolloutId(rollout.getRolloutId())
        .setCritiqueIndex(index)
        .setCritic("test")
        .setPromptTemplate("capo")
        .setText("")
        .setJudgment(judgment.orElse(null))
        .setWrongSteps(wrongSteps)
        .setDroppedIndices(0)
        .setVoidReason(voidReason.orElse(null))
        .setPromptTokens(0)
        .setTokens(0)
        .setFinishReason("stop")
        .setMillis(0)
        .setSeed(0)
        .build();
  }

  public static Verdict verdict(Rollout rollout, int outcome) {
    return Verdict.newBuilder()
        .setIteration(rollout.getIteration())
        .setProblemId(rollout.getProblem().getProblemId())
        .setSampleIndex(rollout.getSampleIndex())
        .setRolloutId(rollout.getRolloutId())
        .setOutcome(outcome)
        .setReason(outcome == 1 ? "CORRECT" : "WRONG")
        .setGoldType("Integer")
        .setRoute("exact")
        .setVerifier("test")
        .setOptionsDigest("")
        .setMicros(0)
        .build();
  }

  /** Evidence in which one critic calls these steps wrong. */
  public static Evidence evidence(Rollout rollout, int outcome, Integer... wrongSteps) {
    return evidence(
        rollout,
        outcome,
        StepVoting.vote(
            rollout,
            List.of(critique(rollout, 0, wrongSteps)),
            VotingRules.named("majority"),
            new BlankLineSplitter(),
            1));
  }

  public static Evidence evidence(Rollout rollout, int outcome, StepVotes votes) {
    return new Evidence(rollout, verdict(rollout, outcome), Optional.of(votes));
  }
}
