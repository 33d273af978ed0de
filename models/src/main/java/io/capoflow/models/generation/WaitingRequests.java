package io.capoflow.models.generation;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The requests of a call that are not decoded yet, and when they are admitted: by the lengths of
 * their prompts and by how many rows are open, and by nothing else. The longest prompts come first,
 * so that those read together are of much the same length, and the first ones need no more memory
 * than the last. Not thread-safe.
 */
final class WaitingRequests {
  /** At least this share of the rows is admitted together, so that prompts are read in batches. */
  private static final int SHARE = 4;

  private final List<GenerationRequest> requests;
  private final int maxRows;
  private final List<Integer> order;
  private final Deque<Integer> waiting;

  /**
   * @param requests of which those without draw keys are never admitted
   * @param maxRows rows that are decoded at a time; a request with more is decoded alone
   */
  WaitingRequests(List<GenerationRequest> requests, int maxRows) {
    this.requests = requests;
    this.maxRows = maxRows;
    this.order =
        IntStream.range(0, requests.size())
            .boxed()
            .filter(i -> rows(i) > 0)
            .sorted(Comparator.comparingInt(i -> -requests.get(i).promptTokenIds().length))
            .toList();
    this.waiting = new ArrayDeque<>(order);
  }

  boolean any() {
    return !waiting.isEmpty();
  }

  /** The open rows at which the next requests are admitted, at most; 0 where none waits. */
  int fillsAt() {
    if (waiting.isEmpty()) {
      return 0;
    }
    int least = Math.max(rows(waiting.peek()), (int) (((long) maxRows + SHARE - 1) / SHARE));
    return Math.max(0, maxRows - least);
  }

  /**
   * Takes out the requests to admit now, by their places in the call.
   *
   * @param open rows
   * @param openRequests that they are of
   * @return nothing while too many are open
   */
  List<Integer> next(int open, int openRequests) {
    List<Integer> admitted = new ArrayList<>();
    if (open > fillsAt()) {
      return admitted;
    }
    int rows = open;
    while (!waiting.isEmpty()
        && openRequests + admitted.size() < promptPlaces()
        && (rows == 0 || rows(waiting.peek()) <= maxRows - rows)) {
      int next = waiting.remove();
      admitted.add(next);
      rows += rows(next);
    }
    return admitted;
  }

  /** Rows that are open at a time, at most. */
  int places() {
    int all = order.stream().mapToInt(this::rows).reduce(0, Math::addExact);
    return Math.min(all, Math.max(maxRows, mostRows()));
  }

  /** Requests that have open rows at a time, at most. */
  int promptPlaces() {
    int fewest = order.stream().mapToInt(this::rows).min().orElse(1);
    return (int) decoding(fewest).openRequests();
  }

  /** Rows of the request with most. */
  int mostRows() {
    return order.stream().mapToInt(this::rows).max().orElse(0);
  }

  int longestPrompt() {
    return order.isEmpty() ? 0 : requests.get(order.get(0)).promptTokenIds().length;
  }

  /** What is ahead, for estimates: as if all prompts were as long as the longest. */
  Decoding ahead() {
    return decoding(mostRows());
  }

  private Decoding decoding(int samples) {
    return new Decoding(order.size(), longestPrompt(), samples, 0, maxRows);
  }

  private int rows(int request) {
    return requests.get(request).drawKeys().length;
  }
}
