package io.capoflow.models.tensor;

import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.capoflow.schemas.UserMistake;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The PyTorch engine of this process: where its devices, threads and numerics are chosen.
 * Thread-safe.
 */
public final class Torch {
  private static final String OFFLINE = "ai.djl.offline";
  private static final String CUDA = "cuda";
  private static final Pattern DEVICE =
      Pattern.compile("auto|cpu|" + CUDA + "(?::(?<index>\\d{1,3}))?");

  private Torch() {}

  /**
   * The engine, loaded on the first call, and with it the CPU's elementary functions (see {@link
   * ElementaryFunctions}).
   *
   * <p>Loading never calls out to the network unless {@code ai.djl.offline=false} is set.
   *
   * @throws UserMistake when {@link Numerics#PORTABLE} was asked for and is not in force
   */
  public static Engine engine() {
    ProcessNumerics.settle();
    if (System.getProperty(OFFLINE) == null) {
      System.setProperty(OFFLINE, "true");
    }
    Engine engine = Engine.getEngine("PyTorch");
    ProcessNumerics.confirm();
    ElementaryFunctions.load(engine);
    return engine;
  }

  /** Whether this libtorch can multiply with oneDNN, found by compiling what calls it. */
  public static boolean hasOneDnn() {
    engine();
    return OneDnn.IS_THERE;
  }

  /** Version of libtorch. */
  public static String version() {
    return engine().getVersion();
  }

  /**
   * CUDA devices that can be computed with: none where this libtorch is built for the CPU alone,
   * whatever the machine has.
   */
  public static int cudaDevices() {
    return engine().getGpuCount();
  }

  /** Whether a text is {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}. */
  public static boolean isDeviceName(String name) {
    return DEVICE.matcher(name).matches();
  }

  /**
   * What a device's name stands for on this machine, there or not: {@code cpu} or {@code cuda:N}.
   *
   * @param name {@code auto} (the first CUDA device where there is one, else the CPU), {@code cpu},
   *     {@code cuda} (the first) or {@code cuda:N}
   * @throws UserMistake when the name is none of these
   */
  public static String resolve(String name) {
    Matcher matcher = DEVICE.matcher(requireNonNull(name, "name"));
    if (!matcher.matches()) {
      throw new UserMistake("device: \"" + name + "\" is none of auto, cpu, cuda, cuda:N");
    }
    boolean cuda = name.equals("auto") ? cudaDevices() > 0 : name.startsWith(CUDA);
    String index = matcher.group("index");
    return cuda ? CUDA + ":" + (index == null ? 0 : Integer.parseInt(index)) : "cpu";
  }

  /**
   * The device of that name.
   *
   * @param name as {@link #resolve} reads it
   * @throws UserMistake when it reads it not, or the device is not there, or it is a CUDA device
   *     and this process computes in portable numerics
   */
  public static Device device(String name) {
    if (!isThere(name)) {
      throw new UserMistake(
          "device: \""
              + name
              + "\" is not there; PyTorch sees "
              + cudaDevices()
              + " CUDA devices; use auto or cpu");
    }
    String resolved = resolve(name);
    if (ProcessNumerics.arePortable()) {
      requireCpu(resolved);
    }
    return resolved.startsWith(CUDA) ? Device.gpu(index(resolved)) : Device.cpu();
  }

  /** No setting makes the kernels of two GPUs the same. */
  static void requireCpu(String resolved) {
    if (resolved.startsWith(CUDA)) {
      throw new UserMistake(
          "device: torch.numerics portable computes on the CPU alone, and %s is none; set the devices (policy.device, critique.device, --device) to cpu, or torch.numerics to native"
              .formatted(resolved));
    }
  }

  /**
   * Whether this machine has the device of that name.
   *
   * @throws UserMistake when {@link #resolve} reads it not
   */
  public static boolean isThere(String name) {
    String resolved = resolve(name);
    return !resolved.startsWith(CUDA) || index(resolved) < cudaDevices();
  }

  /** N of {@code cuda:N}. */
  private static int index(String resolved) {
    return Integer.parseInt(resolved.substring(CUDA.length() + 1));
  }

  /**
   * An owner of tensors that a script reads as plain numbers: they lie in main memory whatever the
   * parent's device, so that reading them never waits for a GPU.
   */
  public static NDManager newHostScope(NDManager parent) {
    return parent.newSubManager(Device.cpu());
  }

  /**
   * Threads that one tensor operation of the calling thread may use. Sums may differ in the last
   * bits between values.
   */
  public static int threads() {
    engine();
    return JniUtils.getNumThreads();
  }

  /**
   * Sees that the process computes in the numerics wanted, and sets {@link #threads}. Whoever
   * computes calls this first, on the thread on which it computes: what another thread or the
   * driver has set is of no use on a worker. The first call in a process settles its numerics for
   * good, unless libtorch was loaded before. Threads are each computing thread's own, so runs with
   * other numbers may be computed beside each other.
   *
   * @throws UserMistake when the process computes in other numerics, or this processor or libtorch
   *     cannot compute in those wanted
   */
  public static void use(TorchSettings settings) {
    useNumerics(settings.numerics());
    useThreads(settings.threads());
  }

  /**
   * Of {@link #use} the numerics alone, for a process that computes on as many threads as it finds.
   *
   * @throws UserMistake as it does
   */
  public static void useNumerics(Numerics wanted) {
    ProcessNumerics.require(wanted);
  }

  /** The numerics of this process; native from now on where nobody asked for others. */
  public static Numerics numerics() {
    return ProcessNumerics.settle();
  }

  /**
   * Variables of the environment, set by somebody when the process began, by which its numerics are
   * not the usual ones.
   */
  public static SortedMap<String, String> numericsByHand() {
    return ProcessNumerics.byHand(System.getenv(), numerics());
  }

  /** The version of the C library, some of whose functions libtorch calls. */
  public static Optional<String> libcVersion() {
    try {
      return NativeCalls.libcVersion();
    } catch (LinkageError noNativeCalls) {
      return Optional.empty();
    }
  }

  /** Sets {@link #threads} for the calling thread, and for those that have not computed yet. */
  public static void useThreads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be positive: " + threads);
    }
    engine();
    if (JniUtils.getNumThreads() != threads) {
      JniUtils.setNumThreads(threads);
    }
  }

  private static final class OneDnn {
    static final boolean IS_THERE = compiles("linear_onednn.py", Map.of("smallest_packed", "0"));

    private static boolean compiles(String resource, Map<String, String> constants) {
      try (TorchScript script = TorchScript.compile(List.of(resource), constants)) {
        return true;
      } catch (EngineException unknownOperator) {
        return false;
      }
    }
  }

  /** An owner of tensors on a device; the caller closes it. */
  static NDManager newManager(Device device) {
    engine();
    return NDManager.newBaseManager(device, "PyTorch");
  }

  /**
   * Runs work with this thread's autograd switched on or off, and puts it back as it was: the
   * switch is per thread, and on in new ones.
   */
  static <T> T withGradients(boolean enabled, Supplier<T> work) {
    boolean before = JniUtils.isGradMode();
    JniUtils.setGradMode(enabled);
    try {
      return work.get();
    } finally {
      JniUtils.setGradMode(before);
    }
  }
}
