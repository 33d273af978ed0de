package io.capoflow.worlds.arithmetic;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.worlds.truth.SolutionTruth;
import io.capoflow.worlds.truth.StepOracle;
import java.util.List;
import org.junit.jupiter.api.Test;

class SloppyTeacherTest {
  private static final ArithmeticWorld WORLD = new ArithmeticWorld(0);

  @Test
  void equalSeedsTeachEqualMistakes() {
    for (int i = 0; i < 200; i++) {
      ArithmeticProblem problem = WORLD.content(ArithmeticSplit.POLICY_WARM_START, i);
      assertThat(new SloppyTeacher(5).solve(problem, SloppyTeacher.Mood.USUAL, new Dice("d", i)))
          .isEqualTo(
              new SloppyTeacher(5).solve(problem, SloppyTeacher.Mood.USUAL, new Dice("d", i)));
    }
  }

  @Test
  void mistakesAreInResultsOnlyAndAboutOneStepInFive() {
    SloppyTeacher teacher = new SloppyTeacher(789);
    int steps = 0;
    int wrong = 0;
    for (int i = 0; i < 2000; i++) {
      ArithmeticProblem problem = WORLD.content(ArithmeticSplit.POLICY_WARM_START, i);
      String response = teacher.solve(problem, SloppyTeacher.Mood.USUAL, new Dice("d", i));
      SolutionTruth truth = ArithmeticSteps.judge(problem, split(response));
      assertThat(truth.steps()).hasSize(problem.operations().size() + 1);
      assertThat(truth.wrongSteps()).doesNotContain(problem.operations().size());
      assertThat(truth.misnumberedSteps()).isZero();
      steps += problem.operations().size();
      wrong += truth.wrongSteps().size();
    }
    assertThat(wrong / (double) steps).isBetween(0.15, 0.30);
  }

  @Test
  void aThirdOfTheStepsForTheCriticAreWrong() {
    SpoiledSolutions solutions = new SpoiledSolutions(new SloppyTeacher(789));
    int steps = 0;
    int wrong = 0;
    for (int i = 0; i < 3000; i++) {
      ArithmeticProblem problem = WORLD.content(ArithmeticSplit.CRITIC_WARM_START, i);
      List<String> texts = split(solutions.response(problem, new Dice("c", i)));
      steps += texts.size();
      wrong += ArithmeticSteps.judge(problem, texts).wrongSteps().size();
    }
    assertThat(wrong / (double) steps).isBetween(0.28, 0.38);
  }

  private static List<String> split(String response) {
    return StepOracle.texts(response, new BlankLineSplitter().split(response));
  }
}
