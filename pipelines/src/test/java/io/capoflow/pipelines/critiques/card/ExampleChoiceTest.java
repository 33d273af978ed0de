package io.capoflow.pipelines.critiques.card;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.Digests;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ExampleChoiceTest {
  @Test
  void each_kind_has_its_rows() {
    Map<ExampleKind, List<Example>> chosen =
        chosen(
            Row.of("agreed", 2).critique("a", 1).critique("a", 0, 1),
            Row.of("disputed", 2).critique("a", 1).critique("a", 0),
            // Its votes are split; by majority the step is wrong.
            Row.of("flawed", 1).answered(true).critique("a", 0).critique("a", 0),
            Row.of("right", 2).critique("a").critique("a"),
            Row.of("void", 2).voidCritique("a", "CUT"),
            Row.of("empty", 0));
    assertThat(ids(chosen, ExampleKind.AGREED)).containsExactlyInAnyOrder("agreed", "flawed");
    assertThat(ids(chosen, ExampleKind.DISPUTED)).containsExactly("disputed");
    assertThat(ids(chosen, ExampleKind.FLAWED_POSITIVE)).isEmpty();
    assertThat(ids(chosen, ExampleKind.AGREED_RIGHT)).containsExactly("right");
    assertThat(ids(chosen, ExampleKind.OTHER)).containsExactlyInAnyOrder("void", "empty");
  }

  @Test
  void the_smallest_digests_come_first() {
    List<CritiquedRollout> rows =
        IntStream.range(0, 40)
            .mapToObj(i -> Row.of("r" + i, 2).critique("a", 1).critique("a", 1).build())
            .toList();
    ExampleChoice choice = new ExampleChoice();
    rows.forEach(choice::add);
    List<String> ranked =
        rows.stream()
            .map(CritiquedRollout::getRolloutId)
            .sorted(Comparator.comparing(id -> Digests.ofBytes(id.getBytes(UTF_8))))
            .toList();
    // Three are wanted, and seven fill in for the kinds that have none.
    assertThat(ids(choice.chosen(), ExampleKind.AGREED)).isEqualTo(ranked.subList(0, 10));
  }

  @Test
  void the_lowest_agreement_comes_first() {
    ExampleChoice choice = new ExampleChoice();
    List<Row> rows = new ArrayList<>();
    for (int alike = 0; alike < 20; alike++) {
      rows.add(Row.of("alike " + alike, alike + 1).critique("a", 0).critique("a"));
    }
    rows.forEach(row -> choice.add(row.build()));
    assertThat(ids(choice.chosen(), ExampleKind.DISPUTED).subList(0, 3))
        .containsExactly("alike 0", "alike 1", "alike 2");
  }

  @Test
  void long_texts_are_cut() {
    Example example =
        Example.of(new Row("r", "x".repeat(1_000)).judged("a", "no", "y".repeat(600), 0).build());
    assertThat(example.lines()).contains("    " + "x".repeat(240) + "… (760 more characters)");
    assertThat(example.critique())
        .containsExactly(
            "critique 0, which calls wrong: [0]",
            "    " + "y".repeat(500) + "… (100 more characters)");
  }

  private static Map<ExampleKind, List<Example>> chosen(Row... rows) {
    ExampleChoice choice = new ExampleChoice();
    for (Row row : rows) {
      choice.add(row.build());
    }
    return choice.chosen();
  }

  private static List<String> ids(Map<ExampleKind, List<Example>> chosen, ExampleKind kind) {
    return chosen.get(kind).stream().map(Example::rolloutId).toList();
  }
}
