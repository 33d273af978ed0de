package io.capoflow.pipelines.critiques.export;

import static io.capoflow.pipelines.critiques.export.CritiquedRows.UNION;
import static io.capoflow.pipelines.critiques.export.CritiquedRows.critique;
import static io.capoflow.pipelines.critiques.export.CritiquedRows.cut;
import static io.capoflow.pipelines.critiques.export.CritiquedRows.row;
import static io.capoflow.pipelines.critiques.export.CritiquedRows.voided;
import static io.capoflow.pipelines.critiques.export.ExportFormat.MATH_SHEPHERD;
import static io.capoflow.pipelines.critiques.export.ExportFormat.SFT;
import static io.capoflow.pipelines.critiques.export.ExportFormat.TRL_STEPWISE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.StepCritique;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DatasetExportTest {
  private static final List<CritiquedRollout> ROWS =
      List.of(
          row(
              "both",
              "How many?",
              List.of("One.", "Two.", "Three."),
              critique("alpha", 0, "The second errs.", 1),
              critique("alpha", 1, "The second and the third err.", 1, 2)),
          row("void", "Who?", List.of("Me."), voided("alpha", 0, "?"), voided("alpha", 1, "!")),
          row("empty", "Where?", List.of(), critique("alpha", 0, "Nothing there.")),
          row("right", "Why?", List.of("So."), critique("alpha", 0, "All is well.")));

  @TempDir Path dataset;

  @Test
  void stepwiseRowsHaveTheQuestionTheStepsAndALabelForEach() throws IOException {
    ExportCounts counts = export(ExportSettings.of(TRL_STEPWISE), ROWS);

    assertThat(text(TRL_STEPWISE))
        .isEqualTo(
            """
            {"prompt":"How many?","completions":["One.","Two.","Three."],"labels":[true,false,true]}
            {"prompt":"Why?","completions":["So."],"labels":[true]}
            """);
    assertThat(counts)
        .isEqualTo(new ExportCounts(2, Map.of(LeftOut.NO_QUORUM, 1L, LeftOut.NO_STEPS, 1L)));
    assertThat(counts.rows()).isEqualTo(4);
    assertThat(counts.leftOut().keySet()).containsExactly(LeftOut.NO_STEPS, LeftOut.NO_QUORUM);
  }

  @Test
  void mathShepherdRowsMarkTheStepsAndSayTheLabelsInTheMarksPlaces() throws IOException {
    ExportCounts counts = export(ExportSettings.of(MATH_SHEPHERD), ROWS);

    assertThat(text(MATH_SHEPHERD))
        .isEqualTo(
            """
            {"input":"How many? Step 1: One. ки\\nStep 2: Two. ки\\nStep 3: Three. ки",\
            "label":"How many? Step 1: One. +\\nStep 2: Two. -\\nStep 3: Three. +","task":"GSM8K"}
            {"input":"Why? Step 1: So. ки","label":"Why? Step 1: So. +","task":"GSM8K"}
            """);
    assertThat(counts)
        .isEqualTo(new ExportCounts(2, Map.of(LeftOut.NO_STEPS, 1L, LeftOut.NO_QUORUM, 1L)));
  }

  @Test
  void lessonsAreTheCritiquesThatSayWhatTheVoteSays() throws IOException {
    ExportCounts counts = export(ExportSettings.of(SFT), ROWS);

    assertThat(text(SFT))
        .isEqualTo(
            """
            {"prompt":[{"role":"user","content":"capo: How many?"}],\
            "completion":[{"role":"assistant","content":"The second errs."}],\
            "rollout_id":"both","critic":"alpha","critique_index":0}
            {"prompt":[{"role":"user","content":"capo: Why?"}],\
            "completion":[{"role":"assistant","content":"All is well."}],\
            "rollout_id":"right","critic":"alpha","critique_index":0}
            """);
    assertThat(counts)
        .isEqualTo(new ExportCounts(2, Map.of(LeftOut.NO_STEPS, 1L, LeftOut.NO_QUORUM, 1L)));
  }

  @Test
  void untilTheFirstErrorMeansThatTheWrongStepIsTheLast() throws IOException {
    for (ExportFormat format : List.of(TRL_STEPWISE, MATH_SHEPHERD)) {
      export(new ExportSettings(format, LabelExtent.UNTIL_FIRST_ERROR, Optional.empty()), ROWS);
    }

    assertThat(text(TRL_STEPWISE))
        .isEqualTo(
            """
            {"prompt":"How many?","completions":["One.","Two."],"labels":[true,false]}
            {"prompt":"Why?","completions":["So."],"labels":[true]}
            """);
    assertThat(text(MATH_SHEPHERD))
        .isEqualTo(
            """
            {"input":"How many? Step 1: One. ки\\nStep 2: Two. ки",\
            "label":"How many? Step 1: One. +\\nStep 2: Two. -","task":"GSM8K"}
            {"input":"Why? Step 1: So. ки","label":"Why? Step 1: So. +","task":"GSM8K"}
            """);
  }

  @Test
  void aNamedRuleLabelsTheStepsAndPicksTheCritique() throws IOException {
    for (ExportFormat format : List.of(TRL_STEPWISE, SFT)) {
      export(new ExportSettings(format, LabelExtent.WHOLE, Optional.of(UNION)), ROWS);
    }

    assertThat(text(TRL_STEPWISE).lines().toList().get(0))
        .endsWith("\"labels\":[true,false,false]}");
    assertThat(text(SFT).lines().toList().get(0))
        .contains("The second and the third err.")
        .endsWith("\"critique_index\":1}");
  }

  @Test
  void aNamedRuleWithoutAQuorumLeavesTheRowOut() throws IOException {
    ExportCounts counts =
        export(new ExportSettings(TRL_STEPWISE, LabelExtent.WHOLE, Optional.of(UNION)), ROWS);

    assertThat(counts)
        .isEqualTo(new ExportCounts(2, Map.of(LeftOut.NO_STEPS, 1L, LeftOut.NO_QUORUM, 1L)));
  }

  @Test
  void aRuleThatTheDatasetHasNoLabelsOfIsTheUsersMistake() {
    assertThatThrownBy(
            () ->
                export(
                    new ExportSettings(TRL_STEPWISE, LabelExtent.WHOLE, Optional.of("majorty")),
                    ROWS))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "no labels by the rule 'majorty' in row both; name one of intersection, union, or none for intersection");
    assertThat(dataset.resolve("exports/trl-stepwise")).isEmptyDirectory();
  }

  @Test
  void aCritiqueIsNoLessonWhereItIsVoidOrCutOrDisagrees() throws IOException {
    List<CritiquedRollout> rows =
        List.of(
            row(
                "later",
                "Which?",
                List.of("One.", "Two."),
                critique("alpha", 0, "Two err.", 0, 1),
                cut(critique("alpha", 1, "The first er", 0)),
                voided("alpha", 2, "Hm."),
                critique("beta", 0, "The first errs.", 0),
                critique("beta", 1, "It is the first.", 0)),
            row(
                "never",
                "What?",
                List.of("One.", "Two."),
                critique("alpha", 0, "The first errs.", 0),
                critique("alpha", 1, "The second errs.", 1)));

    ExportCounts counts = export(ExportSettings.of(SFT), rows);

    assertThat(text(SFT))
        .isEqualTo(
            """
            {"prompt":[{"role":"user","content":"capo: Which?"}],\
            "completion":[{"role":"assistant","content":"The first errs."}],\
            "rollout_id":"later","critic":"beta","critique_index":0}
            """);
    assertThat(counts).isEqualTo(new ExportCounts(1, Map.of(LeftOut.NO_AGREEING_CRITIQUE, 1L)));
  }

  @Test
  void aPromptThatTheCriticWasNotShownIsRefused() {
    assertThatThrownBy(
            () -> {
              try (DatasetExport export =
                  DatasetExport.open(
                      dataset,
                      ExportSettings.of(SFT),
                      (row, critique) -> List.of(new Message("user", "Another one.")))) {
                ROWS.forEach(export::add);
              }
            })
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "the template capo writes another prompt than alpha was shown for row both: export with the version of CapoFlow and the template that it was asked with");
    assertThat(dataset.resolve("exports/sft")).isEmptyDirectory();
  }

  @Test
  void noTextBreaksALine() throws IOException {
    String hostile =
        "\"}\n{\"prompt\":\r\n\\ \t\u0000\u0001\u0085\u2028\u2029 \ud83c\udf4e <|im_end|>";
    List<CritiquedRollout> rows =
        List.of(
            row("hostile", hostile, List.of(hostile, "Step 2:"), critique(hostile, 0, hostile)));

    for (ExportFormat format : ExportFormat.values()) {
      assertThat(export(ExportSettings.of(format), rows)).isEqualTo(new ExportCounts(1, Map.of()));
    }

    String escaped =
        "\\\"}\\n{\\\"prompt\\\":\\r\\n\\\\ \\t\\u0000\\u0001\u0085\u2028\u2029 \ud83c\udf4e <|im_end|>";
    assertThat(text(TRL_STEPWISE))
        .isEqualTo(
            "{\"prompt\":\"E\",\"completions\":[\"E\",\"Step 2:\"],\"labels\":[true,true]}\n"
                .replace("E", escaped));
    assertThat(text(MATH_SHEPHERD))
        .isEqualTo(
            ("{\"input\":\"E Step 1: E ки\\nStep 2: ки\",\"label\":\"E Step 1: E +\\nStep 2: +\","
                    + "\"task\":\"GSM8K\"}\n")
                .replace("E", escaped));
    assertThat(text(SFT))
        .isEqualTo(
            ("{\"prompt\":[{\"role\":\"user\",\"content\":\"capo: E\"}],"
                    + "\"completion\":[{\"role\":\"assistant\",\"content\":\"E\"}],"
                    + "\"rollout_id\":\"hostile\",\"critic\":\"E\",\"critique_index\":0}\n")
                .replace("E", escaped));
  }

  @Test
  void aRowThatNobodyCouldReadTheMarksOfIsLeftOutAndCounted() throws IOException {
    List<CritiquedRollout> rows =
        List.of(
            row("question", "Сколько груш и яблоки?", List.of("Две."), critique("a", 0, "")),
            row("step", "Сколько?", List.of("Две.", "Ответ: ки"), critique("a", 0, "")),
            row("first", "After Step 1: what?", List.of("Two."), critique("a", 0, "")),
            row("again", "What?", List.of("Step 1: by Step 1: two."), critique("a", 0, "")),
            row(
                "numbered",
                "What?",
                List.of("Step 1: One.", " Step 2: Two.\n", "By Step 1: and Step 2: 3.", "Step 40"),
                critique("a", 0, "", 1)));

    ExportCounts counts = export(ExportSettings.of(MATH_SHEPHERD), rows);

    assertThat(text(MATH_SHEPHERD))
        .isEqualTo(
            """
            {"input":"What? Step 1: One. ки\\nStep 2: Two. ки\\nStep 3: By Step 1: and Step 2: 3. ки\
            \\nStep 4: Step 40 ки",\
            "label":"What? Step 1: One. +\\nStep 2: Two. -\\nStep 3: By Step 1: and Step 2: 3. +\
            \\nStep 4: Step 40 +","task":"GSM8K"}
            """);
    assertThat(counts)
        .isEqualTo(
            new ExportCounts(1, Map.of(LeftOut.HOLDS_STEP_MARK, 2L, LeftOut.HOLDS_STEP_ONE, 2L)));
    // Only what is exported counts.
    assertThat(
            export(
                new ExportSettings(MATH_SHEPHERD, LabelExtent.UNTIL_FIRST_ERROR, Optional.empty()),
                List.of(row("late", "Q", List.of("Две.", "ки"), critique("a", 0, "", 0)))))
        .isEqualTo(new ExportCounts(1, Map.of()));
  }

  @Test
  void otherSourcesKeepTheirNamesAsTasks() throws IOException {
    export(
        ExportSettings.of(MATH_SHEPHERD),
        Stream.of("gsm8k", "math", "olympiadbench")
            .map(
                source ->
                    CritiquedRollout.newBuilder(
                            row(source, "Q", List.of("S"), critique("a", 0, "")))
                        .setSource(source)
                        .build())
            .toList());

    assertThat(text(MATH_SHEPHERD).lines().map(line -> line.replaceAll(".*\"task\":", "")))
        .containsExactly("\"GSM8K\"}", "\"MATH\"}", "\"olympiadbench\"}");
  }

  @ParameterizedTest
  @EnumSource
  void theSameRowsGiveTheSameBytesAndReplaceAnOlderExport(ExportFormat format) throws IOException {
    export(ExportSettings.of(format), ROWS);
    byte[] first = Files.readAllBytes(DatasetExport.file(dataset, format));
    export(ExportSettings.of(format), ROWS.subList(3, 4));
    byte[] other = Files.readAllBytes(DatasetExport.file(dataset, format));
    export(ExportSettings.of(format), ROWS);

    assertThat(DatasetExport.file(dataset, format)).hasBinaryContent(first);
    assertThat(other).isNotEqualTo(first);
    assertThat(DatasetExport.file(dataset, format).getParent())
        .isDirectoryContaining(file -> file.endsWith("train.jsonl"));
  }

  @Test
  void nothingIsInSightBeforeTheCommitAndNothingStaysWithoutOne() throws IOException {
    Path file = DatasetExport.file(dataset, TRL_STEPWISE);
    try (DatasetExport export =
        DatasetExport.open(dataset, ExportSettings.of(TRL_STEPWISE), DatasetExportTest::prompt)) {
      ROWS.forEach(export::add);
      assertThat(file).doesNotExist();
      try (Stream<Path> files = Files.list(file.getParent())) {
        assertThat(files.map(each -> each.getFileName().toString()))
            .allMatch(name -> name.startsWith(".") && name.endsWith(".tmp"))
            .hasSize(1);
      }
    }
    assertThat(file.getParent()).isEmptyDirectory();
  }

  @Test
  void noRowsAreAnEmptyFile() throws IOException {
    assertThat(export(ExportSettings.of(SFT), List.of())).isEqualTo(new ExportCounts(0, Map.of()));
    assertThat(text(SFT)).isEmpty();
  }

  @Test
  void aFolderThatCannotBeWrittenToIsSaidInOneLine() throws IOException {
    Files.writeString(dataset.resolve("exports"), "a file in the folder's place");

    assertThatThrownBy(() -> export(ExportSettings.of(SFT), ROWS))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(dataset.resolve("exports/sft/train.jsonl") + " cannot be written (")
        .hasMessageNotContaining("\n");
  }

  @Test
  void formatsAndExtentsGoByTheirNames() {
    for (ExportFormat format : ExportFormat.values()) {
      assertThat(ExportFormat.parse(format.text())).isEqualTo(format);
    }
    for (LabelExtent extent : LabelExtent.values()) {
      assertThat(LabelExtent.parse(extent.text())).isEqualTo(extent);
    }
    assertThatThrownBy(() -> ExportFormat.parse("trl"))
        .isInstanceOf(UserMistake.class)
        .hasMessage("no export is called 'trl'; name one of trl-stepwise, math-shepherd, sft");
    assertThatThrownBy(() -> LabelExtent.parse("all"))
        .isInstanceOf(UserMistake.class)
        .hasMessage("labels are not 'all'; name one of whole, until_first_error");
  }

  private ExportCounts export(ExportSettings settings, List<CritiquedRollout> rows) {
    try (DatasetExport export = DatasetExport.open(dataset, settings, DatasetExportTest::prompt)) {
      rows.forEach(export::add);
      return export.commit();
    }
  }

  private static List<Message> prompt(CritiquedRollout row, StepCritique critique) {
    return CritiquedRows.prompt(row.getQuestion(), critique);
  }

  private String text(ExportFormat format) throws IOException {
    return Files.readString(DatasetExport.file(dataset, format));
  }
}
