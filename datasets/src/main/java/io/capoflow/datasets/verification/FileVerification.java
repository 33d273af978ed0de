package io.capoflow.datasets.verification;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.datasets.problems.GoldCheck;
import io.capoflow.datasets.problems.RejectionReason;
import io.capoflow.datasets.rows.FileRow;
import io.capoflow.datasets.rows.FileRow.Unreadable;
import io.capoflow.datasets.rows.FileRows;
import io.capoflow.datasets.rows.ParquetObjects;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.DraftFile;
import io.capoflow.transforms.verify.AnswerVerification;
import io.capoflow.transforms.verify.AnswerVerification.Timed;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Verifies a file of rows {@code {id, response, gold}}, where a {@code source} may say which
 * verifier judges, row by row and in memory that does not grow with the file. Immutable.
 */
public final class FileVerification {
  private static final int LONGEST_CONTENT = 2_000;

  private final AnswerVerification verification;

  public FileVerification(Verifier verifier, VerifierOptions options) {
    this(new AnswerVerification(verifier, options));
  }

  FileVerification(AnswerVerification verification) {
    this.verification = requireNonNull(verification, "verification");
  }

  /** Is told how far the work has come. */
  public interface Progress {
    /**
     * @param pass what is being done: verify, or columns, where the input is first read for these
     */
    void at(String pass, long done, long total, String unit);
  }

  /** A row that can be verified. */
  public record Answer(String id, String response, String gold, String source) {}

  /**
   * A gold answer that does not verify against itself.
   *
   * @param reason code of the verdict
   */
  public record BadGold(long line, String id, String reason) {}

  /**
   * Bytes of heap that the rows of a file take at most while it is read, small things left out:
   * none but for Parquet, see {@link ParquetObjects#heapToRead}.
   *
   * @throws UserMistake when the input cannot be read
   */
  public static long heapToRead(Path input) {
    AnswerFile.requireThere(input);
    return switch (RowFormat.of(input)) {
      case JSON_LINES -> 0;
      case PARQUET -> ParquetObjects.heapToRead(input);
    };
  }

  /**
   * Writes every row with its verdict, in the order of the input, and the rows that cannot be
   * verified to a file of their own. Both appear complete or not at all, the rejects first.
   *
   * @param rejects written where there are any; what was there before is deleted where not
   * @throws UserMistake when the input cannot be read, or no row of it verified; what was at the
   *     output before is left there
   */
  public VerificationSummary verify(Path input, Path output, Path rejects, Progress progress) {
    VerificationSummary.Counts counts = new VerificationSummary.Counts();
    VerdictColumns columns = new VerdictColumns(verification.options());
    try (DraftFile draft = new DraftFile(output);
        DraftFile rejected = new DraftFile(rejects)) {
      try (FileRows rows = AnswerFile.open(input, "verify", progress);
          VerifiedRows verified = writer(input, output, draft.path(), progress);
          VerifiedRows.Lines bad = new VerifiedRows.Lines(rejected.path())) {
        for (Optional<FileRow> next = rows.next(); next.isPresent(); next = rows.next()) {
          FileRow row = next.get();
          Optional<Fault> fault = fault(row);
          if (fault.isPresent()) {
            counts.reject(row.line(), fault.get());
            bad.write(rejection(row, fault.get()));
          } else {
            Answer answer = answer(row);
            Timed timed = verdict(answer);
            counts.add(answer.id(), timed);
            verified.write(row, columns.values(timed));
          }
        }
      }
      VerificationSummary summary = counts.summary();
      if (summary.rejected() > 0) {
        rejected.commit();
      }
      if (summary.verified() == 0 && summary.rejected() > 0) {
        throw new UserMistake(
            "%s: none of %d rows can be verified; the first, on line %s; mend them (all in %s)%s"
                .formatted(
                    input,
                    summary.rejected(),
                    summary.firstRejected().orElseThrow(),
                    rejects,
                    Files.exists(output) ? "; " + output + " is left as it was" : ""));
      }
      draft.commit();
      if (summary.rejected() == 0) {
        Files.deleteIfExists(rejects);
      }
      return summary;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + output, e);
    }
  }

  /**
   * The first row of that id.
   *
   * @throws UserMistake when there is none
   */
  public static Answer find(Path input, String id) {
    try (FileRows rows = AnswerFile.open(input)) {
      for (Optional<FileRow> row = rows.next(); row.isPresent(); row = rows.next()) {
        if (fault(row.get()).isEmpty() && answer(row.get()).id().equals(id)) {
          return answer(row.get());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + input, e);
    }
    throw new UserMistake(input + ": has no row that can be verified with the id '" + id + "'");
  }

  /**
   * Verifies every gold answer against itself.
   *
   * @param most how many bad ones are listed
   * @return rows looked at, bad ones counted, the first of them
   */
  public GoldReport checkGolds(Path input, int most, Progress progress) {
    List<BadGold> first = new ArrayList<>();
    long bad = 0;
    long seen = 0;
    try (FileRows rows = AnswerFile.open(input, "verify", progress)) {
      for (Optional<FileRow> next = rows.next(); next.isPresent(); next = rows.next()) {
        FileRow row = next.get();
        Optional<String> reason = goldFault(row);
        if (reason.isPresent()) {
          bad++;
          if (first.size() < most) {
            first.add(new BadGold(row.line(), idOf(row), reason.get()));
          }
        }
        seen++;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + input, e);
    }
    return new GoldReport(seen, bad, first);
  }

  /**
   * What a check of gold answers found.
   *
   * @param first some of the bad ones, in file order
   */
  public record GoldReport(long rows, long bad, List<BadGold> first) {
    public GoldReport {
      first = List.copyOf(first);
    }
  }

  /** The verdict on an answer, with who gave it. */
  public Timed verdict(Answer answer) {
    return verification.verify(answer.id(), answer.source(), answer.response(), answer.gold());
  }

  /**
   * Why a row cannot be verified.
   *
   * @param reason {@code MALFORMED} or {@code MISSING_FIELD}
   * @param detail what is wrong, in words
   */
  record Fault(RejectionReason reason, String detail) {}

  static Optional<Fault> fault(FileRow row) {
    if (row instanceof Unreadable unreadable) {
      return Optional.of(new Fault(RejectionReason.MALFORMED, unreadable.fault()));
    }
    for (String column : List.of("id", "response", "gold")) {
      boolean there =
          column.equals("response") ? row.value(column).isTextual() : row.text(column).isPresent();
      if (!there) {
        String what =
            row.value(column).isMissingNode() || row.value(column).isNull()
                ? "is absent"
                : "is no text";
        return Optional.of(new Fault(RejectionReason.MISSING_FIELD, column + ": " + what));
      }
    }
    return Optional.empty();
  }

  private Optional<String> goldFault(FileRow row) {
    if (row instanceof Unreadable unreadable) {
      return Optional.of(RejectionReason.MALFORMED + ": " + unreadable.fault());
    }
    Optional<String> gold = row.text("gold");
    return gold.isEmpty()
        ? Optional.of(RejectionReason.MISSING_FIELD + ": gold")
        : GoldCheck.fault(
            verification.judge(row.text("source").orElse("")), gold.get(), verification.options());
  }

  private static String idOf(FileRow row) {
    return row instanceof Unreadable ? "" : row.text("id").orElse("");
  }

  private static Answer answer(FileRow row) {
    return new Answer(
        row.text("id").orElseThrow(),
        row.text("response").orElseThrow(),
        row.text("gold").orElseThrow(),
        row.text("source").orElse(""));
  }

  private static VerifiedRows writer(Path input, Path output, Path draft, Progress progress)
      throws IOException {
    return switch (RowFormat.of(output)) {
      case JSON_LINES -> new VerifiedRows.Lines(draft);
      case PARQUET -> new VerifiedRows.Records(input, draft, () -> JsonColumns.of(input, progress));
    };
  }

  private static ObjectNode rejection(FileRow row, Fault fault) {
    String content =
        row instanceof Unreadable unreadable ? unreadable.content() : row.json().toString();
    return JsonNodeFactory.instance
        .objectNode()
        .put("line", row.line())
        .put("reason", fault.reason().name())
        .put("detail", fault.detail())
        .put(
            "content",
            content.length() <= LONGEST_CONTENT ? content : content.substring(0, LONGEST_CONTENT));
  }
}
