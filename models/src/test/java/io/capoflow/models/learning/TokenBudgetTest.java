package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TokenBudgetTest {
  private static final List<Integer> LENGTHS = List.of(3, 5, 2, 9, 4, 4, 1);

  @Test
  void paddedRowsCountAsLongAsTheLongest() {
    assertThat(divide(Layout.PADDED, 10))
        .containsExactly(List.of(3, 5), List.of(2), List.of(9), List.of(4, 4), List.of(1));
  }

  @Test
  void packedRowsCountForThemselves() {
    assertThat(divide(Layout.PACKED, 10))
        .containsExactly(List.of(3, 5, 2), List.of(9), List.of(4, 4, 1));
  }

  @Test
  void aSequenceBeyondTheBudgetHasAMicroBatchToItself() {
    assertThat(divide(Layout.PADDED, 1))
        .containsExactlyElementsOf(LENGTHS.stream().map(List::of).toList());
    assertThat(divide(Layout.PACKED, 8))
        .containsExactly(List.of(3, 5), List.of(2), List.of(9), List.of(4, 4), List.of(1));
  }

  @Test
  void nothingIsNoMicroBatch() {
    assertThat(TokenBudget.divide(List.<Integer>of(), length -> length, Layout.PADDED, 5))
        .isEmpty();
  }

  private static List<List<Integer>> divide(Layout layout, int budget) {
    return TokenBudget.divide(LENGTHS, length -> length, layout, budget);
  }
}
