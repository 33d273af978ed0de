package io.capoflow.runners.doctor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.util.Utils;
import io.capoflow.models.tensor.Torch;
import io.capoflow.runners.engine.FlinkPipelines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.Sum;

/** Checks of what computes: PyTorch and its cache, its device and threads, Flink. */
final class EngineChecks {
  private EngineChecks() {}

  static List<Doctor.Check> all() {
    return List.of(
        NamedCheck.of("cache", EngineChecks::cache),
        NamedCheck.of("pytorch", EngineChecks::torch),
        NamedCheck.of("device", EngineChecks::device),
        NamedCheck.of("threads", EngineChecks::threads),
        NamedCheck.of("flink", EngineChecks::flink));
  }

  private static Finding cache(String subject) throws IOException {
    Path cache = Utils.getEngineCacheDir("pytorch");
    if (!Files.isDirectory(cache)) {
      return Finding.ok(
          subject, cache + ", empty: the first use of PyTorch unpacks about 430 MB there");
    }
    try (Stream<Path> files = Files.walk(cache)) {
      long bytes =
          files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
      String found = cache + ", " + MachineChecks.size(bytes);
      return Files.isWritable(cache)
          ? Finding.ok(subject, found)
          : Finding.warn(
              subject,
              found + ", cannot be written",
              "name another directory in the environment variable DJL_CACHE_DIR");
    }
  }

  /** [[1, 2], [3, 4]] squared is known. */
  private static Finding torch(String subject) {
    long start = System.nanoTime();
    try (NDManager manager = Torch.engine().newBaseManager()) {
      NDArray matrix = manager.create(new float[] {1, 2, 3, 4}, new Shape(2, 2));
      float[] square = matrix.matMul(matrix).toFloatArray();
      if (!Arrays.equals(square, new float[] {7, 10, 15, 22})) {
        return Finding.fail(
            subject,
            "a product of matrices came out as " + Arrays.toString(square),
            "delete the cache, and try again: its libraries may be damaged");
      }
    }
    return Finding.ok(
        subject, "libtorch " + Torch.version() + ", computes; loaded in " + seconds(start));
  }

  private static Finding device(String subject) {
    int gpus = Torch.engine().getGpuCount();
    return Finding.ok(
        subject,
        Torch.device("auto") + (gpus == 0 ? "; no CUDA device" : "; " + gpus + " CUDA devices"));
  }

  private static Finding threads(String subject) {
    int threads = Torch.threads();
    String found = threads + " a tensor operation; a recipe's torch.threads decides";
    return threads <= Runtime.getRuntime().availableProcessors()
        ? Finding.ok(subject, found)
        : Finding.warn(
            subject, found, "more threads than processors; set -Dai.djl.pytorch.num_threads");
  }

  private static Finding flink(String subject) throws IOException {
    long start = System.nanoTime();
    try (FlinkPipelines flink = FlinkPipelines.embedded(1)) {
      Pipeline pipeline = flink.create("doctor");
      pipeline.apply(Create.of(1, 2, 3)).apply(Sum.integersGlobally());
      pipeline.run().waitUntilFinish();
    }
    return Finding.ok(subject, "embedded, started and ran a first pipeline in " + seconds(start));
  }

  private static String seconds(long startNanos) {
    return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - startNanos) / 1e9);
  }
}
