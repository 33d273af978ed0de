package io.capoflow.worlds.arithmetic;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.worlds.truth.SolutionTruth;
import io.capoflow.worlds.truth.StepOracle;
import io.capoflow.worlds.truth.StepTruth;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ArithmeticStepsTest {
  static {
    // To copy a record is to have Avro make its parts.
    RecordClasses.trust();
  }

  /** Start at 74; add 6 and 9, subtract 9 and 5. */
  static final ArithmeticProblem PROBLEM =
      new ArithmeticProblem(
          74,
          List.of(
              Operation.parse("+6"),
              Operation.parse("+9"),
              Operation.parse("-9"),
              Operation.parse("-5")));

  @Test
  void theWorkedSolutionIsRight() {
    SolutionTruth truth = judge(PROBLEM.solution());
    assertThat(truth.wrongSteps()).isEmpty();
    assertThat(truth.stepCorrectness()).isEqualTo(1);
    assertThat(truth.steps()).hasSize(5);
    assertThat(truth.steps().get(4).kind()).isEqualTo(StepTruth.Kind.ANSWER);
  }

  @Test
  void aStepIsJudgedOnItsOwnGivenTheStepBefore() {
    SolutionTruth truth =
        judge("1. 74+6=80\n\n2. 80+9=89\n\n3. 89-9=81\n\n4. 81-5=76\n\n\\boxed{76}");
    assertThat(truth.wrongSteps()).containsExactly(2);
    assertThat(truth.stepCorrectness()).isEqualTo(0.75);
  }

  @Test
  void wrongCopiesAreWrongThoughTheirArithmeticIsRight() {
    assertThat(wrong("1. 75+6=81\n\n2. 81+9=90\n\n3. 90-9=81\n\n4. 81-5=76\n\n\\boxed{76}"))
        .containsExactly(0);
    assertThat(wrong("1. 74+6=80\n\n2. 80+8=88\n\n3. 88-9=79\n\n4. 79+5=84\n\n\\boxed{84}"))
        .containsExactly(1, 3);
  }

  @Test
  void numberingIsReportedApart() {
    SolutionTruth truth =
        judge("1. 74+6=80\n\n1. 80+9=89\n\n3. 89-9=80\n\n4. 80-5=75\n\n\\boxed{75}");
    assertThat(truth.wrongSteps()).containsExactly(1);
    assertThat(truth.steps().get(1)).isEqualTo(new StepTruth(StepTruth.Kind.WORK, true, false));
    assertThat(truth.misnumberedSteps()).isEqualTo(1);
    assertThat(truth.stepCorrectness()).isEqualTo(1);
  }

  @Test
  void theBoxHoldsTheLastStatedResultNotTheTrueOne() {
    assertThat(wrong("1. 74+6=80\n\n2. 80+9=89\n\n3. 89-9=81\n\n4. 81-5=76\n\n\\boxed{75}"))
        .containsExactly(2, 4);
  }

  @Test
  void skippingStepsCannotWin() {
    SolutionTruth early = judge("1. 74+6=80\n\n\\boxed{80}");
    assertThat(early.wrongSteps()).containsExactly(1);
    assertThat(early.stepCorrectness()).isEqualTo(0.25);
    assertThat(judge("\\boxed{75}").wrongSteps()).containsExactly(0);
    assertThat(judge("\\boxed{75}").stepCorrectness()).isZero();
    assertThat(judge("").steps()).isEmpty();
  }

  @Test
  void workBeyondTheProblemAndASecondAnswerAreWrong() {
    assertThat(wrong(PROBLEM.solution() + "\n\n\\boxed{75}")).containsExactly(5);
    assertThat(wrong(PROBLEM.solution() + "\n\n6. 75+6=81")).containsExactly(5);
    assertThat(wrong("1. 74+6=80\n\n2. 80+9=89\n\n3. 89-9=80\n\n4. 80-5=75\n\n5. 75+2=77"))
        .containsExactly(4);
  }

  @Test
  void afterAnUnreadableStepTheNextStartIsTakenOnTrust() {
    SolutionTruth truth = judge("1. 74+6=80\n\n2. 80+=\n\n3. 88-9=79\n\n4. 79-5=74\n\n\\boxed{74}");
    assertThat(truth.wrongSteps()).containsExactly(1);
    assertThat(truth.steps().get(1).kind()).isEqualTo(StepTruth.Kind.UNREADABLE);
  }

  @Test
  void theOracleIsFoundByItsSource() {
    assertThat(StepOracle.of("arithmetic")).containsInstanceOf(ArithmeticSteps.class);
    assertThat(StepOracle.of("gsm8k")).isEmpty();
  }

  @Test
  void aProblemThatOnlyBorrowsTheSourcesNameIsUnknown() {
    List<Map<String, String>> foreign =
        List.of(
            Map.of(),
            Map.of("start", "1"),
            Map.of("operations", "+1"),
            Map.of("start", "one", "operations", "+1"),
            Map.of("start", "", "operations", "+1"),
            Map.of("start", "99999999999", "operations", "+1"),
            Map.of("start", "1", "operations", ""),
            Map.of("start", "1", "operations", "+"),
            Map.of("start", "1", "operations", "*2"),
            Map.of("start", "1", "operations", "+1,"),
            Map.of("start", "1", "operations", "+1,,+2"),
            Map.of("start", "1", "operations", "+1, +2"),
            Map.of("start", "1", "operations", "+99999999999"));
    for (Map<String, String> metadata : foreign) {
      Problem problem = Problem.newBuilder(PROBLEM.toProblem("x")).setMetadata(metadata).build();
      assertThat(new ArithmeticSteps().judge(problem, List.of("1. 1+1=2")))
          .as(metadata.toString())
          .isEmpty();
    }
  }

  /** An independent reading: split at characters instead of patterns, arithmetic on its own. */
  @Property(tries = 500)
  void theOracleAgreesWithAnIndependentRecomputation(
      @ForAll long seed, @ForAll @IntRange(max = 100_000) int index) {
    ArithmeticProblem problem =
        new ArithmeticWorld(seed).content(ArithmeticSplit.CRITIC_WARM_START, index);
    String response =
        new SpoiledSolutions(new SloppyTeacher(3)).response(problem, new Dice("test", seed, index));
    List<String> steps = split(response);
    TreeSet<Integer> expected = new TreeSet<>();
    String before = Integer.toString(problem.start());
    boolean boxed = false;
    for (int i = 0; i < steps.size(); i++) {
      String step = steps.get(i);
      String claim = before;
      boolean right;
      if (step.startsWith("\\boxed{")) {
        String value = step.substring(7, step.length() - (step.endsWith("}") ? 1 : 0));
        boolean readable = step.endsWith("}") && number(value);
        right =
            readable
                && !boxed
                && i == problem.operations().size()
                && (before.isEmpty() || Integer.parseInt(value) == Integer.parseInt(before));
        boxed |= readable;
        claim = readable ? before : "";
      } else {
        int equals = step.indexOf('=');
        int dot = step.indexOf(". ");
        String left = equals > dot && dot > 0 ? step.substring(dot + 2, equals) : "";
        int sign = Math.max(left.lastIndexOf('+'), left.lastIndexOf('-'));
        boolean readable =
            sign > 0
                && digits(step.substring(0, dot))
                && number(left.substring(0, sign))
                && digits(left.substring(sign + 1))
                && number(step.substring(equals + 1));
        right = false;
        claim = "";
        if (readable) {
          int from = Integer.parseInt(left.substring(0, sign));
          int operand = Integer.parseInt(left.substring(sign + 1));
          int result = Integer.parseInt(step.substring(equals + 1));
          right =
              !boxed
                  && i < problem.operations().size()
                  && Integer.parseInt(step.substring(0, dot)) == i + 1
                  && (before.isEmpty() || Integer.parseInt(before) == from)
                  && problem
                      .operations()
                      .get(i)
                      .equals(Operation.parse(left.charAt(sign) + "" + operand))
                  && (left.charAt(sign) == '+' ? from + operand : from - operand) == result;
          claim = Integer.toString(result);
        }
      }
      if (!right) {
        expected.add(i);
      }
      before = claim;
    }
    assertThat(ArithmeticSteps.judge(problem, steps).wrongSteps()).as(response).isEqualTo(expected);
  }

  private static boolean digits(String text) {
    return !text.isEmpty()
        && text.length() <= 6
        && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static boolean number(String text) {
    return digits(text.startsWith("-") ? text.substring(1) : text);
  }

  private static java.util.SortedSet<Integer> wrong(String response) {
    return judge(response).wrongSteps();
  }

  private static SolutionTruth judge(String response) {
    return new ArithmeticSteps().judge(PROBLEM.toProblem("p"), split(response)).orElseThrow();
  }

  private static List<String> split(String response) {
    return StepOracle.texts(response, new BlankLineSplitter().split(response));
  }
}
