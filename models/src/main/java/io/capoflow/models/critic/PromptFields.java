package io.capoflow.models.critic;

import io.capoflow.models.steps.Step;
import io.capoflow.schemas.GoldAnswer;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What every template shows of a rollout. All of it is disarmed: the response is the policy's, and
 * questions and solutions come from files. Stateless and thread-safe.
 */
public final class PromptFields {
  /** Shown in place of a reference where neither a solution nor an answer is known. */
  public static final String NO_REFERENCE = "(none is known; work out for yourself what is right)";

  private PromptFields() {}

  /** What the problem asks: the user's messages, or all of them where no role is "user". */
  public static String question(Problem problem) {
    return Escapes.disarm(plainQuestion(problem));
  }

  /** The same, not disarmed: to be kept and not to be shown to a critic. */
  public static String plainQuestion(Problem problem) {
    List<Message> messages = problem.getPrompt();
    boolean anyUser = messages.stream().anyMatch(message -> message.getRole().equals("user"));
    return messages.stream()
        .filter(message -> !anyUser || message.getRole().equals("user"))
        .map(message -> message.getContent().strip())
        .collect(Collectors.joining("\n\n"));
  }

  /**
   * The worked solution, the bare answer where none is known, or {@link #NO_REFERENCE} where
   * neither is.
   */
  public static String reference(Problem problem) {
    return Escapes.disarm(rawReference(problem));
  }

  /** The same, not disarmed. */
  static String rawReference(Problem problem) {
    String solution = problem.getSolution();
    return solution == null
        ? GoldAnswer.of(problem).map(String::strip).orElse(NO_REFERENCE)
        : solution.strip();
  }

  /** Each step between {@code <step_i>} and {@code </step_i>}, from 0. */
  public static String taggedSteps(Rollout rollout, List<Step> steps) {
    return paragraphs(rollout, steps, "step");
  }

  /** Each step between {@code <name_i>} and {@code </name_i>}, from 0. */
  static String paragraphs(Rollout rollout, List<Step> steps, String name) {
    int[] text = rollout.getResponse().codePoints().toArray();
    return steps.stream()
        .map(
            step ->
                "<%s_%d>\n%s\n</%s_%d>"
                    .formatted(
                        name,
                        step.index(),
                        Escapes.disarm(new String(text, step.start(), step.end() - step.start())),
                        name,
                        step.index()))
        .collect(Collectors.joining("\n"));
  }

  /**
   * The prompt of a template that shows three things of a rollout.
   *
   * @param template with a {@code %s} for the question, the reference and the tagged steps each
   */
  static List<Message> questionReferenceAndSteps(
      String template, Rollout rollout, List<Step> steps) {
    return oneUserMessage(
        template.formatted(
            question(rollout.getProblem()),
            reference(rollout.getProblem()),
            taggedSteps(rollout, steps)));
  }

  /** The whole prompt as one message of the user. */
  public static List<Message> oneUserMessage(String content) {
    return List.of(Message.newBuilder().setRole("user").setContent(content).build());
  }
}
