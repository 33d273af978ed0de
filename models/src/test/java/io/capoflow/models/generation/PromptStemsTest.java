package io.capoflow.models.generation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PromptStemsTest {
  private static final int[] TEMPLATE = run(100, 40);

  @Test
  void whatRolloutsOfAQuestionHaveInCommonIsReadOnceAndTheTemplateBeforeIt() {
    int[] first = joined(TEMPLATE, run(200, 20));
    int[] second = joined(TEMPLATE, run(300, 30));
    List<int[]> prompts =
        List.of(
            joined(first, run(1, 3)),
            joined(second, run(2, 5)),
            joined(first, run(3, 9)),
            joined(second, run(4, 2)));
    PromptStems stems = PromptStems.of(prompts, 8);

    assertThat(stems.stems()).containsExactlyInAnyOrder(first, second);
    assertThat(stems.rootTokens()).isEqualTo(TEMPLATE.length);
    long[] of = stems.of(List.of(0, 1, 2, 3));
    for (int i = 0; i < prompts.size(); i++) {
      assertThat(prompts.get(i)).startsWith(stems.stems().get((int) of[i]));
    }
    assertThat(stems.start(List.of(1, 3), prompts)).isEqualTo(second.length);
    assertThat(stems.start(List.of(0, 1), prompts)).isEqualTo(first.length);
  }

  @Test
  void aPromptThatSharesTheTemplateAloneGoesOnFromThere() {
    int[] question = joined(TEMPLATE, run(200, 20));
    List<int[]> prompts =
        List.of(
            joined(question, run(1, 3)), joined(question, run(2, 3)), joined(TEMPLATE, run(9, 9)));
    PromptStems stems = PromptStems.of(prompts, 8);

    assertThat(stems.stems()).containsExactlyInAnyOrder(question, TEMPLATE);
    assertThat(stems.rootTokens()).isEqualTo(TEMPLATE.length - 1);
    assertThat(stems.start(List.of(2), prompts)).isEqualTo(TEMPLATE.length);
  }

  @Test
  void ofEqualPromptsOneTokenIsLeftToRead() {
    List<int[]> prompts = List.of(TEMPLATE, TEMPLATE, TEMPLATE);
    PromptStems stems = PromptStems.of(prompts, 8);

    assertThat(stems.stems()).containsExactly(TEMPLATE);
    assertThat(stems.rootTokens()).isZero();
    assertThat(stems.start(List.of(0, 1, 2), prompts)).isEqualTo(TEMPLATE.length - 1);
  }

  @Test
  void whatIsShortOrSingleIsNoStem() {
    int[] little = run(5, PromptStems.LEAST - 1);
    List<int[]> prompts = List.of(joined(little, run(1, 30)), joined(little, run(2, 30)));

    assertThat(PromptStems.of(prompts, 8).stems()).isEmpty();
    assertThat(PromptStems.of(prompts, 8).start(List.of(0, 1), prompts)).isZero();
    assertThat(PromptStems.of(List.of(TEMPLATE), 8).stems()).isEmpty();
    assertThat(PromptStems.of(List.of(), 8).stems()).isEmpty();
  }

  @Test
  void whereStemsAreManyThoseThatSpareMostAreTaken() {
    int[] longer = run(200, 50);
    int[] shorter = run(300, 20);
    List<int[]> prompts =
        List.of(
            joined(shorter, run(1, 3)),
            joined(shorter, run(2, 3)),
            joined(longer, run(3, 3)),
            joined(longer, run(4, 3)));

    assertThat(PromptStems.of(prompts, 1).stems()).containsExactly(longer);
    assertThat(PromptStems.of(prompts, 1).start(List.of(0, 2), prompts)).isZero();
  }

  private static int[] run(int from, int tokens) {
    return IntStream.range(from, from + tokens).toArray();
  }

  private static int[] joined(int[] one, int[] other) {
    int[] joined = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, joined, one.length, other.length);
    return joined;
  }
}
