package io.capoflow.benchmarks;

import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.learning.TrainingSequence;
import java.util.List;

/**
 * The floating-point operations that a decoder cannot do without, and the bytes that it must read,
 * in float32. A multiplication and an addition count as two. Counted are the products of matrices
 * alone: norms, rotations, activations and softmax are left out, so nothing reaches this limit.
 *
 * @param layerParameters of the matrices of all layers
 * @param headParameters of the output projection
 * @param attentionWidth numbers in the queries of all heads and layers
 * @param cacheWidth numbers in the keys and values of one position, of all layers
 */
record DecoderWork(
    long layerParameters, long headParameters, long attentionWidth, long cacheWidth) {
  static DecoderWork of(DecoderConfig config) {
    long queries = (long) config.heads() * config.headDimension();
    long keys = (long) config.keyValueHeads() * config.headDimension();
    long layer = config.hiddenSize() * (2 * queries + 2 * keys + 3L * config.intermediateSize());
    return new DecoderWork(
        layer * config.layers(),
        (long) config.vocabularySize() * config.hiddenSize(),
        queries * config.layers(),
        2 * keys * config.layers());
  }

  /** Weights that a token is multiplied with. */
  long parameters() {
    return layerParameters + headParameters;
  }

  /**
   * Operations of one update of all parameters: 6 a parameter and token, two in the forward pass
   * and four in the backward pass, and attention. Only response tokens meet the output projection.
   */
  double trainingFlops(List<TrainingSequence> sequences) {
    return sequences.stream().mapToDouble(sequence -> flops(sequence, 6)).sum();
  }

  /**
   * The same where an adapter is trained: 4 a parameter and token, since the matrices below it get
   * no gradient. The adapter's own operations are some percent, and are not counted.
   */
  double adapterFlops(List<TrainingSequence> sequences) {
    return sequences.stream().mapToDouble(sequence -> flops(sequence, 4)).sum();
  }

  private double flops(TrainingSequence sequence, int aParameter) {
    // A forward pass multiplies queries with keys and weights with values, 4 a pair of positions;
    // its backward pass takes twice as many.
    double pairs = sequence.tokens() * (sequence.tokens() + 1) / 2.0;
    return aParameter
            * ((double) layerParameters * sequence.tokens()
                + (double) headParameters * sequence.responseTokenIds().length)
        + 12 * attentionWidth * pairs;
  }

  /**
   * Operations of sampling one token.
   *
   * @param context positions that it attends to
   */
  double samplingFlops(double context) {
    return 2.0 * parameters() + 4 * attentionWidth * context;
  }

  /** Bytes of the weights, read once for all rows of a step. */
  double weightBytes() {
    return (double) parameters() * Float.BYTES;
  }

  /** Bytes of keys and values that one row reads in a step where it shares none. */
  double cacheBytes(double context) {
    return cacheWidth * context * Float.BYTES;
  }
}
