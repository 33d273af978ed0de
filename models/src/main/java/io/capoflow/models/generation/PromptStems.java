package io.capoflow.models.generation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What several prompts of a call have in common at their beginning: a template's text, and the
 * question that some of them ask about. A stem is read once, and its prompts go on from there.
 *
 * <p>All prompts together have a root, which may be empty; prompts that have more in common than
 * that have a stem of their own. Where something is that short that reading it apart costs more
 * than it spares, it is no stem. Follows from the token ids alone. Immutable.
 */
final class PromptStems {
  /** Tokens that a stem has at least, beyond those of the root. */
  static final int LEAST = 16;

  private static final int NONE = -1;

  private final List<int[]> stems;
  private final int[] stemOf;
  private final int rootTokens;

  private PromptStems(List<int[]> stems, int[] stemOf, int rootTokens) {
    this.stems = stems;
    this.stemOf = stemOf;
    this.rootTokens = rootTokens;
  }

  /** Neighbours in the order of their tokens, and how many of these they all begin with. */
  private record Group(int from, int to, int tokens) {
    long spared() {
      return (long) (to - from - 1) * tokens;
    }
  }

  /**
   * The stems of a call's prompts.
   *
   * @param most stems, of which those that spare most are taken
   */
  static PromptStems of(List<int[]> prompts, int most) {
    List<Integer> sorted =
        IntStream.range(0, prompts.size())
            .boxed()
            .sorted(Comparator.comparing(prompts::get, Arrays::compare))
            .toList();
    int root =
        prompts.size() < 2
            ? 0
            : common(prompts.get(sorted.get(0)), prompts.get(sorted.get(sorted.size() - 1)));
    if (root < LEAST) {
      root = 0;
    }
    List<Group> groups =
        groups(prompts, sorted, root + LEAST).stream()
            .sorted(Comparator.comparingLong(Group::spared).reversed().thenComparing(Group::from))
            .limit(most)
            .toList();
    int[] stemOf = new int[prompts.size()];
    Arrays.fill(stemOf, NONE);
    List<int[]> stems = new ArrayList<>();
    for (Group group : groups) {
      for (int i = group.from(); i < group.to(); i++) {
        stemOf[sorted.get(i)] = stems.size();
      }
      stems.add(Arrays.copyOf(prompts.get(sorted.get(group.from())), group.tokens()));
    }
    if (root > 0 && Arrays.stream(stemOf).anyMatch(stem -> stem == NONE)) {
      Arrays.setAll(stemOf, i -> stemOf[i] == NONE ? stems.size() : stemOf[i]);
      stems.add(Arrays.copyOf(prompts.get(0), root));
    }
    // One token of each stem at least is left to be read behind the root.
    int shortest = stems.stream().mapToInt(stem -> stem.length).min().orElse(1);
    return new PromptStems(
        List.copyOf(stems), stemOf, stems.size() < 2 ? 0 : Math.min(root, shortest - 1));
  }

  private static List<Group> groups(List<int[]> prompts, List<Integer> sorted, int least) {
    List<Group> groups = new ArrayList<>();
    int from = 0;
    int tokens = Integer.MAX_VALUE;
    for (int i = 1; i <= sorted.size(); i++) {
      int common =
          i == sorted.size()
              ? 0
              : common(prompts.get(sorted.get(i - 1)), prompts.get(sorted.get(i)));
      if (common >= least) {
        tokens = Math.min(tokens, common);
        continue;
      }
      if (i - from > 1) {
        groups.add(new Group(from, i, tokens));
      }
      from = i;
      tokens = Integer.MAX_VALUE;
    }
    return groups;
  }

  /** Tokens of the longest common beginning. */
  private static int common(int[] one, int[] other) {
    int mismatch = Arrays.mismatch(one, other);
    return mismatch < 0 ? one.length : mismatch;
  }

  /** The stems; none where nothing is worth to be read apart. */
  List<int[]> stems() {
    return stems;
  }

  /** Tokens that all stems begin with, which are fewer than any stem has; 0 where they are few. */
  int rootTokens() {
    return rootTokens;
  }

  /** The stem of each of these prompts; meaningless where they {@linkplain #start start} at 0. */
  long[] of(List<Integer> admitted) {
    return admitted.stream().mapToLong(prompt -> Math.max(0, stemOf[prompt])).toArray();
  }

  /**
   * Tokens of these prompts that are read by now: what the shortest of their stems has, but one
   * token of each prompt is left to be read.
   */
  int start(List<Integer> admitted, List<int[]> prompts) {
    return IntStream.range(0, admitted.size())
        .map(
            i -> {
              int stem = stemOf[admitted.get(i)];
              return stem == NONE
                  ? 0
                  : Math.min(stems.get(stem).length, prompts.get(admitted.get(i)).length - 1);
            })
        .min()
        .orElse(0);
  }
}
