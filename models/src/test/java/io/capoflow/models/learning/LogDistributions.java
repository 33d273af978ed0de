package io.capoflow.models.learning;

import io.capoflow.models.decoder.CausalLm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** A model's whole distributions, asked for token by token as a learner asks. */
public final class LogDistributions {
  private LogDistributions() {}

  /** Untempered log-probabilities of all tokens at each position of the sequences' responses. */
  public static float[] of(CausalLm model, List<TrainingSequence> sequences, Layout layout) {
    List<TrainingSequence> questions = new ArrayList<>();
    for (TrainingSequence sequence : sequences) {
      int[] response = sequence.responseTokenIds();
      for (int t = 0; t < response.length; t++) {
        int[] context =
            IntStream.concat(
                    Arrays.stream(sequence.promptTokenIds()), Arrays.stream(response, 0, t))
                .toArray();
        for (int token = 0; token < model.config().vocabularySize(); token++) {
          questions.add(new TrainingSequence(context, new int[] {token}, new float[1]));
        }
      }
    }
    try (PolicyLearner learner =
        new PolicyLearner(
            model,
            Optional.empty(),
            ObjectiveSettings.standard(0, 1),
            Samples.ADAMW,
            layout,
            Optional.empty())) {
      float[][] answers = learner.logProbabilities(questions);
      float[] distribution = new float[answers.length];
      for (int i = 0; i < answers.length; i++) {
        distribution[i] = answers[i][0];
      }
      return distribution;
    }
  }
}
