package io.capoflow.runners.cli;

import io.capoflow.schemas.Extensions;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.verify.VerifierTable;
import io.capoflow.verifiers.CompositeVerifier;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import io.capoflow.verifiers.VerifierOptions.Mode;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** Who judges answers and how, for every command that does. */
final class VerifierFlags {
  @Option(
      names = "--verifier",
      paramLabel = "NAME",
      defaultValue = "math",
      description =
          "Who judges the answers: math, numeric, choice, text, by_source, or your own (default:"
              + " ${DEFAULT-VALUE}).")
  private String verifier;

  @Option(
      names = "--by-source",
      paramLabel = "SOURCE=NAME",
      description =
          "With --verifier by_source: the verifier of a source; again for more, * for all others.")
  private List<String> bySource = List.of();

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      defaultValue = "STRICT",
      description =
          "How far the search for an answer may reach: strict as for rewards, or lenient"
              + " (default: strict).")
  private Mode mode;

  @Option(
      names = "--answer-tag",
      description = "The last <answer>…</answer> of a response goes before any other answer in it.")
  private boolean answerTag;

  @Option(
      names = "--approx-digits",
      paramLabel = "N",
      defaultValue = "6",
      description =
          "Significant digits that a decimal must show to stand for an exact answer that no decimal"
              + " equals, such as 1/3; read by math (default: ${DEFAULT-VALUE}).")
  private int approxDigits;

  @Option(
      names = "--literal-only",
      description =
          "A number must be written out: 2^{10} is no answer where 1024 is asked for; read by math.")
  private boolean literalOnly;

  String name() {
    return verifier;
  }

  /**
   * The verifier of that name.
   *
   * @throws UserMistake when there is none
   */
  Verifier verifier() {
    Map<String, Verifier> known = Extensions.all(Verifier.class, Verifier::name);
    if (!known.containsKey(verifier)) {
      throw new UserMistake(
          Extensions.unknown("verifier", verifier, known.keySet()).getMessage()
              + "; one of your own comes in a jar that --extensions names");
    }
    return known.get(verifier);
  }

  /**
   * The options.
   *
   * @throws UserMistake when one has no meaning, or the table of sources goes with another verifier
   */
  VerifierOptions options() {
    if (!bySource.isEmpty() && !verifier.equals(CompositeVerifier.NAME)) {
      throw new UserMistake(
          "--by-source goes with --verifier by_source, not with " + verifier + "; drop one");
    }
    if (approxDigits < 1) {
      throw new UserMistake("--approx-digits " + approxDigits + ": expects a number of at least 1");
    }
    try {
      return new VerifierOptions(
          mode, 0, answerTag, approxDigits, literalOnly, VerifierTable.parse(bySource));
    } catch (UserMistake wrong) {
      throw new UserMistake("--by-source: " + wrong.getMessage(), wrong);
    }
  }
}
