package io.capoflow.models.learning;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleBiFunction;

/**
 * Sequences laid out in rows for {@code log_probabilities.py}. A sequence takes part without its
 * last token, which predicts nothing; one without a response takes no part.
 */
final class PartRows {
  private final List<TrainingSequence> sequences;
  private final Layout layout;
  private final int width;
  private final int rows;

  /** Flat index of each taking-part sequence's first slot, by index of the sequence. */
  private final int[] starts;

  PartRows(List<TrainingSequence> sequences, Layout layout) {
    this.sequences = List.copyOf(sequences);
    this.layout = layout;
    this.width = sequences.stream().mapToInt(PartRows::slots).max().orElse(0);
    this.starts = new int[sequences.size()];
    this.rows = place();
  }

  /** Slots of all rows, padding included. */
  long size() {
    return (long) rows * width;
  }

  /** Response tokens. */
  int tokens() {
    return sequences.stream().mapToInt(sequence -> sequence.responseTokenIds().length).sum();
  }

  /**
   * The fields of {@code Rows} of {@code log_probabilities.py}, by name; the caller may add to
   * them.
   */
  Map<String, NDArray> tensors(NDManager scope) {
    long[] ids = new long[rows * width];
    long[] positions = new long[rows * width];
    long[] segments = new long[rows * width];
    Arrays.fill(segments, -1);
    long[] selected = new long[tokens()];
    long[] targets = new long[tokens()];
    int token = 0;
    for (int i = 0; i < sequences.size(); i++) {
      TrainingSequence sequence = sequences.get(i);
      int prompt = sequence.promptTokenIds().length;
      int[] response = sequence.responseTokenIds();
      for (int t = 0; t < slots(sequence); t++) {
        ids[starts[i] + t] = t < prompt ? sequence.promptTokenIds()[t] : response[t - prompt];
        positions[starts[i] + t] = t;
        segments[starts[i] + t] = i;
      }
      for (int t = 0; t < response.length; t++) {
        selected[token] = (long) starts[i] + prompt - 1 + t;
        targets[token] = response[t];
        token++;
      }
    }
    Shape shape = new Shape(rows, width);
    Map<String, NDArray> tensors = new LinkedHashMap<>();
    tensors.put("ids", scope.create(ids, shape));
    tensors.put("positions", scope.create(positions, shape));
    if (layout == Layout.PACKED) {
      tensors.put("segments", scope.create(segments, shape));
    }
    tensors.put("selected", scope.create(selected));
    tensors.put("targets", scope.create(targets));
    return tensors;
  }

  /** One number per response token, from (index of the sequence, index in its response). */
  double[] perToken(ToDoubleBiFunction<Integer, Integer> value) {
    double[] values = new double[tokens()];
    int token = 0;
    for (int i = 0; i < sequences.size(); i++) {
      for (int t = 0; t < sequences.get(i).responseTokenIds().length; t++) {
        values[token++] = value.applyAsDouble(i, t);
      }
    }
    return values;
  }

  /** Divides numbers per response token among the sequences. */
  float[][] perSequence(float[] values) {
    float[][] divided = new float[sequences.size()][];
    int token = 0;
    for (int i = 0; i < divided.length; i++) {
      int length = sequences.get(i).responseTokenIds().length;
      divided[i] = Arrays.copyOfRange(values, token, token + length);
      token += length;
    }
    return divided;
  }

  /** Divides numbers per response token among the sequences. */
  double[][] perSequence(double[] values) {
    double[][] divided = new double[sequences.size()][];
    int token = 0;
    for (int i = 0; i < divided.length; i++) {
      int length = sequences.get(i).responseTokenIds().length;
      divided[i] = Arrays.copyOfRange(values, token, token + length);
      token += length;
    }
    return divided;
  }

  /** First fit in the order given; returns the number of rows. */
  private int place() {
    List<Integer> filled = new ArrayList<>();
    for (int i = 0; i < sequences.size(); i++) {
      int slots = slots(sequences.get(i));
      if (slots == 0) {
        continue;
      }
      int row = 0;
      while (row < filled.size() && (layout == Layout.PADDED || filled.get(row) + slots > width)) {
        row++;
      }
      if (row == filled.size()) {
        filled.add(0);
      }
      starts[i] = row * width + filled.get(row);
      filled.set(row, filled.get(row) + slots);
    }
    return filled.size();
  }

  /** Slots that a sequence takes. */
  static int slots(TrainingSequence sequence) {
    return sequence.responseTokenIds().length == 0 ? 0 : sequence.tokens() - 1;
  }
}
