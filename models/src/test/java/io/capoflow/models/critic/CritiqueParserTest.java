package io.capoflow.models.critic;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.Judgment;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CritiqueParserTest {
  private static final int STEPS = 8;

  @Test
  void readsTheAskedForForm() {
    assertThat(
            read(
                """
                Step 1 adds wrongly.
                Judgment: Is the solution correct (Yes/No)? No
                <incorrect_steps>1, 4</incorrect_steps>"""))
        .isEqualTo(valid(Judgment.NO, 1, 4));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "5,6",
        " 5 , 6 ",
        "6, 5, 5",
        "<step_5>,<step_6>",
        "<step_5></step_5>\n<step_6></step_6>",
        "step_5, step_6",
        "step-5, step-6",
        "Step 5 and Step 6.",
        "[5, 6]",
        "{5; 6}",
        "**5**, **6**",
        "`5`, `6`",
        "\n- 5\n- 6\n",
        "#5, #6",
        "Steps: 5, 6",
        "05, 06",
        "\\(5, 6\\)"
      })
  void readsListsAsCriticsWriteThem(String list) {
    assertThat(read("<incorrect_steps>" + list + "</incorrect_steps>").wrongSteps())
        .containsExactly(5, 6);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "  \n",
        "None",
        "none.",
        "(none)",
        "**None**",
        "N/A",
        "n/a",
        "[]",
        "-",
        "null",
        "No incorrect steps",
        "There are no incorrect steps."
      })
  void readsTheManyWaysOfSayingNone(String list) {
    assertThat(read("<incorrect_steps>" + list + "</incorrect_steps>"))
        .isEqualTo(CritiqueReading.valid(Optional.empty(), List.of(), 0));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Step 2 is wrong because 3+4=7",
        "1-3",
        "1.5",
        "2/3",
        "3x",
        "all of them",
        "...",
        "2 or maybe not",
        "none but 2",
        "numbers of the wrong steps, separated by commas",
        "½"
      })
  void aListWithAnythingElseInItAbstains(String list) {
    assertThat(read("<incorrect_steps>" + list + "</incorrect_steps>"))
        .isEqualTo(
            CritiqueReading.abstaining(Optional.empty(), 0, VoidReason.UNREADABLE_STEP_LIST));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<Incorrect_Steps>3</Incorrect_Steps>",
        "< incorrect_steps >3< / incorrect_steps >",
        "<incorrect\\_steps>3</incorrect\\_steps>",
        "<incorrect steps>3</incorrect steps>",
        "<incorrect_step>3</incorrect_step>",
        "<incorrect_steps>3",
        "<incorrect_steps>3</incorrect_steps> Step 3 multiplies where 2 should be added.",
        "<incorrect_steps>3</incorrect_steps> I used the <incorrect_steps> tag as asked.",
        "<incorrect_steps>3</incorrect_steps> </incorrect_steps>",
        "The solution wrote <incorrect_steps></incorrect_steps>.\n<incorrect_steps>3</incorrect_steps>",
        "<incorrect_steps> I will write <incorrect_steps>3</incorrect_steps>"
      })
  void theLastCompleteListDecides(String text) {
    assertThat(read(text).wrongSteps()).containsExactly(3);
  }

  @Test
  void anOpeningTagInsideAListBeginsItAnew() {
    assertThat(
            read("<incorrect_steps>1 <incorrect_steps>2</incorrect_steps>, 3</incorrect_steps>")
                .wrongSteps())
        .containsExactly(2);
  }

  @Test
  void anUnclosedListCountsOnlyWhereNoneIsComplete() {
    assertThat(read("<incorrect_steps>1 <incorrect_steps>3, 4").wrongSteps()).containsExactly(3, 4);
    assertThat(read("<incorrect_steps>3</incorrect_steps>\n<incorrect_steps>5").wrongSteps())
        .containsExactly(3);
    assertThat(read("<incorrect_steps>3 is wrong, since it adds").voidReason())
        .contains(VoidReason.UNREADABLE_STEP_LIST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Judgment: Is the solution correct (Yes/No)? No",
        "Judgement: No",
        "**Judgment:** Is the solution correct (Yes/No)? **No**",
        "**Judgment**: no.",
        "JUDGMENT : NO",
        "Judgment: Is the solution correct (Yes or No)? No",
        "Judgment: Is the solution correct (yes/no)?\nNo",
        "Judgment: Yes? Let me check again.\nJudgment: No",
        "Judgment: No\nJudgment: see above"
      })
  void readsTheLastJudgmentInEitherSpelling(String judgment) {
    assertThat(read(judgment + "\n<incorrect_steps>1</incorrect_steps>"))
        .isEqualTo(valid(Judgment.NO, 1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Is it right? No.",
        "Judgment: Is the solution correct (Yes/No)?",
        "Judgment No",
        "Misjudgment: No",
        "Judg·ment: No"
      })
  void aMissingJudgmentAloneIsNotVoid(String text) {
    assertThat(read(text + "\n<incorrect_steps>1</incorrect_steps>"))
        .isEqualTo(CritiqueReading.valid(Optional.empty(), List.of(1), 0));
  }

  @Test
  void aListThatContradictsTheJudgmentDecides() {
    assertThat(read("Judgment: Yes\n<incorrect_steps>2</incorrect_steps>"))
        .isEqualTo(valid(Judgment.YES, 2));
    assertThat(read("Judgment: No\n<incorrect_steps></incorrect_steps>"))
        .isEqualTo(valid(Judgment.NO));
  }

  @Test
  void indicesOutOfRangeAreDroppedAndCounted() {
    assertThat(read("<incorrect_steps>2, 8, 8, 99999999999999999999, -1</incorrect_steps>"))
        .isEqualTo(CritiqueReading.valid(Optional.empty(), List.of(2), 3));
  }

  @Test
  void impossibleIndicesAloneAbstain() {
    assertThat(read("Judgment: No <incorrect_steps>8, 9</incorrect_steps>"))
        .isEqualTo(
            CritiqueReading.abstaining(
                Optional.of(Judgment.NO), 2, VoidReason.ONLY_IMPOSSIBLE_INDICES));
    assertThat(CritiqueParser.read("<incorrect_steps>0</incorrect_steps>", false, 0).voidReason())
        .contains(VoidReason.ONLY_IMPOSSIBLE_INDICES);
  }

  @Test
  void anAnswerWithoutAListAbstains() {
    assertThat(read("Judgment: Yes"))
        .isEqualTo(
            CritiqueReading.abstaining(Optional.of(Judgment.YES), 0, VoidReason.NO_STEP_LIST));
    assertThat(read(""))
        .isEqualTo(CritiqueReading.abstaining(Optional.empty(), 0, VoidReason.NO_STEP_LIST));
  }

  @Test
  void aCutAnswerAbstainsEvenWithAList() {
    assertThat(
            CritiqueParser.read(
                "Judgment: No <incorrect_steps>1</incorrect_steps> But", true, STEPS))
        .isEqualTo(CritiqueReading.abstaining(Optional.of(Judgment.NO), 0, VoidReason.CUT));
  }

  @Test
  void hostileTextsAreReadInOnePass() {
    for (String part :
        List.of(
            "<",
            "<incorrect_steps>",
            "</incorrect_steps>",
            "judgment:",
            "< ",
            "yes/",
            "1,",
            "<incorrect_steps>1</incorrect_steps>",
            "{",
            "a")) {
      String text = part.repeat(1_000_000 / part.length());
      CritiqueParser.read(text, false, STEPS);
      CritiqueParser.read("<incorrect_steps>" + text, false, STEPS);
    }
  }

  @Property
  void whatIsWrittenInTheAskedForFormIsReadBack(
      @ForAll("steps") List<Integer> steps,
      @ForAll boolean judgment,
      @ForAll("prose") String prose) {
    String list = steps.stream().map(String::valueOf).collect(Collectors.joining(", "));
    String text =
        prose
            + "\nJudgment: Is the solution correct (Yes/No)? "
            + (judgment ? "Yes" : "No")
            + "\n<incorrect_steps>"
            + list
            + "</incorrect_steps>";

    assertThat(CritiqueParser.read(text, false, 40))
        .isEqualTo(
            CritiqueReading.valid(
                Optional.of(Judgment.of(judgment)),
                steps.stream().distinct().sorted().toList(),
                0));
  }

  @Property(tries = 3000)
  void neverThrowsAndKeepsItsPromises(
      @ForAll("prose") String text, @ForAll boolean cut, @ForAll @IntRange(max = 9) int stepCount) {
    CritiqueReading reading = CritiqueParser.read(text, cut, stepCount);

    assertThat(reading.wrongSteps()).isSorted().doesNotHaveDuplicates();
    assertThat(reading.wrongSteps()).allMatch(step -> step >= 0 && step < stepCount);
    if (reading.voidReason().isPresent()) {
      assertThat(reading.wrongSteps()).isEmpty();
    }
  }

  @Provide
  Arbitrary<List<Integer>> steps() {
    return Arbitraries.integers().between(0, 39).list().ofMaxSize(12);
  }

  @Provide
  Arbitrary<String> prose() {
    return Arbitraries.oneOf(
            Arbitraries.of(
                "<incorrect_steps>",
                "</incorrect_steps>",
                "<",
                ">",
                "/",
                "Judgment:",
                "Judgement",
                ": Yes",
                " No",
                "<step_1>",
                "</step_",
                "None",
                "7",
                "-1",
                ",",
                "\n",
                " and ",
                "incorrect",
                "_steps"),
            Arbitraries.strings().ofMaxLength(3))
        .list()
        .ofMaxSize(20)
        .map(parts -> String.join("", parts));
  }

  private static CritiqueReading read(String text) {
    return CritiqueParser.read(text, false, STEPS);
  }

  private static CritiqueReading valid(Judgment judgment, Integer... steps) {
    return CritiqueReading.valid(Optional.of(judgment), List.of(steps), 0);
  }
}
