package io.capoflow.pipelines.critiques.card;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

final class FirstErrorsTest {
  @Test
  void the_label_is_the_first_wrong_step_where_all_before_it_are_known() {
    assertThat(label(true, false, null)).hasValue(1);
    assertThat(label(false, true)).hasValue(0);
    assertThat(label(true, true)).hasValue(FirstErrors.NONE);
    assertThat(label(true, null)).isEmpty();
    assertThat(label(null, false)).isEmpty();
    assertThat(label()).isEmpty();
    assertThat(FirstErrors.label(2, List.of())).isEmpty();
  }

  @Test
  void the_majority_is_the_most_frequent_first_error() {
    assertThat(majority(Row.of("r", 4).critique("a", 2, 3).critique("a", 1).critique("a", 2)))
        .hasValue(2);
    assertThat(majority(Row.of("r", 4).critique("a").critique("a", 1).critique("a")))
        .hasValue(FirstErrors.NONE);
  }

  @Test
  void of_equally_frequent_ones_the_first_counts() {
    assertThat(majority(Row.of("r", 4).critique("a", 3).critique("a", 1))).hasValue(3);
    assertThat(
            majority(
                Row.of("r", 4)
                    .critique("a", 3)
                    .critique("a", 1)
                    .critique("a")
                    .critique("a", 1)
                    .critique("a")))
        .hasValue(1);
  }

  @Test
  void void_critiques_predict_nothing() {
    assertThat(majority(Row.of("r", 2).voidCritique("a", "CUT"))).isEmpty();
    assertThat(
            majority(
                Row.of("r", 2).voidCritique("a", "CUT").voidCritique("a", "CUT").critique("a", 1)))
        .hasValue(1);
  }

  @Test
  void a_rule_predicts_the_first_step_of_half_the_weight() {
    assertThat(FirstErrors.voted(List.of(0.4, 0.5, 1.0))).hasValue(1);
    assertThat(FirstErrors.voted(List.of(0.4, 0.0))).hasValue(FirstErrors.NONE);
    assertThat(FirstErrors.voted(List.of())).isEmpty();
  }

  private static OptionalInt label(Boolean... truth) {
    return FirstErrors.label(truth.length, Arrays.asList(truth));
  }

  private static OptionalInt majority(Row row) {
    return FirstErrors.majority(row.build().getCritiques());
  }
}
