package io.capoflow.models.learning;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/** Divides sequences into micro-batches that memory holds. */
public final class TokenBudget {
  private TokenBudget() {}

  /**
   * Micro-batches in the order given: each takes what follows while it stays within the budget. A
   * sequence longer than the budget has one to itself.
   *
   * @param tokens of a sequence, prompt and response together
   * @param layout whether rows are padded to the longest, which then counts for each
   * @param budget tokens of a micro-batch, padding included
   */
  public static <T> List<List<T>> divide(
      List<T> sequences, ToIntFunction<T> tokens, Layout layout, int budget) {
    List<List<T>> microBatches = new ArrayList<>();
    List<T> open = new ArrayList<>();
    long sum = 0;
    long longest = 0;
    for (T sequence : sequences) {
      int length = tokens.applyAsInt(sequence);
      long newSum = sum + length;
      long newLongest = Math.max(longest, length);
      long size =
          switch (layout) {
            case PADDED -> newLongest * (open.size() + 1);
            case PACKED -> newSum;
          };
      if (!open.isEmpty() && size > budget) {
        microBatches.add(open);
        open = new ArrayList<>();
        newSum = length;
        newLongest = length;
      }
      open.add(sequence);
      sum = newSum;
      longest = newLongest;
    }
    if (!open.isEmpty()) {
      microBatches.add(open);
    }
    return microBatches;
  }
}
