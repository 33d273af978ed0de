package io.capoflow.worlds.arithmetic;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.Problem;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ArithmeticWorldTest {
  @Property
  void problemsStayInRange(
      @ForAll long seed,
      @ForAll ArithmeticSplit split,
      @ForAll @IntRange(max = 1_000_000) int index) {
    ArithmeticProblem problem = new ArithmeticWorld(seed).content(split, index);

    assertThat(problem.start()).isBetween(2, 99);
    assertThat(problem.operations()).hasSizeBetween(4, 6);
    assertThat(problem.operations()).allMatch(op -> op.operand() >= 2 && op.operand() <= 9);
    assertThat(problem.values()).allMatch(value -> value >= 0 && value <= 99);
  }

  @Property(tries = 200)
  void aProblemIsAFunctionOfSeedSplitAndIndex(
      @ForAll long seed, @ForAll ArithmeticSplit split, @ForAll @IntRange(max = 1000) int index) {
    assertThat(new ArithmeticWorld(seed).problem(split, index))
        .isEqualTo(new ArithmeticWorld(seed).problem(split, index));
  }

  @Test
  void noProblemIsInTwoSplitsWhateverTheSeeds() {
    Set<String> seen = new HashSet<>();
    for (ArithmeticSplit split : ArithmeticSplit.values()) {
      Set<String> here = new HashSet<>();
      for (long seed = 0; seed < 3; seed++) {
        for (Problem problem : new ArithmeticWorld(seed).problems(split, 1500)) {
          here.add(problem.getPrompt().get(0).getContent());
        }
      }
      int before = seen.size();
      seen.addAll(here);
      assertThat(seen).hasSize(before + here.size());
    }
  }

  @Test
  void aProblemSetIsTheBeginningOfALargerOne() {
    ArithmeticWorld world = new ArithmeticWorld(7);
    assertThat(world.problems(ArithmeticSplit.TRAIN, 20).subList(0, 10))
        .isEqualTo(world.problems(ArithmeticSplit.TRAIN, 10));
  }

  @Test
  void operatorsAndLengthsAreEven() {
    ArithmeticWorld world = new ArithmeticWorld(1);
    int[] lengths = new int[7];
    int plus = 0;
    int all = 0;
    for (int i = 0; i < 3000; i++) {
      ArithmeticProblem problem = world.content(ArithmeticSplit.TRAIN, i);
      lengths[problem.operations().size()]++;
      all += problem.operations().size();
      plus +=
          (int) problem.operations().stream().filter(o -> o.operator() == Operator.PLUS).count();
    }
    assertThat(List.of(lengths[4], lengths[5], lengths[6])).allMatch(n -> n > 850 && n < 1150);
    assertThat(plus / (double) all).isBetween(0.45, 0.55);
  }

  @Test
  void aProblemReadsAsTheWorldIsDescribed() {
    ArithmeticProblem content = ArithmeticStepsTest.PROBLEM;
    Problem problem = content.toProblem("train-000123");

    assertThat(problem.getPrompt()).hasSize(1);
    assertThat(problem.getPrompt().get(0).getRole()).isEqualTo("user");
    assertThat(problem.getPrompt().get(0).getContent())
        .isEqualTo("Start at 74. Add 6. Add 9. Subtract 9. Subtract 5.");
    assertThat(problem.getAnswer()).isEqualTo("75");
    assertThat(problem.getSource()).isEqualTo("arithmetic");
    assertThat(problem.getSolution())
        .isEqualTo("1. 74+6=80\n\n2. 80+9=89\n\n3. 89-9=80\n\n4. 80-5=75\n\n\\boxed{75}");
    assertThat(ArithmeticProblem.of(problem)).contains(content);
  }

  @Test
  void idsNameSplitAndIndex() {
    assertThat(new ArithmeticWorld(0).problem(ArithmeticSplit.HELD_OUT, 7).getProblemId())
        .isEqualTo("heldout-000007");
    assertThat(new ArithmeticWorld(0).problem(ArithmeticSplit.TRAIN, 123).getProblemId())
        .isEqualTo("train-000123");
  }
}
