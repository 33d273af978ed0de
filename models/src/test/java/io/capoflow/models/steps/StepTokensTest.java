package io.capoflow.models.steps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.steps.StepTokens.TokenSpan;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class StepTokensTest {
  private static final String EOS = "";

  @Test
  void tokensOfAStepAreItsOwnAndTheEndOfSequenceCarriesOutcomeOnly() {
    StepTokens tokens = stopped("1. ", "2+2", "=4", "\n\n", "\\boxed{", "4", "}", EOS);

    assertThat(stepsOf(tokens)).containsExactly(0, 0, 0, 0, 1, 1, 1, 1);
    assertThat(penalisable(tokens))
        .containsExactly(true, true, true, false, true, true, true, false);
    assertThat(tokens.spans()).containsExactly(new TokenSpan(0, 3), new TokenSpan(4, 7));
  }

  @Test
  void aTokenBelongsToTheStepOfItsFirstNonBlankCharacter() {
    StepTokens tokens = stopped("a", ".\n\n", "b", "\n\nc", EOS);

    assertThat(stepsOf(tokens)).containsExactly(0, 0, 1, 2, 2);
    assertThat(penalisable(tokens)).containsExactly(true, true, true, true, false);
    assertThat(tokens.spans())
        .containsExactly(new TokenSpan(0, 2), new TokenSpan(2, 3), new TokenSpan(3, 4));
  }

  @Test
  void aTokenOverSeveralStepsBelongsToTheFirstAndTheOthersHaveNoTokens() {
    StepTokens tokens = stopped("a\n\nb\n\n", "c", EOS);

    assertThat(stepsOf(tokens)).containsExactly(0, 2, 2);
    assertThat(tokens.spans())
        .containsExactly(new TokenSpan(0, 1), new TokenSpan(1, 1), new TokenSpan(1, 2));
  }

  @Test
  void blanksInsideAStepArePenalisedAndBlanksBetweenStepsAreNot() {
    StepTokens tokens = stopped("a", " ", "b", "\n", "c", " ", "\n\n", "\n", "d", "\n", EOS);

    assertThat(stepsOf(tokens)).containsExactly(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1);
    assertThat(penalisable(tokens))
        .containsExactly(true, true, true, true, true, false, false, false, true, false, false);
  }

  @Test
  void leadingWhiteSpaceBelongsToStepZero() {
    StepTokens tokens = stopped("\n\n", " ", "a", EOS);

    assertThat(stepsOf(tokens)).containsExactly(0, 0, 0, 0);
    assertThat(penalisable(tokens)).containsExactly(false, false, true, false);
    assertThat(tokens.spans()).containsExactly(new TokenSpan(2, 3));
  }

  @Test
  void endOfSequenceAloneHasNoSteps() {
    StepTokens tokens = stopped(EOS);

    assertThat(tokens.steps()).isEmpty();
    assertThat(stepsOf(tokens)).containsExactly(StepTokens.NO_STEP);
    assertThat(penalisable(tokens)).containsExactly(false);
    assertThat(tokens.spans()).isEmpty();
  }

  @Test
  void whiteSpaceAloneHasNoSteps() {
    assertThat(stepsOf(stopped(" ", "\n\n", EOS))).containsExactly(-1, -1, -1);
  }

  @Test
  void noTokensAtAllIsNoMistake() {
    assertThat(StepTokens.of("", List.of(), false, new BlankLineSplitter()).tokenCount()).isZero();
  }

  @Test
  void theUnfinishedLastStepOfACutResponseIsNotPenalised() {
    StepTokens tokens = cut("a", "\n\n", "b", "c");

    assertThat(tokens.lastStepCut()).isTrue();
    assertThat(stepsOf(tokens)).containsExactly(0, 0, 1, 1);
    assertThat(penalisable(tokens)).containsExactly(true, false, false, false);
    assertThat(tokens.spans()).containsExactly(new TokenSpan(0, 1), new TokenSpan(2, 4));
  }

  @Test
  void aLastStepThatABlankLineEndedIsFinishedEvenWhereTheResponseIsCut() {
    StepTokens tokens = cut("a", "\n\n", "b", "\n\n");

    assertThat(tokens.lastStepCut()).isFalse();
    assertThat(penalisable(tokens)).containsExactly(true, false, true, false);
    assertThat(cut("a", "\n\n", "b", "\n").lastStepCut()).isTrue();
    assertThat(cut("a", "\n\n", "b", "\n\n\n").lastStepCut()).isFalse();
  }

  @Test
  void theLastTokenOfACutResponseIsNoEndOfSequence() {
    StepTokens tokens = cut("a", "\n\n", "b", "\n\n", "c");

    assertThat(stepsOf(tokens)).containsExactly(0, 0, 1, 1, 2);
    assertThat(penalisable(tokens)).containsExactly(true, false, true, false, false);
  }

  @Test
  void theBytesOfACharacterGoWithTheTokenThatCompletesIt() {
    // "a", blank line, then a character of three tokens: the first two have no text of their own.
    StepTokens tokens =
        StepTokens.of("a\n\n😀", List.of(1, 3, 3, 3, 4, 4), true, new BlankLineSplitter());

    assertThat(stepsOf(tokens)).containsExactly(0, 0, 1, 1, 1, 1);
    assertThat(penalisable(tokens)).containsExactly(true, false, true, true, true, false);
  }

  @Test
  void endsThatFallOrPassTheTextAreRefused() {
    BlankLineSplitter splitter = new BlankLineSplitter();
    assertThatThrownBy(() -> StepTokens.of("ab", List.of(2, 1), true, splitter))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> StepTokens.of("ab", List.of(1, 3), true, splitter))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Property
  void everyTokenBelongsToOneStepAndSpansHoldExactlyThePenalisableTokens(
      @ForAll("pieces") List<String> pieces) {
    List<String> all = new ArrayList<>(pieces);
    all.add(EOS);
    StepTokens tokens = stopped(all.toArray(String[]::new));
    List<Integer> steps = stepsOf(tokens);

    assertThat(steps).isSorted();
    int last = tokens.steps().size() - 1;
    assertThat(steps).allMatch(step -> last < 0 ? step == -1 : step >= 0 && step <= last);
    assertThat(tokens.spans()).hasSameSizeAs(tokens.steps());
    for (int token = 0; token < tokens.tokenCount(); token++) {
      boolean inSpan = false;
      for (int step = 0; step <= last; step++) {
        TokenSpan span = tokens.spans().get(step);
        if (span.start() <= token && token < span.end()) {
          inSpan = true;
          assertThat(tokens.stepOf(token)).isEqualTo(step);
        }
      }
      assertThat(tokens.penalisable(token)).isEqualTo(inSpan);
      assertThat(inSpan).isEqualTo(!all.get(token).isBlank());
    }
  }

  @Provide
  Arbitrary<List<String>> pieces() {
    // Blank pieces that a step could hold inside are left out, so that blank means outside.
    return Arbitraries.of("a", "b ", "😀", "\n\n", " c", ".\n\n", "\n\nd", "e\n\nf").list();
  }

  private static StepTokens stopped(String... tokens) {
    return StepTokens.of(String.join("", tokens), ends(tokens), true, new BlankLineSplitter());
  }

  private static StepTokens cut(String... tokens) {
    return StepTokens.of(String.join("", tokens), ends(tokens), false, new BlankLineSplitter());
  }

  private static List<Integer> ends(String... tokens) {
    List<Integer> ends = new ArrayList<>();
    int end = 0;
    for (String token : tokens) {
      end += token.codePointCount(0, token.length());
      ends.add(end);
    }
    return ends;
  }

  private static List<Integer> stepsOf(StepTokens tokens) {
    return IntStream.range(0, tokens.tokenCount()).map(tokens::stepOf).boxed().toList();
  }

  private static List<Boolean> penalisable(StepTokens tokens) {
    return IntStream.range(0, tokens.tokenCount()).mapToObj(tokens::penalisable).toList();
  }
}
