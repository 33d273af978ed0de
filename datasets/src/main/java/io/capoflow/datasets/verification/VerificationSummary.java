package io.capoflow.datasets.verification;

import io.capoflow.transforms.verify.AnswerVerification;
import io.capoflow.transforms.verify.AnswerVerification.Timed;
import io.capoflow.verifiers.Reason;
import io.capoflow.verifiers.Verification;
import java.util.Collections;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What verifying a file came to.
 *
 * @param verified rows with a verdict
 * @param correct of these
 * @param rejected rows that could not be verified
 * @param rowsByReason verified rows by the reason code of their verdict
 * @param firstRejected the first bad row: its line and what is wrong
 * @param firstGoldUnparsed the id of the first row whose gold answer could not be read
 * @param slow verdicts that took longer than they should, see {@link AnswerVerification}
 * @param slowest of these
 */
public record VerificationSummary(
    long verified,
    long correct,
    long rejected,
    SortedMap<String, Long> rowsByReason,
    Optional<String> firstRejected,
    Optional<String> firstGoldUnparsed,
    long slow,
    Optional<SlowRow> slowest) {
  /** A row by its id, and how long its verdict took. */
  public record SlowRow(String id, long micros) {}

  public VerificationSummary {
    rowsByReason = Collections.unmodifiableSortedMap(new TreeMap<>(rowsByReason));
  }

  /** Counts up. Not thread-safe. */
  static final class Counts {
    private final TreeMap<String, Long> byReason = new TreeMap<>();
    private long verified;
    private long correct;
    private long rejected;
    private Optional<String> firstRejected = Optional.empty();
    private Optional<String> firstGoldUnparsed = Optional.empty();
    private long slow;
    private Optional<SlowRow> slowest = Optional.empty();

    void add(String id, Timed timed) {
      Verification verification = timed.verification();
      verified++;
      correct += verification.correct() ? 1 : 0;
      byReason.merge(verification.reason().name(), 1L, Long::sum);
      if (verification.reason() == Reason.GOLD_UNPARSED && firstGoldUnparsed.isEmpty()) {
        firstGoldUnparsed = Optional.of(id);
      }
      if (timed.slow()) {
        slow++;
        if (slowest.isEmpty() || timed.micros() > slowest.get().micros()) {
          slowest = Optional.of(new SlowRow(id, timed.micros()));
        }
      }
    }

    void reject(long line, FileVerification.Fault fault) {
      rejected++;
      if (firstRejected.isEmpty()) {
        firstRejected = Optional.of(line + ", " + fault.reason() + ": " + fault.detail());
      }
    }

    VerificationSummary summary() {
      return new VerificationSummary(
          verified, correct, rejected, byReason, firstRejected, firstGoldUnparsed, slow, slowest);
    }
  }
}
