package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.NaiveDecoder;
import io.capoflow.models.decoder.TinyModels;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SupervisedLearnerTest {
  private static final List<int[]> TOKENS =
      List.of(new int[] {1, 4, 7, 9, 2}, new int[] {1, 5, 5, 6, 7, 8, 2}, new int[] {1, 3, 2});
  private static final List<Integer> PROMPTS = List.of(2, 3, 1);

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void lossIsTheMeanCrossEntropyOfTheResponseTokens(Layout layout) {
    try (CausalLm model = TinyModels.load(directory, TinyModels.config(), 1);
        SupervisedLearner learner = new SupervisedLearner(model, Samples.ADAMW, layout)) {
      NaiveDecoder naive = new NaiveDecoder(model.config(), model.tensors());
      double sum = 0;
      int count = 0;
      for (int i = 0; i < TOKENS.size(); i++) {
        double[][] distribution = naive.logProbabilities(TOKENS.get(i), 1);
        for (int t = PROMPTS.get(i); t < TOKENS.get(i).length; t++) {
          sum -= distribution[t - 1][TOKENS.get(i)[t]];
          count++;
        }
      }
      assertThat(learner.step(TOKENS, PROMPTS, 1e-3)).isCloseTo(sum / count, within(1e-4));
      assertThat(learner.steps()).isEqualTo(1);
    }
  }

  @Test
  void learnsABatchByHeart() {
    try (CausalLm model = TinyModels.load(directory, TinyModels.config(), 1);
        SupervisedLearner learner = new SupervisedLearner(model, Samples.ADAMW, Layout.PADDED)) {
      double loss = Double.POSITIVE_INFINITY;
      for (int step = 0; step < 60; step++) {
        loss = learner.step(TOKENS, PROMPTS, 1e-2);
      }
      assertThat(loss).isLessThan(0.02);
    }
  }

  @Test
  void aBatchWithoutResponsesIsRefused() {
    try (CausalLm model = TinyModels.load(directory, TinyModels.config(), 1);
        SupervisedLearner learner = new SupervisedLearner(model, Samples.ADAMW, Layout.PADDED)) {
      assertThatThrownBy(() -> learner.step(List.of(new int[] {1, 2}), List.of(2), 1e-3))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
