package io.capoflow.runners.cli;

import io.capoflow.schemas.Extensions;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.verify.VerifierTable;
import io.capoflow.verifiers.CompositeVerifier;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import io.capoflow.verifiers.VerifierOptions.Mode;
import java.util.List;
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

  String name() {
    return verifier;
  }

  /**
   * The verifier of that name.
   *
   * @throws UserMistake when there is none
   */
  Verifier verifier() {
    return Extensions.named(Verifier.class, Verifier::name, "verifier", verifier);
  }

  /**
   * The options.
   *
   * @throws UserMistake when the table of sources is none, or goes with another verifier
   */
  VerifierOptions options() {
    if (!bySource.isEmpty() && !verifier.equals(CompositeVerifier.NAME)) {
      throw new UserMistake(
          "--by-source goes with --verifier by_source, not with " + verifier + "; drop one");
    }
    try {
      return new VerifierOptions(mode, 0).withBySource(VerifierTable.parse(bySource));
    } catch (UserMistake wrong) {
      throw new UserMistake("--by-source: " + wrong.getMessage(), wrong);
    }
  }
}
