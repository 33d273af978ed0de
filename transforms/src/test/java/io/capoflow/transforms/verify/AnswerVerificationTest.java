package io.capoflow.transforms.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.TestRollouts;
import io.capoflow.verifiers.Reason;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class AnswerVerificationTest {
  @Test
  void aVerdictSaysWhatTheVerifierSaid() {
    Verdict verdict =
        verdict(
            () ->
                new Verification(true, Reason.CORRECT, Optional.of("4"), "box", "Integer", "n", 1));

    assertThat(verdict.getOutcome()).isEqualTo(1);
    assertThat(verdict.getReason()).isEqualTo("CORRECT");
    assertThat(verdict.getExtracted()).isEqualTo("4");
  }

  @Test
  void aVerifierThatThrowsGivesAWrongVerdictThatNamesTheFault() {
    Verdict verdict =
        verdict(
            () -> {
              throw new ArithmeticException("of model text");
            });

    assertFault(verdict, "java.lang.ArithmeticException");
    assertThat(verdict.getVerifier()).isEqualTo("third_party/2");
  }

  @Test
  void aVerifierThatIsCancelledGivesNoVerdict() {
    for (boolean answers : new boolean[] {true, false}) {
      assertThatThrownBy(
              () ->
                  verdict(
                      () -> {
                        Thread.currentThread().interrupt();
                        if (answers) {
                          return null;
                        }
                        throw new IllegalStateException("interrupted");
                      }))
          .isInstanceOf(Cancelled.class);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void aVerifierThatRecursesWithoutEndGivesAWrongVerdict() {
    assertFault(
        verdict(
            () -> {
              throw new StackOverflowError();
            }),
        "java.lang.StackOverflowError");
  }

  @Test
  void aVerifierThatReturnsNothingGivesAWrongVerdict() {
    assertFault(verdict(() -> null), "java.lang.NullPointerException");
  }

  @Test
  void aVerifierThatCannotPickAnotherGivesAWrongVerdictUnderItsOwnName() {
    Verdict thrown =
        verdictOfPicked(
            () -> {
              throw new IllegalStateException("no such source");
            });
    assertFault(thrown, "java.lang.IllegalStateException");
    assertThat(thrown.getVerifier()).isEqualTo("picker/1");
    assertFault(verdictOfPicked(() -> null), "java.lang.NullPointerException");
  }

  private static Verdict verdictOfPicked(Supplier<Verifier> picked) {
    return new AnswerVerification(new Picker(picked), VerifierOptions.strict())
        .verify(TestRollouts.stopped(0, "4"));
  }

  private static void assertFault(Verdict verdict, String route) {
    assertThat(verdict.getOutcome()).isZero();
    assertThat(verdict.getReason()).isEqualTo("FAULT");
    assertThat(verdict.getRoute()).isEqualTo(route);
    assertThat(verdict.getExtracted()).isNull();
    assertThat(verdict.getGoldType()).isEqualTo("none");
  }

  private static Verdict verdict(Supplier<Verification> behaviour) {
    return new AnswerVerification(new ThirdParty(behaviour), VerifierOptions.strict())
        .verify(TestRollouts.stopped(0, "4"));
  }

  private record Picker(Supplier<Verifier> picked) implements Verifier {
    @Override
    public String name() {
      return "picker";
    }

    @Override
    public String version() {
      return "1";
    }

    @Override
    public Verifier forSource(String source, VerifierOptions options) {
      return picked.get();
    }

    @Override
    public Verification verify(String response, String gold, VerifierOptions options) {
      return new Verification(true, Reason.CORRECT, Optional.empty(), "box", "Integer", "n", 1);
    }
  }

  private record ThirdParty(Supplier<Verification> behaviour) implements Verifier {
    @Override
    public String name() {
      return "third_party";
    }

    @Override
    public String version() {
      return "2";
    }

    @Override
    public Verification verify(String response, String gold, VerifierOptions options) {
      return behaviour.get();
    }
  }
}
