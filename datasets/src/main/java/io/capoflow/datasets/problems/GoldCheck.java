package io.capoflow.datasets.problems;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Problem;
import io.capoflow.schemas.UserMistake;
import io.capoflow.verifiers.Reason;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.util.List;
import java.util.Optional;

/**
 * Whether a gold answer answers itself: one that does not would mark every response wrong.
 *
 * @param verifier the one that will reward responses
 * @param options as it will be asked
 */
public record GoldCheck(Verifier verifier, VerifierOptions options) {
  public GoldCheck {
    requireNonNull(verifier, "verifier");
    requireNonNull(options, "options");
  }

  /**
   * Refuses problems that were not read with this check, of which one's gold answer does not answer
   * itself: every response to it would count as wrong.
   *
   * @param setting where the user chose the verifier, for the error to name
   * @throws UserMistake with the first such problem
   */
  public void requireAll(List<Problem> problems, String setting) {
    for (Problem problem : problems) {
      objection(problem)
          .ifPresent(
              objection -> {
                throw new UserMistake(
                    setting
                        + ": problem "
                        + problem.getProblemId()
                        + ": "
                        + objection
                        + "; name another verifier");
              });
    }
  }

  /** What is wrong with the problem's gold answer, if anything. */
  Optional<String> objection(Problem problem) {
    Verifier judge = verifier.forSource(problem.getSource(), options);
    return fault(judge, problem.getAnswer(), options)
        .map(
            reason ->
                "answer: the verifier "
                    + judge.name()
                    + " does not accept it as equal to itself ("
                    + reason
                    + ")"
                    + advice(judge, reason));
  }

  /** Somebody else's verifier that can read the gold answer may look for answers in no box. */
  private static String advice(Verifier judge, String reason) {
    boolean ours = judge.getClass().getPackage().equals(Verifier.class.getPackage());
    return ours || reason.equals(Reason.GOLD_UNPARSED.name())
        ? ""
        : ", tried with what rightResponse of "
            + judge.getClass().getName()
            + " gives: override it where right answers look otherwise";
  }

  /**
   * Why a verifier does not accept {@linkplain Verifier#rightResponse what it says} answers a gold
   * answer rightly; empty where it does. A verifier that throws does not.
   */
  public static Optional<String> fault(Verifier judge, String gold, VerifierOptions options) {
    try {
      Verification verification = judge.verify(judge.rightResponse(gold), gold, options);
      return verification.correct() ? Optional.empty() : Optional.of(verification.reason().name());
    } catch (RuntimeException | StackOverflowError | LinkageError e) {
      return Optional.of(e.getClass().getName());
    }
  }
}
