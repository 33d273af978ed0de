package io.capoflow.models.steps;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Rollout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which step every response token belongs to, and which tokens a wrong step may cost
 * (docs/method.md, "Steps"). Immutable and thread-safe.
 *
 * <p>A token belongs to the step that holds its first non-blank character; a token of white space
 * alone, and the end-of-sequence token, to the step before it, or to step 0 when it leads. A token
 * without text of its own (the first bytes of a character that a later token completes) goes with
 * the token that completes it.
 *
 * <p>The end-of-sequence token, the tokens of blank separators and the tokens of a last step that
 * the length limit cut carry the outcome reward only.
 */
public final class StepTokens {
  /** Step of a token of a response that has no steps. */
  public static final int NO_STEP = -1;

  private final List<Step> steps;
  private final int[] stepOf;
  private final boolean[] inside;
  private final boolean lastStepCut;

  private StepTokens(List<Step> steps, int[] stepOf, boolean[] inside, boolean lastStepCut) {
    this.steps = List.copyOf(steps);
    this.stepOf = stepOf;
    this.inside = inside;
    this.lastStepCut = lastStepCut;
  }

  /**
   * Tokens {@code [start, end)} of a step, separator tokens and the end-of-sequence token left out.
   * Empty where one token spans several steps and belongs to an earlier one.
   */
  public record TokenSpan(int start, int end) {}

  /**
   * Finds the steps of the rollout's response, see {@link RolloutSteps}, and assigns its tokens.
   *
   * @throws io.capoflow.schemas.UserMistake when the record says why it ended in a text that no
   *     {@link FinishReason} has
   */
  public static StepTokens of(Rollout rollout, StepSplitter splitter) {
    requireNonNull(rollout, "rollout");
    boolean stopped = FinishReason.of(rollout) == FinishReason.STOP;
    if (rollout.getGivenSteps() == null) {
      return of(rollout.getResponse(), rollout.getTokenEnds(), stopped, splitter);
    }
    // Whoever gave the steps gave the last one whole.
    return of(
        rollout.getResponse(),
        rollout.getTokenEnds(),
        stopped,
        RolloutSteps.of(rollout, splitter),
        false);
  }

  /**
   * Splits a response and assigns its tokens.
   *
   * @param response text, without the end-of-sequence token
   * @param tokenEnds where each token's text ends, in code points; never falling
   * @param stopped true when the response ended by itself: its last token is the end-of-sequence
   *     token, or, where that token has text of its own, the one that completed a stop text; false
   *     when the length limit cut it
   * @throws IllegalArgumentException when the ends fall, or pass the end of the text
   */
  public static StepTokens of(
      String response, List<Integer> tokenEnds, boolean stopped, StepSplitter splitter) {
    requireNonNull(response, "response");
    requireNonNull(splitter, "splitter");
    List<Step> steps = splitter.split(response);
    return of(
        response, tokenEnds, stopped, steps, !stopped && lastStepIsOpen(response, steps, splitter));
  }

  private static StepTokens of(
      String response,
      List<Integer> tokenEnds,
      boolean stopped,
      List<Step> steps,
      boolean lastStepCut) {
    requireNonNull(tokenEnds, "tokenEnds");
    int[] text = response.codePoints().toArray();
    checkEnds(tokenEnds, text.length);
    int tokens = tokenEnds.size();
    int[] stepOf = new int[tokens];
    boolean[] inside = new boolean[tokens];
    Arrays.fill(stepOf, NO_STEP);
    if (!steps.isEmpty()) {
      assign(text, tokenEnds, stopped, steps, stepOf, inside);
    }
    return new StepTokens(steps, stepOf, inside, lastStepCut);
  }

  /** The steps of the response. */
  public List<Step> steps() {
    return steps;
  }

  /** Response tokens, the end-of-sequence token included. */
  public int tokenCount() {
    return stepOf.length;
  }

  /** The step that the token belongs to, {@link #NO_STEP} where the response has none. */
  public int stepOf(int token) {
    return stepOf[token];
  }

  /** Whether the token loses W_process when its step is voted wrong. */
  public boolean penalisable(int token) {
    return inside[token] && !(lastStepCut && stepOf[token] == steps.size() - 1);
  }

  /** Whether the length limit cut the last step, so that none of its tokens is penalised. */
  public boolean lastStepCut() {
    return lastStepCut;
  }

  /** One span a step, in order. */
  public List<TokenSpan> spans() {
    List<TokenSpan> spans = new ArrayList<>();
    int token = 0;
    for (Step step : steps) {
      while (token < stepOf.length && !(inside[token] && stepOf[token] >= step.index())) {
        token++;
      }
      int start = token;
      while (token < stepOf.length && inside[token] && stepOf[token] == step.index()) {
        token++;
      }
      spans.add(new TokenSpan(start, token));
    }
    return List.copyOf(spans);
  }

  private static void checkEnds(List<Integer> tokenEnds, int length) {
    int before = 0;
    for (int end : tokenEnds) {
      if (end < before || end > length) {
        throw new IllegalArgumentException(
            "token ends must not fall nor pass the text's %d code points: %s"
                .formatted(length, tokenEnds));
      }
      before = end;
    }
  }

  private static void assign(
      int[] text,
      List<Integer> tokenEnds,
      boolean stopped,
      List<Step> steps,
      int[] stepOf,
      boolean[] inside) {
    int[] textEnds = completedEnds(tokenEnds);
    int step = 0; // the first step that ends after the token's anchor
    for (int token = 0; token < stepOf.length; token++) {
      int start = token == 0 ? 0 : tokenEnds.get(token - 1);
      boolean endOfSequence =
          stopped && token == stepOf.length - 1 && tokenEnds.get(token) == start;
      int anchor = anchor(text, start, endOfSequence ? start : textEnds[token]);
      while (step < steps.size() && steps.get(step).end() <= anchor) {
        step++;
      }
      inside[token] = !endOfSequence && step < steps.size() && steps.get(step).start() <= anchor;
      stepOf[token] = inside[token] ? step : Math.max(0, step - 1);
    }
  }

  /** Where each token's text ends, or that of the token which completes its character. */
  private static int[] completedEnds(List<Integer> tokenEnds) {
    int[] ends = tokenEnds.stream().mapToInt(Integer::intValue).toArray();
    for (int token = ends.length - 2; token >= 0; token--) {
      int start = token == 0 ? 0 : tokenEnds.get(token - 1);
      if (ends[token] == start) {
        ends[token] = ends[token + 1];
      }
    }
    return ends;
  }

  /** The first non-blank character of {@code [start, end)}, or its first where all are blank. */
  private static int anchor(int[] text, int start, int end) {
    for (int position = start; position < end; position++) {
      if (!Blank.is(text[position])) {
        return position;
      }
    }
    return start;
  }

  /** The last step is still open when more text would have continued it. */
  private static boolean lastStepIsOpen(String response, List<Step> steps, StepSplitter splitter) {
    return !steps.isEmpty() && splitter.split(response + "x").size() == steps.size();
  }
}
