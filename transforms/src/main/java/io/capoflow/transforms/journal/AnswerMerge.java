package io.capoflow.transforms.journal;

import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.PriorityQueue;

/** Answers of several files in order, of each key the one that counts. For one thread. */
final class AnswerMerge implements Iterator<KeptAnswer> {
  private final PriorityQueue<Cursor> cursors;
  private Optional<KeptAnswer> next;
  private long duplicates;
  private long lastWritten;

  private record Cursor(KeptAnswer head, Iterator<KeptAnswer> rest) {}

  /**
   * Begins.
   *
   * @param files answers of each, sorted by key
   */
  AnswerMerge(List<? extends Iterator<KeptAnswer>> files) {
    cursors =
        new PriorityQueue<>(
            Comparator.comparing(
                Cursor::head, KeptAnswer.BY_KEY.thenComparing(KeptAnswer.BY_RIGHT)));
    files.forEach(this::advance);
    next = counting();
  }

  private void advance(Iterator<KeptAnswer> rest) {
    if (rest.hasNext()) {
      cursors.add(new Cursor(rest.next(), rest));
    }
  }

  private Optional<KeptAnswer> counting() {
    Optional<KeptAnswer> first = take();
    if (first.isPresent()) {
      while (!cursors.isEmpty()
          && KeptAnswer.BY_KEY.compare(cursors.peek().head(), first.get()) == 0) {
        KeptAnswer other = take().orElseThrow();
        // The same one twice is no duplicate: a compaction that was killed left it in two files.
        if (KeptAnswer.BY_RIGHT.compare(other, first.get()) != 0) {
          duplicates++;
        }
      }
    }
    return first;
  }

  private Optional<KeptAnswer> take() {
    Cursor cursor = cursors.poll();
    if (cursor == null) {
      return Optional.empty();
    }
    lastWritten = Math.max(lastWritten, cursor.head().written());
    advance(cursor.rest());
    return Optional.of(cursor.head());
  }

  /** Answers so far that lost against another one with their key. */
  long duplicates() {
    return duplicates;
  }

  /** The latest time at which one so far was written. */
  long lastWritten() {
    return lastWritten;
  }

  @Override
  public boolean hasNext() {
    return next.isPresent();
  }

  @Override
  public KeptAnswer next() {
    KeptAnswer answer = next.orElseThrow(NoSuchElementException::new);
    next = counting();
    return answer;
  }
}
