package io.capoflow.models.decoder;

import io.capoflow.models.checkpoint.TensorData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SortedMap;

/**
 * The Llama block in plain loops of double precision: one sequence, no cache, no batch, written
 * from the paper rather than from our TorchScript.
 */
public final class NaiveDecoder {
  private final DecoderConfig config;
  private final SortedMap<String, TensorData> tensors;

  public NaiveDecoder(DecoderConfig config, SortedMap<String, TensorData> tensors) {
    this.config = config;
    this.tensors = tensors;
  }

  /** log softmax(logits / temperature) after each token: [time][vocabulary]. */
  public double[][] logProbabilities(int[] ids, double temperature) {
    double[][] x = new double[ids.length][];
    double[][] embedding = matrix("model.embed_tokens.weight");
    for (int t = 0; t < ids.length; t++) {
      x[t] = embedding[ids[t]].clone();
    }
    for (int layer = 0; layer < config.layers(); layer++) {
      String prefix = "model.layers." + layer + ".";
      add(x, attention(prefix, norm(x, prefix + "input_layernorm.weight")));
      add(x, feedForward(prefix, norm(x, prefix + "post_attention_layernorm.weight")));
    }
    String head = config.tiedEmbeddings() ? "model.embed_tokens.weight" : "lm_head.weight";
    double[][] logits = multiply(norm(x, "model.norm.weight"), matrix(head));
    for (double[] row : logits) {
      double sum = 0;
      double max = Double.NEGATIVE_INFINITY;
      for (double z : row) {
        max = Math.max(max, z / temperature);
      }
      for (double z : row) {
        sum += Math.exp(z / temperature - max);
      }
      for (int v = 0; v < row.length; v++) {
        row[v] = row[v] / temperature - max - Math.log(sum);
      }
    }
    return logits;
  }

  private double[][] attention(String prefix, double[][] x) {
    int dimension = config.headDimension();
    double[][] q = multiply(x, matrix(prefix + "self_attn.q_proj.weight"));
    double[][] k = multiply(x, matrix(prefix + "self_attn.k_proj.weight"));
    double[][] v = multiply(x, matrix(prefix + "self_attn.v_proj.weight"));
    rotate(q, config.heads());
    rotate(k, config.keyValueHeads());
    double[][] mixed = new double[x.length][config.heads() * dimension];
    int shared = config.heads() / config.keyValueHeads();
    for (int head = 0; head < config.heads(); head++) {
      int from = head * dimension;
      int keyFrom = (head / shared) * dimension;
      for (int t = 0; t < x.length; t++) {
        double[] score = new double[t + 1];
        double sum = 0;
        for (int s = 0; s <= t; s++) {
          double dot = 0;
          for (int i = 0; i < dimension; i++) {
            dot += q[t][from + i] * k[s][keyFrom + i];
          }
          score[s] = Math.exp(dot / Math.sqrt(dimension));
          sum += score[s];
        }
        for (int s = 0; s <= t; s++) {
          for (int i = 0; i < dimension; i++) {
            mixed[t][from + i] += score[s] / sum * v[s][keyFrom + i];
          }
        }
      }
    }
    return multiply(mixed, matrix(prefix + "self_attn.o_proj.weight"));
  }

  /** Turns the pair (i, i + d/2) of each head by position · theta^(-2i/d). */
  private void rotate(double[][] x, int heads) {
    int half = config.headDimension() / 2;
    for (int t = 0; t < x.length; t++) {
      for (int head = 0; head < heads; head++) {
        for (int i = 0; i < half; i++) {
          int first = head * 2 * half + i;
          double angle = t * Math.pow(config.ropeTheta(), -2.0 * i / (2 * half));
          double a = x[t][first];
          double b = x[t][first + half];
          x[t][first] = a * Math.cos(angle) - b * Math.sin(angle);
          x[t][first + half] = b * Math.cos(angle) + a * Math.sin(angle);
        }
      }
    }
  }

  private double[][] feedForward(String prefix, double[][] x) {
    double[][] gate = multiply(x, matrix(prefix + "mlp.gate_proj.weight"));
    double[][] up = multiply(x, matrix(prefix + "mlp.up_proj.weight"));
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < gate[t].length; i++) {
        gate[t][i] = gate[t][i] / (1 + Math.exp(-gate[t][i])) * up[t][i];
      }
    }
    return multiply(gate, matrix(prefix + "mlp.down_proj.weight"));
  }

  private double[][] norm(double[][] x, String name) {
    double[] weight = flat(name);
    double[][] out = new double[x.length][weight.length];
    for (int t = 0; t < x.length; t++) {
      double squares = 0;
      for (double value : x[t]) {
        squares += value * value;
      }
      double scale = 1 / Math.sqrt(squares / weight.length + config.normEpsilon());
      for (int i = 0; i < weight.length; i++) {
        out[t][i] = x[t][i] * scale * weight[i];
      }
    }
    return out;
  }

  /** x · wᵀ, as PyTorch's linear layers hold their weights. */
  private static double[][] multiply(double[][] x, double[][] w) {
    double[][] out = new double[x.length][w.length];
    for (int t = 0; t < x.length; t++) {
      for (int o = 0; o < w.length; o++) {
        for (int i = 0; i < w[o].length; i++) {
          out[t][o] += x[t][i] * w[o][i];
        }
      }
    }
    return out;
  }

  private static void add(double[][] x, double[][] y) {
    for (int t = 0; t < x.length; t++) {
      for (int i = 0; i < x[t].length; i++) {
        x[t][i] += y[t][i];
      }
    }
  }

  private double[][] matrix(String name) {
    double[] flat = flat(name);
    int columns = (int) tensors.get(name).shape()[1];
    double[][] rows = new double[flat.length / columns][columns];
    for (int i = 0; i < flat.length; i++) {
      rows[i / columns][i % columns] = flat[i];
    }
    return rows;
  }

  private double[] flat(String name) {
    TensorData tensor = tensors.get(name);
    ByteBuffer bytes = tensor.bytes().duplicate().rewind().order(ByteOrder.LITTLE_ENDIAN);
    boolean wide = tensor.dtype().equals("F64");
    double[] values = new double[bytes.remaining() / (wide ? 8 : 4)];
    for (int i = 0; i < values.length; i++) {
      values[i] = wide ? bytes.getDouble() : bytes.getFloat();
    }
    return values;
  }
}
