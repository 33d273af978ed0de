package io.capoflow.models.learning;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.DecoderMemory;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.generation.Decoding;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.schemas.Draws;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A process that does work of a known shape and prints, for each piece, its name, the estimate and
 * by how much the kernel saw the process grow at the highest: {@code update 123 145}.
 */
final class PeakMemory {
  private static final Path STATUS = Path.of("/proc/self/status");
  static final Path CLEAR = Path.of("/proc/self/clear_refs");

  /** What may stay of them: little beside what is measured. */
  private static final long HOST_BUFFERS = 512 * 1024;

  private static final int COLLECTIONS = 500;

  /** Workers need not be at their peaks at the same moment: of so many rounds, in some they are. */
  private static final int ROUNDS = 12;

  private PeakMemory() {}

  /**
   * Works and prints.
   *
   * @param arguments an empty directory
   */
  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    DecoderConfig deep = config(256, 8, 256);
    DecoderConfig wordy = config(64, 1, 16_000);
    for (int workers : new int[] {1, 2}) {
      update("update-deep-" + workers, directory, deep, workers);
      update("update-wordy-" + workers, directory, wordy, workers);
    }
    samples("samples-deep", directory, deep);
    samples("samples-wordy", directory, wordy);
  }

  /** A part for each worker, all of them in flight at the same time. */
  private static void update(String name, Path directory, DecoderConfig config, int workers)
      throws IOException {
    int rows = 16;
    int prompt = 40;
    int response = 88;
    int slots = rows * (prompt + response - 1);
    List<TrainingSequence> batch = batch(config, rows * workers, prompt, response);
    try (CausalLm policy = model(directory, config);
        PolicyLearner learner =
            new PolicyLearner(
                policy,
                Optional.empty(),
                ObjectiveSettings.standard(0, 1),
                new AdamWSettings(0.9, 0.95, 1e-8, 0, 1),
                Layout.PADDED,
                ComputeSettings.STANDARD,
                new PartSettings(slots, workers, workers * slots),
                Optional.empty())) {
      float[][] old = learner.logProbabilities(batch);
      // Kernels are loaded before anything is counted, and the first worker's gradients are there.
      learner.accumulate(batch.subList(0, 1), new float[][] {old[0]}, new float[0][], 1);
      int rounds = workers == 1 ? 1 : ROUNDS;
      long peak =
          peakOf(
              () -> {
                for (int round = 0; round < rounds; round++) {
                  learner.accumulate(batch, old, new float[0][], rows * workers);
                }
              });
      DecoderMemory memory = memory(config);
      long part =
          memory.update(
              slots,
              Math.min((long) rows * response, ComputeSettings.STANDARD.logitTokens()),
              memory.parameters(),
              false);
      long gradients =
          DecoderMemory.optimizer(memory.parameters(), workers)
              - DecoderMemory.optimizer(memory.parameters(), 1);
      print(name, workers * part + gradients, peak);
    }
  }

  private static void samples(String name, Path directory, DecoderConfig config)
      throws IOException {
    List<GenerationRequest> batch = new ArrayList<>();
    for (int prompt = 0; prompt < 8; prompt++) {
      long key = prompt;
      batch.add(
          new GenerationRequest(
              tokens(config, key, 64),
              LongStream.range(0, 16).map(s -> Draws.key("row", key, s)).toArray()));
    }
    try (CausalLm policy = model(directory, config)) {
      policy.generate(batch.subList(0, 1), new SamplingParameters(1, 0.9, 2));
      long peak = peakOf(() -> policy.generate(batch, new SamplingParameters(1, 0.9, 32)));
      DecoderMemory memory = memory(config);
      Decoding decoding = new Decoding(8, 64, 16, 32, 128);
      print(name, memory.caches(decoding) + memory.generation(decoding, true), peak);
    }
  }

  private static DecoderMemory memory(DecoderConfig config) {
    return new DecoderMemory(config, ScalarType.F32);
  }

  private static void print(String name, long estimated, long measured) {
    System.out.println(String.format(Locale.ROOT, "%s %d %d", name, estimated, measured));
  }

  /** Growth of the resident set while work is done, at its highest. */
  private static long peakOf(Runnable work) throws IOException {
    freeHostBuffers();
    Files.writeString(CLEAR, "5");
    long before = bytes("VmRSS:");
    work.run();
    return bytes("VmHWM:") - before;
  }

  /**
   * The buffers in which weights came to the engine go back to the kernel some time after the
   * collector found them: were that after the count before the work, the work would seem smaller.
   */
  private static void freeHostBuffers() {
    BufferPoolMXBean direct =
        ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
            .filter(pool -> pool.getName().equals("direct"))
            .findFirst()
            .orElseThrow();
    for (int attempt = 0; direct.getMemoryUsed() > HOST_BUFFERS; attempt++) {
      if (attempt == COLLECTIONS) {
        throw new IllegalStateException(
            direct.getMemoryUsed() + " bytes of host buffers are not given back");
      }
      System.gc();
    }
  }

  private static long bytes(String field) throws IOException {
    return Files.readAllLines(STATUS, StandardCharsets.UTF_8).stream()
        .filter(line -> line.startsWith(field))
        .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
        .findFirst()
        .orElseThrow();
  }

  private static CausalLm model(Path directory, DecoderConfig config) throws IOException {
    Files.writeString(directory.resolve("tokenizer.json"), TinyModels.tokenizer(19));
    return ModelLoader.initialise(config, directory, 1, "cpu");
  }

  private static DecoderConfig config(int hidden, int layers, int vocabulary) {
    return DecoderConfig.llama(
        vocabulary,
        hidden,
        layers,
        8,
        2,
        hidden / 8,
        2 * hidden,
        1e-5,
        10_000,
        true,
        512,
        OptionalInt.empty(),
        List.of(),
        OptionalInt.empty());
  }

  private static List<TrainingSequence> batch(
      DecoderConfig config, int rows, int prompt, int response) {
    List<TrainingSequence> batch = new ArrayList<>();
    for (int row = 0; row < rows; row++) {
      float[] advantages = new float[response];
      for (int t = 0; t < response; t++) {
        advantages[t] = (float) (Draws.uniform(row, t) - 0.5);
      }
      batch.add(
          new TrainingSequence(
              tokens(config, row, prompt), tokens(config, row + 1000L, response), advantages));
    }
    return batch;
  }

  private static int[] tokens(DecoderConfig config, long key, int count) {
    return IntStream.range(0, count)
        .map(t -> Draws.integer(key, t, config.vocabularySize()))
        .toArray();
  }
}
