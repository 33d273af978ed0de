package io.capoflow.pipelines.sft;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.pipelines.sft.CriticReport.Row;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class CriticReportTest {
  @Test
  void what_is_not_defined_is_a_dash_and_no_zero() {
    CriticReport report =
        new CriticReport(
            2,
            8,
            2,
            8,
            1,
            41,
            List.of(
                new Row(
                    "k=4 union",
                    OptionalDouble.of(0.5),
                    OptionalDouble.of(1),
                    OptionalDouble.of(2 / 3.)),
                new Row(
                    "k=4 intersection",
                    OptionalDouble.empty(),
                    OptionalDouble.of(0),
                    OptionalDouble.of(0))));
    assertThat(report.table().lines())
        .containsExactly(
            "2 rollouts, 8 steps, 25.0 % wrong; 1 of 8 critiques void, 41 tokens each",
            "",
            "| critiques and vote | precision | recall | F1 |",
            "|---|---|---|---|",
            "| k=4 union | 0.500 | 1.000 | 0.667 |",
            "| k=4 intersection | - | 0.000 | 0.000 |");
  }
}
