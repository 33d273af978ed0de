package io.capoflow.settings.recipe;

import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.InvalidSetting;
import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.KeyKind;
import io.capoflow.transforms.verify.VerifierTable;
import io.capoflow.verifiers.CompositeVerifier;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.util.List;

/** Deciding whether an answer is right. */
public record VerifySection(
    @Key(doc = "Verifier", defaults = "math", extension = Verifier.class) String verifier,
    @Key(
            doc = "How far the search for an answer may reach: strict for rewards",
            defaults = "strict")
        VerifierOptions.Mode mode,
    @Key(
            doc =
                "Whether what stands in a response's last pair of answer tags goes before any other"
                    + " answer in it",
            defaults = "false")
        boolean answerTag,
    @Key(
            doc =
                "Significant digits that a decimal must show to stand for an exact answer that no"
                    + " decimal equals, such as 1/3; read by math",
            defaults = "6",
            range = "[1, )")
        int approxDigits,
    @Key(
            doc =
                "Whether a number must be written out, so that 2^{10} is no answer where 1024 is"
                    + " asked for; read by math",
            defaults = "false")
        boolean literalOnly,
    @Key(
            doc =
                "With verifier: by_source, a verifier for each source of problems, as"
                    + " [gsm8k=numeric, \"*=math\"]; * is every other source")
        List<String> bySource,
    @Key(
            doc =
                "Share of an iteration's, or a dataset's, verdicts above which faults of the verifier"
                    + " stop the run, before its policy or the dataset is committed",
            defaults = "0.05",
            range = "[0, 1]",
            kind = KeyKind.EXECUTION)
        double maxFaultShare) {
  public VerifySection {
    if (!bySource.isEmpty() && !verifier.equals(CompositeVerifier.NAME)) {
      throw new InvalidSetting(
          "by_source",
          "is set, but verify.verifier is " + verifier + "; write verifier: by_source");
    }
    try {
      VerifierTable.parse(bySource);
    } catch (UserMistake wrong) {
      throw new InvalidSetting("by_source", wrong.getMessage());
    }
  }

  /** As the verifier takes them; its random evaluation points are fixed. */
  public VerifierOptions options() {
    return new VerifierOptions(
        mode, 0, answerTag, approxDigits, literalOnly, VerifierTable.parse(bySource));
  }
}
