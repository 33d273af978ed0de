package io.capoflow.datasets.rollouts;

import static java.util.Objects.requireNonNull;

import io.capoflow.datasets.problems.ProblemIntake;
import io.capoflow.datasets.problems.ProblemSet;
import io.capoflow.datasets.problems.Questions;
import io.capoflow.schemas.GoldAnswer;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RecordClasses;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Gold answers and worked solutions of problems, found by the problem's id or else by its question.
 * They fill what a row lacks and replace nothing. All of them are in memory. Not thread-safe: it
 * counts the rows that it knows nothing of.
 */
public final class KnownProblems {
  static {
    RecordClasses.trust(); // to copy them
  }

  private final int rejected;
  private final Map<String, Problem> byId = new HashMap<>();
  private final Map<String, Problem> byQuestion = new HashMap<>();
  private long missing;

  private KnownProblems(ProblemSet set) {
    this.rejected = set.rejected().size();
    for (Problem problem : set.problems()) {
      byId.putIfAbsent(problem.getProblemId(), problem);
      byQuestion.putIfAbsent(Questions.normalised(problem.getPrompt()), problem);
    }
  }

  /**
   * Those of a file in any layout of {@link ProblemIntake}. Gold answers are taken as they are.
   *
   * @throws io.capoflow.schemas.UserMistake when it cannot be read, or holds no usable problem
   */
  public static KnownProblems read(Path file) {
    requireNonNull(file, "file");
    return new KnownProblems(ProblemIntake.withoutGoldCheck().read(file).requireUsable(1, ""));
  }

  /** How many problems are known. */
  public int count() {
    return byId.size();
  }

  /** How many rows of the file are no problems. */
  public int rejected() {
    return rejected;
  }

  /** For how many rows no problem was found so far. */
  public long missing() {
    return missing;
  }

  /**
   * A problem with what is known of it filled in: the gold answer where it has none, and the
   * solution where it has none and its gold answer is the known one.
   *
   * @param problem of a row; its id is blank where the source has none
   * @param sourceId how the source names the row
   */
  Problem filled(Problem problem, Optional<String> sourceId) {
    Optional<Problem> known = find(problem, sourceId);
    missing += known.isEmpty() ? 1 : 0;
    return known.map(found -> filled(problem, found)).orElse(problem);
  }

  private static Problem filled(Problem problem, Problem known) {
    Optional<String> own = GoldAnswer.of(problem).map(String::strip);
    boolean sameGold = own.map(known.getAnswer().strip()::equals).orElse(true);
    return Problem.newBuilder(problem)
        .setAnswer(own.isEmpty() ? known.getAnswer() : problem.getAnswer())
        .setSolution(
            problem.getSolution() == null && sameGold ? known.getSolution() : problem.getSolution())
        .build();
  }

  /**
   * By the problem's id, else by the row's, else by the question. Rows and problems are often
   * numbered from 0, and another list's number is another problem: an id counts where one question
   * holds the other.
   */
  private Optional<Problem> find(Problem problem, Optional<String> sourceId) {
    String question = Questions.normalised(problem.getPrompt());
    return named(problem.getProblemId(), question)
        .or(() -> sourceId.flatMap(id -> named(id, question)))
        .or(() -> Optional.ofNullable(byQuestion.get(question)));
  }

  private Optional<Problem> named(String id, String question) {
    return Optional.ofNullable(byId.get(id))
        .filter(known -> alike(question, Questions.normalised(known.getPrompt())));
  }

  private static boolean alike(String one, String other) {
    return one.contains(other) || other.contains(one);
  }
}
