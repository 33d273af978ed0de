package io.capoflow.pipelines.critiques.card;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.capoflow.pipelines.critiques.card.CardFacts.SourceFile;
import io.capoflow.pipelines.critiques.card.CardFacts.TableFolder;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.StepCritique;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

final class DatasetCardTest {
  static {
    // To copy a record is to have Avro make its parts.
    RecordClasses.trust();
  }

  private static final Map<String, Integer> CRITICS =
      Map.of(GeneratedRows.SMOL, 3, GeneratedRows.QWEN, 2);

  @Test
  void the_order_of_rows_changes_no_byte() {
    List<CritiquedRollout> rows = new ArrayList<>(GeneratedRows.of(5, 200, CRITICS, true));
    CardFacts facts = GeneratedRows.facts("any order", CRITICS);
    String card = DatasetCard.markdown(facts, statistics(rows));
    String figures = DatasetCard.statistics(facts, statistics(rows));
    Random random = new Random(5);
    for (int round = 0; round < 3; round++) {
      Collections.shuffle(rows, random);
      assertThat(DatasetCard.markdown(facts, statistics(rows))).isEqualTo(card);
      assertThat(DatasetCard.statistics(facts, statistics(rows))).isEqualTo(figures);
    }
  }

  @Test
  void what_changes_from_build_to_build_is_in_no_card() {
    List<CritiquedRollout> rows = GeneratedRows.of(6, 30, CRITICS, true);
    CardFacts facts = GeneratedRows.facts("same", CRITICS);
    String card = DatasetCard.markdown(facts, statistics(rows));
    String figures = DatasetCard.statistics(facts, statistics(rows));
    DatasetStatistics before = statistics(rows);
    DatasetStatistics after =
        statistics(rows.stream().map(DatasetCardTest::ofAnotherBuild).toList());
    assertThat(after.millis()).isGreaterThan(before.millis());
    assertThat(before.cachedTokens()).isPositive();
    assertThat(after.cachedTokens()).isZero();
    assertThat(DatasetCard.markdown(facts, after)).isEqualTo(card);
    assertThat(DatasetCard.statistics(facts, after)).isEqualTo(figures);
  }

  @Test
  void the_hub_reads_the_head() {
    String card =
        DatasetCard.markdown(
            GeneratedRows.facts("GSM8K: critiques \"of\" steps", CRITICS),
            statistics(GeneratedRows.of(7, 1_000, CRITICS, true)));
    assertThat(head(card))
        .isEqualTo(
            Map.of(
                "pretty_name",
                "GSM8K: critiques \"of\" steps",
                "license",
                "apache-2.0",
                "language",
                List.of("en"),
                "annotations_creators",
                List.of("machine-generated"),
                "task_categories",
                List.of("text-generation", "text-classification"),
                "size_categories",
                List.of("1K<n<10K"),
                "tags",
                List.of("critiques", "process-supervision", "step-level", "capoflow"),
                "configs",
                List.of(
                    Map.of("config_name", "default", "data_files", "dataset/*.parquet"),
                    Map.of("config_name", "critiques", "data_files", "critiques/*.parquet"),
                    Map.of("config_name", "votes", "data_files", "votes/*.parquet"))));
  }

  @Test
  void what_nobody_said_is_not_in_the_head() {
    String card = DatasetCard.markdown(bare("bare"), statistics(List.of()));
    assertThat(head(card).keySet())
        .containsExactlyInAnyOrder(
            "pretty_name", "annotations_creators", "task_categories", "size_categories", "tags");
  }

  @Test
  void names_in_the_head_stay_texts() {
    String name = "no\n---\nlicense: mit # \"\\ \u0007\u2028😀";
    CardFacts facts =
        new CardFacts(
            name,
            Optional.of("no"),
            List.of("no", "null"),
            List.of(),
            "majority",
            Optional.empty(),
            List.of(),
            1,
            new TreeMap<>(),
            0,
            new TreeMap<>(),
            List.of(new TableFolder("x: y", "a\"b")),
            "0.1.0",
            Optional.empty(),
            "capoflow critique --rebuild .");
    Map<String, Object> head = head(DatasetCard.markdown(facts, statistics(List.of())));
    assertThat(head)
        .containsEntry("pretty_name", name)
        .containsEntry("license", "no")
        .containsEntry("language", List.of("no", "null"))
        .containsEntry(
            "configs", List.of(Map.of("config_name", "x: y", "data_files", "a\"b/*.parquet")));
  }

  @Test
  void the_bins_are_those_of_the_hub() {
    assertThat(CardHead.size(0)).isEqualTo("n<1K");
    assertThat(CardHead.size(999)).isEqualTo("n<1K");
    assertThat(CardHead.size(1_000)).isEqualTo("1K<n<10K");
    assertThat(CardHead.size(999_999)).isEqualTo("100K<n<1M");
    assertThat(CardHead.size(1_000_000)).isEqualTo("1M<n<10M");
    assertThat(CardHead.size(Long.MAX_VALUE)).isEqualTo("n>1T");
  }

  @Test
  void texts_of_others_break_out_of_nothing() {
    String evil =
        "EVIL | <script>alert(1)</script> ````` \n```\n\n# EVIL\n---\n| EVIL | [x](http://evil.example) "
            + "**EVIL** $EVIL$ \u202e\u0007\u001b[2J &lt; ![EVIL](www.evil.example)";
    Row row =
        new Row(evil, evil, "~~~\nEVIL", "``````````")
            .source(evil)
            .layout(evil)
            .question(evil)
            .truth(true, false, null)
            .answered(true)
            .judged(evil, "no", evil, 1)
            .voidCritique(evil + "2", evil);
    CardFacts facts =
        new CardFacts(
            evil,
            Optional.of(evil),
            List.of(),
            List.of(
                new CriticFacts(evil, evil, evil, evil, 1, Map.of(evil, evil), Optional.empty())),
            evil,
            Optional.of(evil),
            List.of(new SourceFile(evil.replace('/', ' '), 1)),
            2,
            new TreeMap<>(Map.of(evil, 3L)),
            1,
            new TreeMap<>(Map.of(evil, evil)),
            List.of(new TableFolder(evil, evil)),
            evil,
            Optional.of(evil),
            evil);
    String card = DatasetCard.markdown(facts, statistics(List.of(row.build())));
    assertThat(head(card)).containsEntry("pretty_name", evil).containsEntry("license", evil);
    assertThat(card).doesNotContain("\u202e", "\u0007", "\u001b");
    List<String> shown = CardText.outsideFences(CardText.body(card));
    assertThat(String.join("\n", shown))
        .contains("EVIL")
        .doesNotContain("<", "](http://evil", "**", "$", "http://evil.example", "www.evil");
    assertThat(shown.stream().filter(line -> line.startsWith("#")))
        .hasSameSizeAs(
            CardText.headingsOf(
                DatasetCard.markdown(
                    GeneratedRows.facts("plain", Map.of("a", 1, "b", 1)),
                    statistics(
                        List.of(
                            Row.of("r", 3)
                                .truth(true, false, null)
                                .answered(true)
                                .critique("a", 1)
                                .voidCritique("b", "CUT")
                                .build())))));
    CardText.requireWholeTables(shown);
  }

  @Test
  void a_dataset_without_rows_says_so() {
    String card = DatasetCard.markdown(bare("Nothing"), statistics(List.of()));
    assertThat(card)
        .contains(
            "The dataset has no rows yet.",
            "No critic is recorded.",
            "There are no critiques.",
            "so nothing can be measured",
            "There are none.",
            "There are no rows to show.",
            "No table is recorded.");
    CardText.requireWholeTables(CardText.outsideFences(CardText.body(card)));
  }

  @Test
  void what_is_not_defined_is_said() {
    String card =
        DatasetCard.markdown(
            bare("One"), statistics(List.of(Row.of("r", 2).critique("a", 0).build())));
    assertThat(card)
        .contains(
            "Alpha of all critics is not defined: no step has two valid critiques.",
            "| all critics | – | 0 | – | 0 |",
            "No prices were given, so no cost is known.",
            "No final answer was verified: no gold answer is known.",
            "No judgment can be held against a verified answer.",
            "The sources say of no step whether it is right, so nothing can be measured.",
            "No critique is void.",
            "all rows are shown");
    String same =
        DatasetCard.markdown(
            bare("Same"), statistics(List.of(Row.of("r", 2).critique("a").critique("a").build())));
    assertThat(same)
        .contains(
            "Alpha of all critics is not defined: all valid critiques say the same of all steps.",
            "| all critics | – | 2 | 1.0000 | 1 |");
  }

  @Test
  void void_critiques_alone_leave_nothing_but_their_reasons() {
    String card =
        DatasetCard.markdown(
            bare("Void"),
            statistics(
                List.of(
                    Row.of("r", 2)
                        .truth(true, false)
                        .voidCritique("a", "CUT")
                        .voidCritique("a", "FAILED")
                        .build())));
    assertThat(card)
        .contains(
            "| all critics | 2 | 0 | 100.00 % | 0 | 0 | 0 | 1 |",
            "| critic | void: `CUT` | void: `FAILED` |",
            "| all critics | `majority` | 2 | 1 | 0.00 | 0.00 | – | 0.0000 | 0.0000 |",
            "–: there is nothing to divide by.",
            "| all critics | `majority of first errors` | 1 | 0.0 | 0 | 0.0 | 0.0 | 1 |",
            "Where a figure would divide 0 by 0, it is 0.");
  }

  @Test
  void critics_of_one_name_are_told_apart() {
    List<CriticFacts> critics =
        List.of(
            new CriticFacts("id-1", "all critics", "m", "t", 1, Map.of(), Optional.empty()),
            new CriticFacts("id-2", "m", "m", "t", 1, Map.of(), Optional.empty()),
            new CriticFacts("id-3", "m", "m", "t", 1, Map.of(), Optional.empty()));
    CardFacts facts =
        new CardFacts(
            "names",
            Optional.empty(),
            List.of(),
            critics,
            "majority",
            Optional.empty(),
            List.of(),
            1,
            new TreeMap<>(),
            0,
            new TreeMap<>(),
            List.of(),
            "0.1.0",
            Optional.empty(),
            "rebuild");
    DatasetStatistics statistics =
        statistics(
            List.of(
                Row.of("r", 1)
                    .critique("id-1")
                    .critique("id-2")
                    .critique("id-3")
                    .critique("id-0")
                    .build()));
    CriticNames names = CriticNames.of(facts, statistics);
    assertThat(names.shown(statistics)).containsExactly("id-1", "id-2", "id-3", "id-0", "all");
    assertThat(names.shown(statistics).stream().map(names::of))
        .containsExactly("all critics (2)", "m", "m (2)", "id-0", "all critics");
  }

  @Test
  void a_path_is_refused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new SourceFile("/home/me/a.json", 1));
  }

  private static CardFacts bare(String name) {
    return new CardFacts(
        name,
        Optional.empty(),
        List.of(),
        List.of(),
        "majority",
        Optional.empty(),
        List.of(),
        1,
        new TreeMap<>(),
        0,
        new TreeMap<>(),
        List.of(),
        "0.1.0",
        Optional.empty(),
        "capoflow critique --rebuild .");
  }

  /** The row with other values in all columns that may differ between builds. */
  private static CritiquedRollout ofAnotherBuild(CritiquedRollout row) {
    return CritiquedRollout.newBuilder(row)
        .setMillis(row.getMillis() + 7)
        .setCapoflow("another version")
        .setCritiques(
            row.getCritiques().stream()
                .map(
                    critique ->
                        StepCritique.newBuilder(critique)
                            .setMillis(critique.getMillis() + 7)
                            .setCachedTokens(null)
                            .build())
                .toList())
        .build();
  }

  private static Map<String, Object> head(String card) {
    assertThat(card).startsWith("---\n");
    return new Yaml().load(card.substring(4, card.indexOf("\n---\n", 4)));
  }

  private static DatasetStatistics statistics(List<CritiquedRollout> rows) {
    DatasetStatistics statistics = new DatasetStatistics();
    rows.forEach(statistics::add);
    return statistics;
  }
}
