package io.capoflow.transforms;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;

/** The same values in two orders, for properties that must not hang on one. */
public record TwoOrders<T>(List<T> one, List<T> other) {
  public static <T> Arbitrary<TwoOrders<T>> of(Arbitrary<List<T>> lists) {
    return lists.flatMap(
        list -> Arbitraries.shuffle(list).map(shuffled -> new TwoOrders<>(list, shuffled)));
  }
}
