package io.capoflow.verifiers;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.verifiers.fuzz.FuzzInput;
import io.capoflow.verifiers.fuzz.FuzzInputs;
import io.capoflow.verifiers.fuzz.HostileInputs;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The short run of the fuzzing that benchmarks/run VerifierFuzz does at length. */
class FuzzTest {
  private static final int INPUTS = 20_000;
  private static final List<VerifierOptions> OPTIONS =
      List.of(VerifierOptions.strict(), new VerifierOptions(VerifierOptions.Mode.LENIENT, 7));

  @Test
  void everyVerifierAnswersEveryRandomInputWithinItsFuel() {
    FuzzInputs inputs = new FuzzInputs(1);
    Map<String, Integer> kinds = new HashMap<>();
    for (int i = 0; i < INPUTS; i++) {
      FuzzInput input = inputs.at(i);
      kinds.merge(input.kind(), 1, Integer::sum);
      requireAnswers(input, OPTIONS.get(i % 2));
    }
    assertThat(kinds).containsKeys("grammar", "mutation", "tokens", "characters", "power tower");
    assertThat(kinds.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(INPUTS);
  }

  /** What a longer run found: a value that only a comparison shows to be undefined. */
  @Test
  void whatIsUndefinedOnlyWhenComparedEqualsNothing() {
    FuzzInput input = new FuzzInputs(0).at(58_137);
    OPTIONS.forEach(options -> requireAnswers(input, options));
  }

  @Test
  void everyVerifierAnswersEveryHostileInput() {
    for (FuzzInput input : HostileInputs.all()) {
      OPTIONS.forEach(options -> requireAnswers(input, options));
    }
    assertThat(HostileInputs.all()).anySatisfy(input -> assertThat(route(input)).isEqualTo("fuel"));
  }

  @Test
  void hostileInputsHaveNamesOfTheirOwn() {
    List<String> names = HostileInputs.all().stream().map(FuzzInput::kind).toList();
    assertThat(names).doesNotHaveDuplicates();
    assertThat(HostileInputs.all())
        .anySatisfy(input -> assertThat(input.response().length()).isGreaterThan(4_000_000));
  }

  @Test
  void anInputDependsOnSeedAndIndexAlone() {
    FuzzInputs one = new FuzzInputs(5);
    FuzzInputs again = new FuzzInputs(5);
    List<FuzzInput> forwards = LongStream.range(0, 300).mapToObj(one::at).toList();
    for (int i = 299; i >= 0; i--) {
      assertThat(again.at(i)).isEqualTo(forwards.get(i));
    }
    assertThat(new FuzzInputs(6).at(0)).isNotEqualTo(forwards.get(0));
    assertThat(Set.copyOf(forwards)).hasSizeGreaterThan(280);
  }

  private static String route(FuzzInput input) {
    return new MathVerifier().verify(input.response(), input.gold(), OPTIONS.get(0)).route();
  }

  private static void requireAnswers(FuzzInput input, VerifierOptions options) {
    for (Verifier verifier : Verifiers.all().values()) {
      Verification verification = verifier.verify(input.response(), input.gold(), options);
      assertThat(verification.reason())
          .as(verifier.name())
          .isIn(
              Reason.CORRECT,
              Reason.WRONG,
              Reason.NO_ANSWER,
              Reason.BAD_BOX,
              Reason.TRUNCATED,
              Reason.LIMIT,
              Reason.GOLD_UNPARSED);
      assertThat(verification.correct()).isEqualTo(verification.reason() == Reason.CORRECT);
      Fuel.requireAccounted(verification);
      verifier.normalForm(input.gold(), options);
    }
  }
}
