package io.capoflow.pipelines.verification;

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
 */
public record VerificationSummary(
    long verified,
    long correct,
    long rejected,
    SortedMap<String, Long> rowsByReason,
    Optional<String> firstRejected,
    Optional<String> firstGoldUnparsed) {
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

    void add(String id, Verification verification) {
      verified++;
      correct += verification.correct() ? 1 : 0;
      byReason.merge(verification.reason(), 1L, Long::sum);
      if (verification.reason().equals("GOLD_UNPARSED") && firstGoldUnparsed.isEmpty()) {
        firstGoldUnparsed = Optional.of(id);
      }
    }

    void reject(long line, FileVerification.Fault fault) {
      rejected++;
      if (firstRejected.isEmpty()) {
        firstRejected = Optional.of(line + ", " + fault.reason() + ": " + fault.detail());
      }
    }

    long rows() {
      return verified + rejected;
    }

    VerificationSummary summary() {
      return new VerificationSummary(
          verified, correct, rejected, byReason, firstRejected, firstGoldUnparsed);
    }
  }
}
