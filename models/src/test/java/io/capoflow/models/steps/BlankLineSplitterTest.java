package io.capoflow.models.steps;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class BlankLineSplitterTest {
  private final BlankLineSplitter splitter = new BlankLineSplitter();

  @Test
  void numbersStepsFromZeroAndLeavesTheSeparatorOut() {
    assertThat(splitter.split("1. 2+2=4\n\n\\boxed{4}"))
        .containsExactly(new Step(0, 0, 8), new Step(1, 10, 19));
  }

  @Test
  void oneNewlineDoesNotSplit() {
    assertThat(splitter.split("a\nb\n \nc")).containsExactly(new Step(0, 0, 7));
  }

  @Test
  void emptyAndBlankSegmentsAreNoSteps() {
    assertThat(splitter.split("\n\n\n\na\n\n \n\n\nb\n\n"))
        .containsExactly(new Step(0, 4, 5), new Step(1, 11, 12));
  }

  @Test
  void ofThreeNewlinesTheThirdBelongsToNoStep() {
    assertThat(splitter.split("a\n\n\nb")).containsExactly(new Step(0, 0, 1), new Step(1, 4, 5));
    assertThat(splitter.split("a\n\n\n\nb")).containsExactly(new Step(0, 0, 1), new Step(1, 5, 6));
  }

  @Test
  void aLineThatIsNotEmptyDoesNotSplit() {
    assertThat(splitter.split("a\r\n\r\nb")).containsExactly(new Step(0, 0, 6));
  }

  @Test
  void aTextOfWhiteSpaceHasNoSteps() {
    assertThat(splitter.split("")).isEmpty();
    assertThat(splitter.split(" \n\n\t\n\n\u00a0")).isEmpty();
  }

  @Test
  void positionsAreCodePoints() {
    assertThat(splitter.split("😀\n\n😀😀")).containsExactly(new Step(0, 0, 1), new Step(1, 3, 5));
  }

  @Test
  void isFoundByItsName() {
    assertThat(StepSplitters.named("blank_line")).isInstanceOf(BlankLineSplitter.class);
  }

  @Property
  void stepsAreTheNonBlankPiecesBetweenBlankLines(@ForAll("texts") String text) {
    int[] codePoints = text.codePoints().toArray();
    List<String> steps =
        splitter.split(text).stream()
            .map(step -> new String(codePoints, step.start(), step.end() - step.start()))
            .toList();

    List<String> pieces =
        Arrays.stream(text.split("\n\n", -1)).map(String::strip).filter(s -> !s.isEmpty()).toList();
    assertThat(steps).isEqualTo(pieces);
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.of("a", "b ", "😀", "\n", "\n\n", " ", "\t", "1. ", "é")
        .list()
        .ofMaxSize(14)
        .map(parts -> String.join("", parts));
  }
}
