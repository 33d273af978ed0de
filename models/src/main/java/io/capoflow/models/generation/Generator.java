package io.capoflow.models.generation;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.capoflow.models.generation.Generated.Ending;
import io.capoflow.models.tensor.TorchScript;
import io.capoflow.models.text.HfTokenizer;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.UserMistake;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Lays a batch of prompts out for {@code generation.py} and reads the continuations back. */
public final class Generator {
  private final TorchScript script;
  private final TorchScript.Value decoder;
  private final Supplier<NDManager> newScope;
  private final HfTokenizer tokenizer;
  private final int vocabularySize;
  private final int maxPositions;
  private final List<Integer> endTokens;

  /**
   * @param script has the methods of {@code generation.py} and of a model
   * @param decoder the script's {@code Decoder}
   * @param newScope gives an owner for tensors of one piece of work on their device
   * @param tokenizer reads responses for stop texts
   * @param endTokens each ends a continuation
   */
  public Generator(
      TorchScript script,
      TorchScript.Value decoder,
      Supplier<NDManager> newScope,
      HfTokenizer tokenizer,
      int vocabularySize,
      int maxPositions,
      List<Integer> endTokens) {
    this.script = requireNonNull(script, "script");
    this.decoder = requireNonNull(decoder, "decoder");
    this.newScope = requireNonNull(newScope, "newScope");
    this.tokenizer = requireNonNull(tokenizer, "tokenizer");
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
    try (NDManager scope = newScope.get();
        Batch work = new Batch(scope, wanted, parameters)) {
      return work.generate(batch);
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

  /** The batch at work: its tensors stay with the script, the loop is here. */
  private final class Batch implements AutoCloseable {
    private final NDManager scope;
    private final SamplingParameters parameters;
    private final int rows;
    private final TorchScript.Value state;
    private final boolean[] stopTextMet;

    Batch(NDManager scope, List<GenerationRequest> wanted, SamplingParameters parameters) {
      this.scope = scope;
      this.parameters = parameters;
      NDArray prompts = prompts(scope, wanted);
      NDArray rowPrompts = rowPrompts(scope, wanted);
      rows = Math.toIntExact(rowPrompts.size());
      stopTextMet = new boolean[rows];
      state =
          script.evaluate(
              "begin",
              decoder,
              prompts,
              scope.create(wanted.stream().mapToLong(r -> r.promptTokenIds().length).toArray()),
              rowPrompts,
              uniforms(scope, wanted, parameters.maxNewTokens()),
              scope.create(endTokens.stream().mapToLong(id -> id).toArray()),
              parameters.temperature(),
              parameters.topK(),
              parameters.topP(),
              parameters.minP());
    }

    List<List<Generated>> generate(List<GenerationRequest> batch) {
      if (parameters.stop().isEmpty()) {
        advance(scope, Open.all(rows), 0, parameters.maxNewTokens());
      } else {
        generateUntilStopTexts();
      }
      NDList drawn = script.call(scope, "drawn", state);
      long[] tokens = drawn.get("tokens").toLongArray();
      float[] logProbabilities = drawn.get("log_probabilities").toFloatArray();
      List<List<Generated>> generated = new ArrayList<>();
      int row = 0;
      for (GenerationRequest request : batch) {
        List<Generated> samples = new ArrayList<>();
        for (int s = 0; s < request.drawKeys().length; s++) {
          samples.add(read(tokens, logProbabilities, row));
          row++;
        }
        generated.add(List.copyOf(samples));
      }
      return List.copyOf(generated);
    }

    /** Token by token, so that a row leaves with the one that completes a stop text. */
    private void generateUntilStopTexts() {
      List<StopTexts> texts =
          IntStream.range(0, rows)
              .mapToObj(row -> new StopTexts(tokenizer, parameters.stop()))
              .toList();
      Open open = Open.all(rows);
      for (int i = 0; i < parameters.maxNewTokens() && open.any(); i++) {
        try (NDManager step = scope.newSubManager()) {
          open = advance(step, open, i, i + 1);
        }
        for (int place = 0; place < open.rows().length; place++) {
          int row = Math.toIntExact(open.rows()[place]);
          if (open.flags()[place]
              && texts.get(row).completedBy(Math.toIntExact(open.tokens()[place]))) {
            open.flags()[place] = false;
            stopTextMet[row] = true;
          }
        }
      }
    }

    private Open advance(NDManager step, Open open, int start, int end) {
      NDList result =
          script.call(
              step,
              "advance",
              decoder,
              state,
              step.create(open.rows()),
              step.create(open.tokens()),
              step.create(open.flags()),
              start,
              end);
      return new Open(
          result.get("rows").toLongArray(),
          result.get("tokens").toLongArray(),
          result.get("open").toBooleanArray());
    }

    @Override
    public void close() {
      state.close();
    }

    private Generated read(long[] tokens, float[] logProbabilities, int row) {
      int limit = parameters.maxNewTokens();
      int start = row * limit;
      int length = 0;
      while (length < limit && tokens[start + length] >= 0) {
        length++;
      }
      int[] ids = new int[length];
      for (int t = 0; t < length; t++) {
        ids[t] = Math.toIntExact(tokens[start + t]);
      }
      Ending ending =
          endTokens.contains(ids[length - 1])
              ? Ending.END_TOKEN
              : stopTextMet[row] ? Ending.STOP_TEXT : Ending.LENGTH;
      return new Generated(
          ids, Arrays.copyOfRange(logProbabilities, start, start + length), ending);
    }
  }

  /** The rows that are still generated, in the order of the caches, and their last tokens. */
  private record Open(long[] rows, long[] tokens, boolean[] flags) {
    static Open all(int rows) {
      boolean[] flags = new boolean[rows];
      Arrays.fill(flags, true);
      return new Open(LongStream.range(0, rows).toArray(), new long[rows], flags);
    }

    boolean any() {
      return IntStream.range(0, flags.length).anyMatch(place -> flags[place]);
    }
  }
}
