package io.capoflow.runners.show;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.text.HfTokenizer;
import io.capoflow.runners.show.IterationRows.Judged;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.runners.terminal.Terminal.Style;
import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.StepVote;
import io.capoflow.schemas.StepVotes;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Prints a rollout for people: the question, each step with its votes, reward and advantage, and
 * the verdict. All text of models and data is shown escaped.
 */
public final class RolloutView {
  private final Terminal terminal;
  private final boolean withCritiques;

  /**
   * A view.
   *
   * @param withCritiques whether the critics' own words are shown, too
   */
  public RolloutView(Terminal terminal, boolean withCritiques) {
    this.terminal = requireNonNull(terminal, "terminal");
    this.withCritiques = withCritiques;
  }

  /** Prints one rollout. */
  public void print(Judged judged) {
    print(judged, Optional.empty());
  }

  /**
   * Prints one rollout with the prompt that it answers.
   *
   * @param tokenizer of the policy that wrote it
   */
  public void print(Judged judged, HfTokenizer tokenizer) {
    List<Integer> ids = judged.rollout().getPromptTokenIds();
    String prompt = tokenizer.decodeAll(ids.stream().mapToInt(Integer::intValue).toArray());
    print(
        judged,
        Optional.of("  prompt    %s  (%d tokens)".formatted(Terminal.safe(prompt), ids.size())));
  }

  private void print(Judged judged, Optional<String> prompt) {
    Rollout rollout = judged.rollout();
    terminal.line(
        terminal.styled(Terminal.safe(rollout.getRolloutId()), Style.BOLD)
            + "  "
            + verdict(judged)
            + terminal.styled(
                String.format(
                    Locale.ROOT,
                    "  policy %s, %d tokens, %s",
                    Terminal.safe(rollout.getPolicyVersion()),
                    rollout.getResponseTokenIds().size(),
                    Terminal.safe(rollout.getFinishReason())),
                Style.DIM));
    terminal.line("  question  " + Terminal.safe(question(rollout)));
    prompt.ifPresent(terminal::line);
    if (judged.votes().isPresent()) {
      judged.votes().get().getSteps().forEach(step -> terminal.line(step(judged, step)));
      terminal.line("  " + terminal.styled(votes(judged.votes().get()), Style.DIM));
    } else {
      terminal.line("  response  " + Terminal.safe(rollout.getResponse()));
    }
    terminal.line("  " + terminal.styled(credit(judged.credit()), Style.DIM));
    if (withCritiques) {
      judged.critiques().forEach(critique -> terminal.line(critique(critique)));
    }
    terminal.line("");
  }

  private String verdict(Judged judged) {
    String gold = Terminal.safe(judged.rollout().getProblem().getAnswer());
    String answer =
        Optional.ofNullable(judged.verdict().getExtracted()).map(Terminal::safe).orElse("none");
    return judged.right()
        ? terminal.styled("right: " + answer, judged.flawed() ? Style.YELLOW : Style.GREEN)
        : terminal.styled(
            "wrong: "
                + answer
                + ", not "
                + gold
                + " ("
                + Terminal.safe(judged.verdict().getReason())
                + ")",
            Style.RED);
  }

  private String step(Judged judged, StepVote step) {
    String text =
        codePoints(judged.rollout().getResponse(), step.getCharStart(), step.getCharEnd());
    List<Double> rewards = judged.credit().getRewards();
    List<Double> advantages = judged.credit().getAdvantages();
    String line =
        String.format(
            Locale.ROOT,
            "  step %-3d %d/%d wrong  R %s  A %s  %s",
            step.getIndex(),
            step.getWrongVotes(),
            step.getVotes(),
            mean(rewards, step, "%5.2f"),
            mean(advantages, step, "%+6.3f"),
            Terminal.safe(text));
    if (step.getWeight() > 0) {
      return terminal.styled(line, Style.RED);
    }
    return step.getWrongVotes() > 0 ? terminal.styled(line, Style.YELLOW) : line;
  }

  private static String votes(StepVotes votes) {
    return String.format(
        Locale.ROOT,
        "vote: %s of %d critiques, %d valid%s; judgments: %d yes, %d no",
        Terminal.safe(votes.getRule()),
        votes.getCritiques(),
        votes.getValidCritiques(),
        votes.getQuorum() ? "" : ", no quorum",
        votes.getYesJudgments(),
        votes.getNoJudgments());
  }

  private static String credit(CreditedRollout credit) {
    return String.format(
        Locale.ROOT,
        "credit: %s, group of %d, mean %.3f, deviation %.3f%s%s",
        Terminal.safe(credit.getScheme()),
        credit.getGroupSize(),
        credit.getGroupMean(),
        credit.getGroupStd(),
        credit.getZeroSpread() ? ", no spread" : "",
        credit.getInLoss()
            ? ""
            : ", left out of the loss ("
                + Terminal.safe(String.valueOf(credit.getExclusionReason()))
                + ")");
  }

  private String critique(Critique critique) {
    String outcome =
        critique.getVoidReason() == null
            ? "wrong steps " + critique.getWrongSteps()
            : "void: "
                + Terminal.safe(critique.getVoidReason())
                + in("(", critique.getFailure(), ")");
    return terminal.styled(
            "  critique " + critique.getCritiqueIndex() + "  " + outcome + "  ", Style.CYAN)
        + in("[reasoning: ", critique.getReasoning(), "] ").stripLeading()
        + Terminal.safe(critique.getText());
  }

  /** A text that may be absent, behind a blank and between two others. */
  private static String in(String before, String text, String after) {
    return text == null ? "" : " " + before + Terminal.safe(text) + after;
  }

  private static String question(Rollout rollout) {
    return rollout.getProblem().getPrompt().stream()
        .map(Message::getContent)
        .collect(Collectors.joining("\n"));
  }

  private static String mean(List<Double> values, StepVote step, String pattern) {
    return values.subList(step.getTokenStart(), step.getTokenEnd()).stream()
        .mapToDouble(Double::doubleValue)
        .average()
        .stream()
        .mapToObj(mean -> String.format(Locale.ROOT, pattern, mean))
        .findFirst()
        .orElse("-");
  }

  private static String codePoints(String text, int start, int end) {
    return text.substring(text.offsetByCodePoints(0, start), text.offsetByCodePoints(0, end));
  }
}
