package io.capoflow.runners.it;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The evaluation of ProcessBench (Zheng et al., arXiv:2412.06559), written a second time from its
 * definition. A critique without a box, with a box around no number or around a number of no
 * paragraph predicts nothing.
 */
final class ProcessBenchEvaluation {
  private ProcessBenchEvaluation() {}

  /** Whether so many wrong votes of so many make a step wrong. */
  interface Rule {
    boolean isWrong(int wrongVotes, int votes);
  }

  /** What several critiques predict together; empty where they predict nothing. */
  interface Together {
    OptionalInt of(List<OptionalInt> predictions, int steps, int asked);
  }

  /** A way to predict, and its name in figures. */
  record Prediction(String name, Together together) {
    /** By votes on each step, of which each critique calls at most one wrong. */
    static Prediction voted(String name, Rule rule) {
      return new Prediction(
          name, (predictions, steps, asked) -> vote(predictions, steps, asked, rule));
    }
  }

  /** Of those that are equally frequent, the one that came first, as Python's Counter does. */
  static OptionalInt mostFrequent(List<OptionalInt> predictions, int steps, int asked) {
    Map<Integer, Integer> counts = new LinkedHashMap<>();
    predictions.stream()
        .flatMapToInt(OptionalInt::stream)
        .forEach(index -> counts.merge(index, 1, Integer::sum));
    Optional<Map.Entry<Integer, Integer>> most = Optional.empty();
    for (Map.Entry<Integer, Integer> entry : counts.entrySet()) {
      if (most.isEmpty() || entry.getValue() > most.get().getValue()) {
        most = Optional.of(entry);
      }
    }
    return most.isEmpty() ? OptionalInt.empty() : OptionalInt.of(most.get().getKey());
  }

  private static OptionalInt vote(List<OptionalInt> predictions, int steps, int asked, Rule rule) {
    List<Integer> valid = predictions.stream().flatMapToInt(OptionalInt::stream).boxed().toList();
    if (2 * valid.size() < asked) {
      return OptionalInt.empty();
    }
    for (int step = 0; step < steps; step++) {
      int index = step;
      int wrong = (int) valid.stream().filter(named -> named == index).count();
      if (rule.isWrong(wrong, valid.size())) {
        return OptionalInt.of(step);
      }
    }
    return OptionalInt.of(-1);
  }

  /** The score of a way to predict, over rows. */
  static Score of(List<ProcessBenchRow> rows, Prediction prediction, int asked) {
    int[] all = new int[2];
    int[] matched = new int[2];
    int without = 0;
    for (ProcessBenchRow row : rows) {
      OptionalInt predicted =
          prediction.together().of(row.predictions(), row.steps().size(), asked);
      int kind = row.label() == -1 ? 1 : 0;
      all[kind]++;
      matched[kind] += predicted.equals(OptionalInt.of(row.label())) ? 1 : 0;
      without += predicted.isEmpty() ? 1 : 0;
    }
    double onErroneous = (double) matched[0] / all[0] * 100;
    double onCorrect = (double) matched[1] / all[1] * 100;
    return new Score(
        all[0],
        all[1],
        without,
        onErroneous,
        onCorrect,
        2 * onErroneous * onCorrect / (onErroneous + onCorrect));
  }

  /** Accuracies and F1 in per cent. */
  record Score(
      int erroneous,
      int correct,
      int withoutPrediction,
      double accuracyOnErroneous,
      double accuracyOnCorrect,
      double f1) {
    /** The end of its line in the card. */
    String printed() {
      return "| %d | %s | %d | %s | %s | %d |"
          .formatted(
              erroneous,
              oneDigit(accuracyOnErroneous),
              correct,
              oneDigit(accuracyOnCorrect),
              oneDigit(f1),
              withoutPrediction);
    }

    private static String oneDigit(double value) {
      return new BigDecimal(value).setScale(1, RoundingMode.HALF_EVEN).toPlainString();
    }
  }
}
