package io.capoflow.models.generation;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.capoflow.models.tensor.TorchScript;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.UserMistake;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** Lays a batch of prompts out for {@code generation.py} and reads the continuations back. */
public final class Generator {
  private final TorchScript script;
  private final List<NDArray> weights;
  private final Supplier<NDManager> newScope;
  private final int vocabularySize;
  private final int maxPositions;
  private final List<Integer> endTokens;

  /**
   * @param script has the methods of {@code generation.py} and of a model
   * @param weights what the script computes with
   * @param newScope gives an owner for tensors of one piece of work on their device
   * @param endTokens each ends a continuation
   */
  public Generator(
      TorchScript script,
      List<NDArray> weights,
      Supplier<NDManager> newScope,
      int vocabularySize,
      int maxPositions,
      List<Integer> endTokens) {
    this.script = requireNonNull(script, "script");
    this.weights = requireNonNull(weights, "weights");
    this.newScope = requireNonNull(newScope, "newScope");
    this.vocabularySize = vocabularySize;
    this.maxPositions = maxPositions;
    this.endTokens = List.copyOf(endTokens);
  }

  /** As {@link io.capoflow.models.decoder.CausalLm#generate} says. */
  public List<List<Generated>> generate(
      List<GenerationRequest> batch, SamplingParameters parameters) {
    requireNonNull(parameters, "parameters");
    batch.forEach(request -> check(request, parameters));
    List<GenerationRequest> wanted =
        batch.stream().filter(request -> request.drawKeys().length > 0).toList();
    if (wanted.isEmpty()) {
      return batch.stream().map(request -> List.<Generated>of()).toList();
    }
    int limit = parameters.maxNewTokens();
    try (NDManager scope = newScope.get()) {
      NDList result =
          script.call(
              scope,
              "generate",
              weights,
              prompts(scope, wanted),
              scope.create(wanted.stream().mapToLong(r -> r.promptTokenIds().length).toArray()),
              rowPrompts(scope, wanted),
              uniforms(scope, wanted, limit),
              scope.create(endTokens.stream().mapToLong(id -> id).toArray()),
              parameters.temperature(),
              parameters.topP());
      long[] tokens = result.get(0).toLongArray();
      float[] logProbabilities = result.get(1).toFloatArray();
      List<List<Generated>> generated = new ArrayList<>();
      int row = 0;
      for (GenerationRequest request : batch) {
        List<Generated> samples = new ArrayList<>();
        for (int s = 0; s < request.drawKeys().length; s++) {
          samples.add(read(tokens, logProbabilities, row * limit, limit));
          row++;
        }
        generated.add(List.copyOf(samples));
      }
      return List.copyOf(generated);
    }
  }

  private void check(GenerationRequest request, SamplingParameters parameters) {
    int[] prompt = request.promptTokenIds();
    if (prompt.length == 0) {
      throw new IllegalArgumentException("a prompt has at least one token");
    }
    for (int token : prompt) {
      if (token < 0 || token >= vocabularySize) {
        throw new IllegalArgumentException(
            "token " + token + " is beyond the vocabulary of " + vocabularySize);
      }
    }
    long longest = (long) prompt.length + parameters.maxNewTokens();
    if (longest > maxPositions) {
      throw new UserMistake(
          "max_new_tokens: a prompt of "
              + prompt.length
              + " tokens and "
              + parameters.maxNewTokens()
              + " new ones exceed the model's max_position_embeddings of "
              + maxPositions
              + "; lower max_new_tokens");
    }
  }

  /** [prompts, time], padded on the left. */
  private static NDArray prompts(NDManager scope, List<GenerationRequest> batch) {
    int time = batch.stream().mapToInt(r -> r.promptTokenIds().length).max().orElseThrow();
    long[] ids = new long[batch.size() * time];
    for (int i = 0; i < batch.size(); i++) {
      int[] prompt = batch.get(i).promptTokenIds();
      int start = (i + 1) * time - prompt.length;
      for (int t = 0; t < prompt.length; t++) {
        ids[start + t] = prompt[t];
      }
    }
    return scope.create(ids, new Shape(batch.size(), time));
  }

  /** [rows]: which prompt a row continues. */
  private static NDArray rowPrompts(NDManager scope, List<GenerationRequest> batch) {
    List<Long> rows = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      for (int s = 0; s < batch.get(i).drawKeys().length; s++) {
        rows.add((long) i);
      }
    }
    return scope.create(rows.stream().mapToLong(Long::longValue).toArray());
  }

  /** [rows, limit] */
  private static NDArray uniforms(NDManager scope, List<GenerationRequest> batch, int limit) {
    long[] keys = batch.stream().flatMapToLong(r -> Arrays.stream(r.drawKeys())).toArray();
    double[] uniforms = new double[Math.multiplyExact(keys.length, limit)];
    for (int row = 0; row < keys.length; row++) {
      for (int t = 0; t < limit; t++) {
        uniforms[row * limit + t] = Draws.uniform(keys[row], t);
      }
    }
    return scope.create(uniforms, new Shape(keys.length, limit));
  }

  private Generated read(long[] tokens, float[] logProbabilities, int start, int limit) {
    int length = 0;
    while (length < limit && tokens[start + length] >= 0) {
      length++;
    }
    int[] ids = new int[length];
    for (int t = 0; t < length; t++) {
      ids[t] = Math.toIntExact(tokens[start + t]);
    }
    boolean stopped = endTokens.contains(ids[length - 1]);
    return new Generated(
        ids,
        Arrays.copyOfRange(logProbabilities, start, start + length),
        stopped ? Generated.FinishReason.STOP : Generated.FinishReason.LENGTH);
  }
}
