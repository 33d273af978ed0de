package io.capoflow.datasets.problems;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.RejectedProblem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Takes in problem files and keeps what cannot be used apart. Files read by one intake share their
 * ids and questions: read the held-out file first, and a training file that repeats one of its
 * problems has that row rejected. Not thread-safe.
 */
public final class ProblemIntake {
  private static final int LONGEST_CONTENT = 2_000;

  private final Optional<GoldCheck> goldCheck;
  private final Map<String, Place> placeOfId = new HashMap<>();
  private final Map<String, Place> placeOfQuestion = new HashMap<>();

  private record Place(Path file, long line) {
    String from(Path other) {
      return (file.equals(other) ? "line " : file + ", line ") + line;
    }
  }

  public ProblemIntake(GoldCheck goldCheck) {
    this(Optional.of(goldCheck));
  }

  private ProblemIntake(Optional<GoldCheck> goldCheck) {
    this.goldCheck = requireNonNull(goldCheck, "goldCheck");
  }

  /** An intake that takes gold answers as they are, for a reader that trusts them. */
  public static ProblemIntake withoutGoldCheck() {
    return new ProblemIntake(Optional.empty());
  }

  /**
   * Reads Parquet ({@code .parquet}), JSON lines ({@code .jsonl}) or a JSON array ({@code .json}),
   * the last two packed by gzip or not, in one of these layouts: ours, GSM8K's, verl's, TRL's. Rows
   * without an id are named after the file and their line, {@code gsm8k-train-000017}; where
   * several begin on one line, the second is {@code gsm8k-train-000017-2}.
   *
   * @throws io.capoflow.schemas.UserMistake when the file as a whole cannot be read
   */
  public ProblemSet read(Path file) {
    List<Problem> problems = new ArrayList<>();
    List<RejectedProblem> rejected = new ArrayList<>();
    RowNames names = new RowNames(file);
    for (SourceRow row : RowReader.read(file)) {
      String name = names.of(row);
      Optional<Problem> read = Optional.empty();
      try {
        read = Optional.of(problem(row, name));
        admit(read.get(), new Place(file, row.line()));
        problems.add(read.get());
      } catch (BadRowException bad) {
        rejected.add(rejection(file, row, read.map(Problem::getProblemId), bad));
      }
    }
    return new ProblemSet(file, problems, rejected);
  }

  /**
   * @param name of a row that has no id of its own
   */
  private static Problem problem(SourceRow row, String name) throws BadRowException {
    if (row.fault().isPresent()) {
      throw new BadRowException(RejectionReason.MALFORMED, row.fault().get());
    }
    Optional<ProblemLayout> layout = ProblemLayout.of(row.fields());
    if (layout.isEmpty()) {
      throw new BadRowException(
          RejectionReason.MISSING_FIELD,
          "has neither question and answer, nor problem_id, prompt and answer, nor prompt and"
              + " reward_model, nor problem and solution");
    }
    return layout.get().read(row.fields(), name);
  }

  private void admit(Problem problem, Place place) throws BadRowException {
    Optional<String> objection = goldCheck.flatMap(check -> check.objection(problem));
    if (objection.isPresent()) {
      throw new BadRowException(RejectionReason.GOLD_UNVERIFIED, objection.get());
    }
    String question = questionDigest(problem);
    Place sameId = placeOfId.get(problem.getProblemId());
    if (sameId != null) {
      throw new BadRowException(
          RejectionReason.DUPLICATE_ID,
          "id " + problem.getProblemId() + " is that of " + sameId.from(place.file()));
    }
    Place sameQuestion = placeOfQuestion.get(question);
    if (sameQuestion != null) {
      throw new BadRowException(
          RejectionReason.DUPLICATE_CONTENT, "asks the same as " + sameQuestion.from(place.file()));
    }
    placeOfId.put(problem.getProblemId(), place);
    placeOfQuestion.put(question, place);
  }

  /** Of the prompt alone, blanks apart: the same question with two answers is a duplicate, too. */
  private static String questionDigest(Problem problem) {
    List<String> parts = new ArrayList<>();
    for (Message message : problem.getPrompt()) {
      parts.add(message.getRole());
      parts.add(Questions.normalised(message.getContent()));
    }
    return Digests.ofParts(parts.toArray(String[]::new));
  }

  private static RejectedProblem rejection(
      Path file, SourceRow row, Optional<String> problemId, BadRowException bad) {
    String content = row.content();
    return RejectedProblem.newBuilder()
        .setFile(file.toString())
        .setLine(row.line())
        .setProblemId(problemId.orElse(null))
        .setReason(bad.reason().name())
        .setDetail(bad.getMessage())
        .setContent(
            content.length() <= LONGEST_CONTENT ? content : content.substring(0, LONGEST_CONTENT))
        .build();
  }
}
