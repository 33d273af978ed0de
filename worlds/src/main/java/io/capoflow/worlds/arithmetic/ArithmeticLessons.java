package io.capoflow.worlds.arithmetic;

import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.schemas.Message;
import io.capoflow.worlds.lessons.Lesson;
import io.capoflow.worlds.lessons.Lessons;
import io.capoflow.worlds.lessons.NewTokenizer;
import io.capoflow.worlds.truth.StepOracle;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What policy and critic of the arithmetic world learn before reinforcement learning. */
public final class ArithmeticLessons {
  private ArithmeticLessons() {}

  /**
   * The policy's: a sloppy teacher's solutions.
   *
   * @param teacherSeed decides the teacher's misconceptions
   * @param seed decides the problems and where the teacher errs
   */
  public static Lessons policy(long teacherSeed, long seed) {
    SloppyTeacher teacher = new SloppyTeacher(teacherSeed);
    ArithmeticWorld world = new ArithmeticWorld(seed);
    return new Course() {
      @Override
      public Lesson at(int index) {
        ArithmeticProblem problem = world.content(ArithmeticSplit.POLICY_WARM_START, index);
        Dice dice = new Dice("policy-lesson", seed, index);
        return lesson(problem.text(), teacher.solve(problem, SloppyTeacher.Mood.USUAL, dice));
      }
    };
  }

  /** The critic's: faultless critiques of spoiled solutions. Seeds as for {@link #policy}. */
  public static Lessons critic(long teacherSeed, long seed) {
    SpoiledSolutions solutions = new SpoiledSolutions(new SloppyTeacher(teacherSeed));
    ArithmeticWorld world = new ArithmeticWorld(seed);
    BlankLineSplitter splitter = new BlankLineSplitter();
    return new Course() {
      @Override
      public Lesson at(int index) {
        ArithmeticProblem problem = world.content(ArithmeticSplit.CRITIC_WARM_START, index);
        String response = solutions.response(problem, new Dice("critic-lesson", seed, index));
        List<String> steps = StepOracle.texts(response, splitter.split(response));
        return lesson(
            ArithmeticTongue.prompt(problem.text(), steps),
            ArithmeticTongue.critique(problem, steps));
      }
    };
  }

  private abstract static class Course implements Lessons {
    @Override
    public Optional<NewTokenizer> tokenizer() {
      return Optional.of(new ArithmeticTokenizer());
    }

    static Lesson lesson(String prompt, String completion) {
      return new Lesson(List.of(new Message("user", prompt)), completion);
    }
  }

  private static final class ArithmeticTokenizer implements NewTokenizer {
    @Override
    public void write(Path directory) {
      ArithmeticVocabulary.write(directory);
    }

    @Override
    public int bosTokenId() {
      return ArithmeticVocabulary.BOS;
    }

    @Override
    public int eosTokenId() {
      return ArithmeticVocabulary.EOS;
    }

    @Override
    public int padTokenId() {
      return ArithmeticVocabulary.PAD;
    }
  }
}
