package io.capoflow.models.generation;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.capoflow.models.generation.Generated.Ending;
import io.capoflow.models.tensor.TorchScript;
import io.capoflow.models.text.HfTokenizer;
import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.UserMistake;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntBinaryOperator;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/**
 * Lays prompts out for {@code generation.py}, has rows take the places of those that ended, and
 * reads the continuations back.
 */
public final class Generator {
  private final TorchScript script;
  private final TorchScript.Value decoder;
  private final Supplier<NDManager> newScope;
  private final HfTokenizer tokenizer;
  private final int vocabularySize;
  private final int maxPositions;
  private final List<Integer> endTokens;
  private final int layers;
  private final long keys;
  private final Supplier<CallLength> callLength;

  /**
   * @param script has the methods of {@code generation.py} and of a model
   * @param decoder the script's {@code Decoder}
   * @param newScope gives an owner for tensors of one piece of work on their device
   * @param tokenizer reads responses for stop texts
   * @param endTokens each ends a continuation
   * @param layers of the decoder
   * @param keys numbers that a layer keeps of a token as its keys
   */
  public Generator(
      TorchScript script,
      TorchScript.Value decoder,
      Supplier<NDManager> newScope,
      HfTokenizer tokenizer,
      int vocabularySize,
      int maxPositions,
      List<Integer> endTokens,
      int layers,
      long keys) {
    this(
        script,
        decoder,
        newScope,
        tokenizer,
        vocabularySize,
        maxPositions,
        endTokens,
        layers,
        keys,
        CallLength::byTheClock);
  }

  /** One whose native calls are so long. */
  Generator(
      TorchScript script,
      TorchScript.Value decoder,
      Supplier<NDManager> newScope,
      HfTokenizer tokenizer,
      int vocabularySize,
      int maxPositions,
      List<Integer> endTokens,
      int layers,
      long keys,
      Supplier<CallLength> callLength) {
    this.script = requireNonNull(script, "script");
    this.decoder = requireNonNull(decoder, "decoder");
    this.newScope = requireNonNull(newScope, "newScope");
    this.tokenizer = requireNonNull(tokenizer, "tokenizer");
    this.vocabularySize = vocabularySize;
    this.maxPositions = maxPositions;
    this.endTokens = List.copyOf(endTokens);
    this.layers = layers;
    this.keys = keys;
    this.callLength = requireNonNull(callLength, "callLength");
  }

  /** As {@link io.capoflow.models.decoder.CausalLm#generate} says. */
  public List<List<Generated>> generate(
      List<GenerationRequest> requests, SamplingParameters parameters, int maxRows) {
    requireNonNull(parameters, "parameters");
    if (maxRows < 1) {
      throw new IllegalArgumentException("max_rows must be positive: " + maxRows);
    }
    requests.forEach(request -> check(request, parameters));
    if (requests.stream().allMatch(request -> request.drawKeys().length == 0)) {
      return requests.stream().map(request -> List.<Generated>of()).toList();
    }
    try (NDManager scope = newScope.get();
        Work work = new Work(scope, requests, parameters, maxRows)) {
      return work.generate();
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

  /** A call at work: its tensors stay with the script, the loop is here. */
  private final class Work implements AutoCloseable {
    private final NDManager scope;
    private final List<GenerationRequest> requests;
    private final SamplingParameters parameters;
    private final WaitingRequests waiting;
    private final List<int[]> prompts;
    private final PromptStems stems;

    /** Of each request the number of its first row. */
    private final int[] firstRows;

    private final int rows;

    /** Of each row the request that it is of. */
    private final int[] requestOf;

    private final TorchScript.Value state;

    /** Of reading: a token by a layer is a unit. */
    private final CallLength reading = callLength.get();

    /** Of decoding: a step of all open rows is a unit. */
    private final CallLength decoding = callLength.get();

    private final List<StopTexts> stopTexts;
    private final boolean[] stopTextMet;

    Work(
        NDManager scope,
        List<GenerationRequest> requests,
        SamplingParameters parameters,
        int maxRows) {
      this.scope = scope;
      this.requests = requests;
      this.parameters = parameters;
      waiting = new WaitingRequests(requests, maxRows);
      prompts = requests.stream().map(GenerationRequest::promptTokenIds).toList();
      stems = PromptStems.of(prompts, waiting.promptPlaces());
      firstRows = new int[requests.size()];
      int counted = 0;
      for (int i = 0; i < firstRows.length; i++) {
        firstRows[i] = counted;
        counted = Math.addExact(counted, requests.get(i).drawKeys().length);
      }
      rows = counted;
      requestOf = new int[rows];
      for (int i = 0; i < firstRows.length; i++) {
        Arrays.fill(requestOf, firstRows[i], firstRows[i] + requests.get(i).drawKeys().length, i);
      }
      stopTextMet = new boolean[rows];
      stopTexts =
          parameters.stop().isEmpty()
              ? List.of()
              : IntStream.range(0, rows)
                  .mapToObj(row -> new StopTexts(tokenizer, parameters.stop()))
                  .toList();
      state = begin();
    }

    private TorchScript.Value begin() {
      NDArray beginnings = padded(scope, stems.stems(), 0);
      int rootTokens = stems.rootTokens();
      try (TorchScript.Value root = script.evaluate("read_root", decoder, beginnings, rootTokens)) {
        readLayers(root, rootTokens);
        try (TorchScript.Value read =
            script.evaluate("read_stems", decoder, beginnings, root, rootTokens)) {
          readLayers(read, stems.stems().size() * (beginnings.getShape().get(1) - rootTokens));
          return script.evaluate(
              "begin",
              decoder,
              read,
              uniforms(),
              scope.create(endTokens.stream().mapToLong(id -> id).toArray()),
              waiting.places(),
              waiting.promptPlaces(),
              waiting.mostRows(),
              waiting.longestPrompt(),
              waiting.ahead().sharesPrompts(keys),
              parameters.temperature(),
              parameters.topK(),
              parameters.topP(),
              parameters.minP());
        }
      }
    }

    /**
     * Has all layers read.
     *
     * @param tokens to read, padding included
     */
    private void readLayers(TorchScript.Value begun, long tokens) {
      int read = tokens == 0 ? layers : 0;
      while (read < layers) {
        Cancelled.throwIfInterrupted("reading prompts");
        int count = (int) Math.min(layers - read, Math.max(1, reading.units() / tokens));
        long start = System.nanoTime();
        script.run("read_layers", decoder, begun, count);
        reading.took(count * tokens, System.nanoTime() - start);
        read += count;
      }
    }

    List<List<Generated>> generate() {
      long[] open = {};
      while (open.length > 0 || waiting.any()) {
        List<Integer> next = waiting.next(open.length, requestsOf(open));
        // Where rows are few and prompts are many, one more token each.
        int until = Math.min(waiting.fillsAt(), open.length - 1);
        open = next.isEmpty() ? advance(until) : admit(next);
      }
      return read();
    }

    private long[] admit(List<Integer> admitted) {
      List<int[]> batch = admitted.stream().map(prompts::get).toList();
      int start = stems.start(admitted, prompts);
      try (NDManager step = scope.newSubManager()) {
        NDArray rest = padded(step, batch, start);
        try (TorchScript.Value read =
            script.evaluate(
                "read_prompts", decoder, state, rest, step.create(stems.of(admitted)), start)) {
          readLayers(read, rest.size());
          NDList result =
              script.call(
                  step,
                  "admit",
                  decoder,
                  state,
                  read,
                  step.create(batch.stream().mapToLong(prompt -> prompt.length).toArray()),
                  step.create(ofRows(admitted, (place, sample) -> place)),
                  step.create(
                      ofRows(admitted, (place, sample) -> firstRows[admitted.get(place)] + sample)),
                  step.create(ofRows(admitted, (place, sample) -> sample)));
          return openAfter(result, row -> admitted.contains(requestOf[row]));
        }
      }
    }

    /** Decodes until so many rows are open, or less far: a call ends within about a second. */
    private long[] advance(int until) {
      Cancelled.throwIfInterrupted("decoding");
      // Token by token, so that a row leaves with the one that completes a stop text.
      long steps = stopTexts.isEmpty() ? decoding.units() : 1;
      try (NDManager step = scope.newSubManager()) {
        long start = System.nanoTime();
        NDList result = script.call(step, "advance", decoder, state, until, steps);
        long nanos = System.nanoTime() - start;
        long[] open = openAfter(result, row -> true);
        decoding.took(open.length > until ? steps : 0, nanos);
        return open;
      }
    }

    private int requestsOf(long[] open) {
      return Math.toIntExact(
          Arrays.stream(open).map(row -> requestOf[(int) row]).distinct().count());
    }

    /**
     * The rows that are open once those whose text has a stop text are not.
     *
     * @param drew whether a row's last token is a new one
     */
    private long[] openAfter(NDList result, IntPredicate drew) {
      long[] open = result.get("rows").toLongArray();
      if (stopTexts.isEmpty()) {
        return open;
      }
      long[] tokens = result.get("tokens").toLongArray();
      boolean[] stays = new boolean[open.length];
      List<Long> staying = new ArrayList<>();
      for (int place = 0; place < open.length; place++) {
        int row = Math.toIntExact(open[place]);
        stopTextMet[row] = drew.test(row) && completes(row, tokens[place]);
        stays[place] = !stopTextMet[row];
        if (stays[place]) {
          staying.add(open[place]);
        }
      }
      if (staying.size() < open.length) {
        try (NDArray retained = scope.create(stays)) {
          script.run("retain", state, retained);
        }
      }
      return staying.stream().mapToLong(row -> row).toArray();
    }

    private boolean completes(int row, long token) {
      return stopTexts.get(row).completedBy(Math.toIntExact(token));
    }

    /** What prompts have from token {@code start} on: [prompts, time], padded on the right. */
    private static NDArray padded(NDManager owner, List<int[]> prompts, int start) {
      int time = prompts.stream().mapToInt(prompt -> prompt.length - start).max().orElse(0);
      long[] ids = new long[prompts.size() * time];
      for (int i = 0; i < prompts.size(); i++) {
        int[] prompt = prompts.get(i);
        for (int t = start; t < prompt.length; t++) {
          ids[i * time + t - start] = prompt[t];
        }
      }
      return owner.create(ids, new Shape(prompts.size(), time));
    }

    /** A number for each row of the requests, by the request's place among them and the sample. */
    private long[] ofRows(List<Integer> admitted, IntBinaryOperator number) {
      return IntStream.range(0, admitted.size())
          .boxed()
          .flatMapToLong(
              place ->
                  IntStream.range(0, requests.get(admitted.get(place)).drawKeys().length)
                      .mapToLong(sample -> number.applyAsInt(place, sample)))
          .toArray();
    }

    /** [rows, limit]. */
    private NDArray uniforms() {
      int limit = parameters.maxNewTokens();
      double[] uniforms = new double[Math.multiplyExact(rows, limit)];
      int start = 0;
      for (GenerationRequest request : requests) {
        for (long key : request.drawKeys()) {
          for (int t = 0; t < limit; t++) {
            uniforms[start + t] = Draws.uniform(key, t);
          }
          start += limit;
        }
      }
      return scope.create(uniforms, new Shape(rows, limit));
    }

    private List<List<Generated>> read() {
      NDList drawn = script.call(scope, "drawn", state);
      long[] tokens = drawn.get("tokens").toLongArray();
      float[] logProbabilities = drawn.get("log_probabilities").toFloatArray();
      return IntStream.range(0, requests.size())
          .mapToObj(
              i ->
                  IntStream.range(0, requests.get(i).drawKeys().length)
                      .mapToObj(sample -> read(tokens, logProbabilities, firstRows[i] + sample))
                      .toList())
          .toList();
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
      return new Generated(
          ids,
          Arrays.copyOfRange(logProbabilities, start, start + length),
          ending(row, ids[length - 1], length == limit));
    }

    private Ending ending(int row, int last, boolean atLimit) {
      if (endTokens.contains(last)) {
        return Ending.END_TOKEN;
      }
      // A row that the limit closes is not open any more when its last token is looked at.
      boolean completed =
          !stopTexts.isEmpty() && (stopTextMet[row] || (atLimit && completes(row, last)));
      return completed ? Ending.STOP_TEXT : Ending.LENGTH;
    }

    @Override
    public void close() {
      state.close();
    }
  }
}
