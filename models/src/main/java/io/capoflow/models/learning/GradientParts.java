package io.capoflow.models.learning;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Divides sequences into parts that are computed apart from one another: a mini-batch's gradient is
 * the sum of its parts' in their order, whoever computes them. The cut depends on the lengths
 * alone: neither on the machine nor on how many parts are computed at a time.
 *
 * <p>Sequences go by length, the longest first, and a part takes those that follow one another: in
 * padded rows of very different lengths most slots would be padding. There are as few parts as the
 * limit and the waste allow, but that three or more are made a multiple of four: two threads then
 * have as many each, and so have four. Their bound is the lowest that gives no more parts, so that
 * the last is no crumb.
 */
public final class GradientParts {
  /** Slots of a part unless a recipe says otherwise: smaller parts cost more than they spread. */
  public static final int SLOTS = 1300;

  /** Empty slots that a part may have before another is cheaper: what starting one costs. */
  static final int WASTE = 256;

  /** Workers that should find as many parts each. */
  private static final int TOGETHER = 4;

  private GradientParts() {}

  /**
   * Indices of each part's sequences; together all of them, once each.
   *
   * @param slots that a part has at most, padding included; a longer sequence has a part to itself
   */
  public static List<List<Integer>> of(List<TrainingSequence> sequences, Layout layout, int slots) {
    if (slots < 1) {
      throw new IllegalArgumentException("slots of a part must be positive: " + slots);
    }
    List<Integer> longestFirst =
        IntStream.range(0, sequences.size())
            .boxed()
            .sorted(
                Comparator.comparingInt((Integer i) -> PartRows.slots(sequences.get(i))).reversed())
            .toList();
    int[] lengths = longestFirst.stream().mapToInt(i -> PartRows.slots(sequences.get(i))).toArray();
    return evenly(lengths, layout, slots).stream()
        .map(range -> longestFirst.subList(range.from(), range.to()))
        .toList();
  }

  /** Neighbours in the order of lengths. */
  private record Range(int from, int to) {}

  /** The cut at the lowest bound that gives no more parts than are wanted. */
  private static List<Range> evenly(int[] lengths, Layout layout, int limit) {
    List<Range> even = cut(lengths, layout, limit);
    int wanted = wanted(even.size());
    int enough = (int) Math.min(limit, IntStream.of(lengths).asLongStream().sum());
    int tooLow = 0;
    while (enough - tooLow > 1) {
      int bound = tooLow + (enough - tooLow) / 2;
      List<Range> parts = cut(lengths, layout, bound);
      if (parts.size() <= wanted) {
        even = parts;
        enough = bound;
      } else {
        tooLow = bound;
      }
    }
    return even;
  }

  private static int wanted(int fewest) {
    return fewest < 3 ? fewest : (fewest + TOGETHER - 1) / TOGETHER * TOGETHER;
  }

  /** Each part takes what follows while it stays within the bound. */
  private static List<Range> cut(int[] lengths, Layout layout, int bound) {
    List<Range> parts = new ArrayList<>();
    int from = 0;
    Rows rows = new Rows(layout, 0);
    for (int i = 0; i < lengths.length; i++) {
      if (i == from) {
        rows = new Rows(layout, lengths[i]);
      }
      rows.add(lengths[i]);
      if (i > from && (rows.waste() > WASTE || rows.slots() > bound)) {
        parts.add(new Range(from, i));
        from = i;
        rows = new Rows(layout, lengths[i]);
        rows.add(lengths[i]);
      }
    }
    if (from < lengths.length) {
      parts.add(new Range(from, lengths.length));
    }
    return parts;
  }

  /** A part's rows as {@link PartRows} lays them out: as wide as the first, the longest. */
  private static final class Rows {
    private final Layout layout;
    private final int width;
    private final List<Integer> filled = new ArrayList<>();
    private long waste;

    Rows(Layout layout, int width) {
      this.layout = layout;
      this.width = width;
    }

    void add(int length) {
      // A sequence that takes no part in training takes no row either.
      if (length == 0) {
        return;
      }
      switch (layout) {
        case PADDED -> {
          filled.add(length);
          waste += width - length;
        }
        case PACKED -> {
          int row = 0;
          while (row < filled.size() && filled.get(row) + length > width) {
            row++;
          }
          if (row == filled.size()) {
            filled.add(0);
          }
          filled.set(row, filled.get(row) + length);
        }
      }
    }

    /** Slots, padding included. */
    long slots() {
      return (long) width * filled.size();
    }

    /** Empty slots of padded rows; what packing leaves empty no other cut would fill. */
    long waste() {
      return waste;
    }
  }
}
