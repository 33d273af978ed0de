package io.capoflow.models.tensor;

import static java.util.Objects.requireNonNull;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.capoflow.schemas.UserMistake;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The PyTorch engine of this process: where its devices and threads are chosen. Thread-safe. */
public final class Torch {
  private static final String OFFLINE = "ai.djl.offline";
  private static final Pattern CUDA = Pattern.compile("cuda(?::(\\d{1,3}))?");

  private Torch() {}

  /**
   * The engine, loaded on the first call.
   *
   * <p>Loading never calls out to the network unless {@code ai.djl.offline=false} is set.
   */
  public static Engine engine() {
    if (System.getProperty(OFFLINE) == null) {
      System.setProperty(OFFLINE, "true");
    }
    return Engine.getEngine("PyTorch");
  }

  /** Version of libtorch. */
  public static String version() {
    return engine().getVersion();
  }

  /**
   * The device of that name.
   *
   * @param name {@code auto} (the first CUDA device where there is one, else the CPU), {@code cpu},
   *     {@code cuda} or {@code cuda:N}
   * @throws UserMistake when the name is none of these, or the device is not there
   */
  public static Device device(String name) {
    requireNonNull(name, "name");
    if (name.equals("cpu")) {
      return Device.cpu();
    }
    if (name.equals("auto")) {
      return engine().getGpuCount() > 0 ? Device.gpu(0) : Device.cpu();
    }
    Matcher cuda = CUDA.matcher(name);
    if (!cuda.matches()) {
      throw new UserMistake("device: \"" + name + "\" is none of auto, cpu, cuda, cuda:N");
    }
    int index = cuda.group(1) == null ? 0 : Integer.parseInt(cuda.group(1));
    int available = engine().getGpuCount();
    if (index >= available) {
      throw new UserMistake(
          "device: \""
              + name
              + "\" is not there; PyTorch sees "
              + available
              + " CUDA devices; use auto or cpu");
    }
    return Device.gpu(index);
  }

  /** Threads that one tensor operation may use. Sums may differ in the last bits between values. */
  public static int threads() {
    engine();
    return JniUtils.getNumThreads();
  }

  /** Sets {@link #threads} for the whole process. */
  public static void useThreads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads must be positive: " + threads);
    }
    engine();
    JniUtils.setNumThreads(threads);
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
