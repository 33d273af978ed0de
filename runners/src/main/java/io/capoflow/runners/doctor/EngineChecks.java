package io.capoflow.runners.doctor;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.jni.LibUtils;
import ai.djl.util.Utils;
import io.capoflow.models.tensor.CpuDispatch;
import io.capoflow.models.tensor.DeviceMemory;
import io.capoflow.models.tensor.DeviceProbe;
import io.capoflow.models.tensor.Processor;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.models.tensor.Torch;
import io.capoflow.pipelines.execution.JobName;
import io.capoflow.runners.engine.FlinkPipelines;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.Sum;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks of what computes: PyTorch and its cache, its device and threads, Flink. */
final class EngineChecks {
  private static final Logger LOG = LoggerFactory.getLogger(EngineChecks.class);

  /** There where NVIDIA's driver is loaded. */
  private static final Path NVIDIA = Path.of("/dev/nvidiactl");

  private EngineChecks() {}

  static List<Doctor.Check> all() {
    return List.of(
        NamedCheck.of("cache", EngineChecks::cache),
        NamedCheck.of("pytorch", EngineChecks::torch),
        NamedCheck.of("numerics", EngineChecks::numerics),
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

  private static Finding torch(String subject) {
    return torch(
        subject, Optional.ofNullable(System.getenv("PYTORCH_LIBRARY_PATH")), Torch::engine);
  }

  /**
   * [[1, 2], [3, 4]] squared is known.
   *
   * @param libraryPath where someone's own libtorch is looked for
   */
  static Finding torch(String subject, Optional<String> libraryPath, Supplier<Engine> engine) {
    long start = System.nanoTime();
    String cure =
        libraryPath.isEmpty()
            ? "delete the cache, and try again: its libraries may be damaged"
            : "PYTORCH_LIBRARY_PATH, PYTORCH_VERSION and PYTORCH_FLAVOR must belong together:"
                + " docs/gpu.md; without them the CPU's libtorch is used";
    try (NDManager manager = engine.get().newBaseManager(Torch.device("cpu"))) {
      NDArray matrix = manager.create(new float[] {1, 2, 3, 4}, new Shape(2, 2));
      float[] square = matrix.matMul(matrix).toFloatArray();
      if (!Arrays.equals(square, new float[] {7, 10, 15, 22})) {
        return Finding.fail(
            subject, "a product of matrices came out as " + Arrays.toString(square), cure);
      }
    } catch (EngineException | LinkageError | AssertionError e) {
      LOG.error("libtorch cannot be loaded", e);
      return Finding.fail(subject, "libtorch cannot be loaded: " + rootCause(e), cure);
    }
    String loaded = LibUtils.getLibtorchPath();
    String found =
        "libtorch %s from %s, computes; loaded in %s"
            .formatted(Torch.version(), loaded, seconds(start));
    return libraryPath.isPresent() && !names(libraryPath.get(), loaded)
        ? Finding.warn(
            subject,
            found,
            "PYTORCH_LIBRARY_PATH (%s) holds no libtorch.so: name the directory that does: docs/gpu.md"
                .formatted(libraryPath.get()))
        : Finding.ok(subject, found);
  }

  /** Whether one of the path's entries, directories or libraries in them, is that directory. */
  private static boolean names(String libraryPath, String directory) {
    Path wanted = Path.of(directory).toAbsolutePath();
    return Stream.of(libraryPath.split(File.pathSeparator, -1))
        .map(entry -> Path.of(entry).toAbsolutePath())
        .anyMatch(entry -> wanted.equals(entry) || wanted.equals(entry.getParent()));
  }

  private static String rootCause(Throwable thrown) {
    Throwable cause = thrown;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
  }

  private static Finding numerics(String subject) {
    return numerics(
        subject,
        CpuDispatch.ofThisProcess(),
        Processor.ofThisMachine().hasAvx2(),
        Torch.numericsByHand());
  }

  /**
   * Which kernels native numerics are here, and whether portable ones can be had.
   *
   * @param avx2 whether the processor can compute in portable numerics
   * @param byHand variables of the environment that change what native is
   */
  static Finding numerics(
      String subject, CpuDispatch dispatch, boolean avx2, SortedMap<String, String> byHand) {
    String found =
        "native: ATen %s, MKL %s; portable: %s"
            .formatted(
                dispatch.atenCapability(),
                dispatch.mkl(),
                avx2 ? "can be had" : "takes a processor with AVX2 and FMA");
    return byHand.isEmpty()
        ? Finding.ok(subject, found)
        : Finding.warn(
            subject,
            found,
            "%s changes what native numerics are: unset it, unless that is meant: docs/numerics.md"
                .formatted(String.join(", ", byHand.keySet())));
  }

  private static Finding device(String subject) {
    return device(subject, Files.exists(NVIDIA));
  }

  /**
   * What {@code auto} takes, what it computes in, and its memory.
   *
   * @param driver whether NVIDIA's is there
   */
  static Finding device(String subject, boolean driver) {
    int gpus = Torch.cudaDevices();
    List<ScalarType> dtypes = DeviceProbe.dtypes("auto");
    DeviceMemory memory = DeviceMemory.of("auto");
    String found =
        "%s (%s), computes in %s; %s, %s free"
            .formatted(
                Torch.resolve("auto"),
                gpus == 0 ? "no CUDA device" : "CUDA devices: " + gpus,
                dtypes.stream().map(ScalarType::name).collect(Collectors.joining(" ")),
                MachineChecks.size(memory.total()),
                MachineChecks.size(memory.free()));
    if (!dtypes.contains(ScalarType.F32)) {
      return Finding.fail(
          subject, found, "training needs F32; the driver may not fit this libtorch: docs/gpu.md");
    }
    return driver && gpus == 0
        ? Finding.warn(
            subject,
            found,
            "an NVIDIA driver is here, but no GPU can be used: docs/gpu.md says what it takes")
        : Finding.ok(subject, found);
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
      Pipeline pipeline = flink.create(new JobName(Path.of(""), "doctor"));
      pipeline.apply(Create.of(1, 2, 3)).apply(Sum.integersGlobally());
      pipeline.run().waitUntilFinish();
    }
    return Finding.ok(subject, "embedded, started and ran a first pipeline in " + seconds(start));
  }

  private static String seconds(long startNanos) {
    return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - startNanos) / 1e9);
  }
}
