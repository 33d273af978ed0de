package io.capoflow.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.generation.Generated;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.tensor.Torch;
import io.capoflow.schemas.Draws;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Generation beside Python PyTorch's usual eager loop ({@code src/main/python/generation.py}): the
 * same weights, prompt, rows and number of tokens, one thread each, in turns. Python's BLAS must be
 * MKL or OpenBLAS; where the system has the latter elsewhere, {@code BASELINE_LIBRARY_PATH} names
 * its folder.
 *
 * <pre>{@code
 * benchmarks/run GenerationBesidePyTorch small 7 venv/bin/python
 * }</pre>
 */
public final class GenerationBesidePyTorch {
  /** Tokens of the prompt. */
  static final int PROMPT = 32;

  /** Continuations of it. */
  static final int ROWS = 64;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private GenerationBesidePyTorch() {}

  /** A model to measure with; none has an end token, so that the work is known. */
  enum Size {
    /** About the shipped arithmetic policy's shape. */
    TINY(69, 64, 3, 4, 4, 192, 96),
    /** 2.8 million parameters. */
    SMALL(4_096, 192, 5, 6, 2, 512, 128),
    /** The same with the vocabulary of a Llama 2. */
    WIDE(32_000, 192, 5, 6, 2, 512, 48),
    /** 100 million parameters: for a GPU. */
    MEDIUM(32_000, 768, 12, 12, 4, 2_048, 128);

    private final int vocabulary;
    private final int hidden;
    private final int layers;
    private final int heads;
    private final int keyValueHeads;
    private final int intermediate;
    private final int newTokens;

    Size(
        int vocabulary,
        int hidden,
        int layers,
        int heads,
        int keyValueHeads,
        int intermediate,
        int newTokens) {
      this.vocabulary = vocabulary;
      this.hidden = hidden;
      this.layers = layers;
      this.heads = heads;
      this.keyValueHeads = keyValueHeads;
      this.intermediate = intermediate;
      this.newTokens = newTokens;
    }

    /** Tokens of each continuation. */
    int newTokens() {
      return newTokens;
    }

    DecoderConfig config() {
      return BenchmarkModels.config(vocabulary, hidden, layers, heads, keyValueHeads, intermediate);
    }
  }

  /**
   * Prints what was measured.
   *
   * @param arguments {@code tiny}, {@code small}, {@code wide} or {@code medium}; rounds, 7 when
   *     left out; the Python to run, see {@link PythonInterpreter}; scale of the final norm, 12
   *     when left out: a language model's distributions are far from uniform
   */
  public static void main(String[] arguments) throws IOException {
    Size size =
        Size.valueOf((arguments.length > 0 ? arguments[0] : "small").toUpperCase(Locale.ROOT));
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 7;
    float sharpness = arguments.length > 3 ? Float.parseFloat(arguments[3]) : 12;
    PythonInterpreter python = PythonInterpreter.of(arguments, 2);
    python.require(List.of("torch", "numpy"));
    Torch.useThreads(1);
    Path directory = Files.createTempDirectory("generation-beside-pytorch");
    write(directory, size.config(), sharpness);
    try (CausalLm model = ModelLoader.load(Loading.forUse(directory, BenchmarkDevice.NAME));
        AnsweringProcess baseline =
            AnsweringProcess.ofPython(
                python.command(
                    "generation.py",
                    directory.toString(),
                    Integer.toString(PROMPT),
                    Integer.toString(size.newTokens),
                    Integer.toString(ROWS),
                    BenchmarkDevice.NAME))) {
      print(
          "%s on %s: %,d rows, a prompt of %d tokens, %d new ones; here libtorch %s, %d thread; there"
              + " %s",
          size,
          BenchmarkDevice.NAME,
          ROWS,
          PROMPT,
          size.newTokens,
          Torch.version(),
          Torch.threads(),
          baseline.ask("versions"));
      System.gc();
      ProcessMemory.forgetPeak();
      long rest = ProcessMemory.residentKilobytes();
      long baselineRest = baseline.ask("rest").get("kilobytes").asLong();
      for (double topP : new double[] {1, 0.9}) {
        compare(model, baseline, size, topP, rounds);
      }
      long peak = ProcessMemory.peakKilobytes();
      long baselinePeak = baseline.ask("memory").get("kilobytes").asLong();
      print(
          "peak resident memory: here %,d kB, of which generation added %,d (the JVM's heap and code"
              + " included); there %,d kB, added %,d",
          peak, peak - rest, baselinePeak, baselinePeak - baselineRest);
    }
  }

  /** Tokens a second, and a second of the processor's time for the thread that generated. */
  private record Speed(double wall, double processor) {}

  private static void compare(
      CausalLm model, AnsweringProcess baseline, Size size, double topP, int rounds)
      throws IOException {
    here(model, size, topP);
    there(baseline, topP);
    List<Speed> ours = new ArrayList<>();
    List<Speed> theirs = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      ours.add(here(model, size, topP));
      theirs.add(there(baseline, topP));
    }
    print("top_p %.1f, medians of %d rounds in turns", topP, rounds);
    show("by the clock", ours, theirs, Speed::wall);
    show("by processor time", ours, theirs, Speed::processor);
  }

  private static void show(
      String how, List<Speed> ours, List<Speed> theirs, ToDoubleFunction<Speed> speed) {
    List<Double> ratios =
        IntStream.range(0, ours.size())
            .mapToObj(i -> speed.applyAsDouble(ours.get(i)) / speed.applyAsDouble(theirs.get(i)))
            .toList();
    print(
        "  %-18s here %,.0f tokens/s, there %,.0f; ratio %s",
        how,
        Spread.of(ours.stream().map(speed::applyAsDouble).toList()).median(),
        Spread.of(theirs.stream().map(speed::applyAsDouble).toList()).median(),
        Spread.of(ratios).text("%.2f"));
  }

  private static Speed here(CausalLm model, Size size, double topP) {
    long started = System.nanoTime();
    long startedProcessor = THREADS.getCurrentThreadCpuTime();
    long tokens =
        generate(model, size, topP).stream()
            .map(Generated::tokenIds)
            .mapToLong(ids -> ids.length)
            .sum();
    return new Speed(
        tokens * 1e9 / (System.nanoTime() - started),
        tokens * 1e9 / (THREADS.getCurrentThreadCpuTime() - startedProcessor));
  }

  /** The work that is measured: a continuation for each row. */
  static List<Generated> generate(CausalLm model, Size size, double topP) {
    int[] prompt = IntStream.range(0, PROMPT).map(t -> t % size.vocabulary).toArray();
    long[] keys = LongStream.range(0, ROWS).map(row -> Draws.key("row", row)).toArray();
    return model
        .generate(
            List.of(new GenerationRequest(prompt, keys)),
            new SamplingParameters(1, topP, size.newTokens))
        .stream()
        .flatMap(List::stream)
        .toList();
  }

  /** A checkpoint whose final norm is scaled. */
  static void write(Path directory, DecoderConfig config, float sharpness) throws IOException {
    BenchmarkModels.writeTokenizer(directory, config.vocabularySize());
    try (CausalLm model = ModelLoader.initialise(config, directory, 1, BenchmarkDevice.NAME)) {
      model.save(directory);
    }
    SortedMap<String, TensorData> tensors = new TreeMap<>(Safetensors.readCheckpoint(directory));
    ByteBuffer scale =
        ByteBuffer.allocate(config.hiddenSize() * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    IntStream.range(0, config.hiddenSize()).forEach(i -> scale.putFloat(sharpness));
    tensors.put(
        "model.norm.weight", new TensorData("F32", new long[] {config.hiddenSize()}, scale.flip()));
    Safetensors.write(directory.resolve(Safetensors.SINGLE_FILE), tensors, Map.of("format", "pt"));
  }

  /** What the other side took to draw its tokens. */
  private static Speed there(AnsweringProcess baseline, double topP) throws IOException {
    JsonNode answer = baseline.ask("generate " + topP);
    double tokens = answer.get("tokens").asLong();
    return new Speed(
        tokens / answer.get("seconds").asDouble(),
        tokens / answer.get("processor_seconds").asDouble());
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
