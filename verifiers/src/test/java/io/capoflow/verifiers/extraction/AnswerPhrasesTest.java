package io.capoflow.verifiers.extraction;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Phrases are found wherever they stand, although not every letter is looked at. */
class AnswerPhrasesTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "answer is ",
        "ANSWER: ",
        "The aNsWeR = ",
        "correct option is ",
        "Right CHOICE: ",
        "anſwer is "
      })
  void atEveryDistanceFromTheEnd(String phrase) {
    for (int before = 0; before < 12; before++) {
      for (int behind = 0; behind < 12; behind++) {
        String text = " ".repeat(before) + phrase + "7." + "n".repeat(behind);
        assertThat(AnswerPhrases.last(text))
            .as(text)
            .isEqualTo(Optional.of(new Extraction.Found("7", "phrase")));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "answe", "nswer is 7", "answers", "an swer is 7", "option is 7"})
  void notWhereThereIsNone(String text) {
    assertThat(AnswerPhrases.last(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"answer is 6. ", "answer: 6. Best choice: 6. ", "answeranswer answer "})
  void theLastOneCounts(String before) {
    for (int blanks = 0; blanks < 12; blanks++) {
      assertThat(AnswerPhrases.last(before + " ".repeat(blanks) + "so the answer is 7"))
          .isEqualTo(Optional.of(new Extraction.Found("7", "phrase")));
    }
  }
}
