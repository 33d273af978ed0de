package io.capoflow.models.tensor;

import ai.djl.Device;
import ai.djl.util.cuda.CudaUtils;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Memory of a device as it is now, in bytes.
 *
 * @param total that the device has
 * @param free for this process to take
 */
public record DeviceMemory(long total, long free) {
  private static final Path MEMORY = Path.of("/proc/meminfo");

  /**
   * Asks the device.
   *
   * @param device as {@link Torch#resolve} reads it
   * @throws io.capoflow.schemas.UserMistake when it is not there
   */
  public static DeviceMemory of(String device) {
    Device found = Torch.device(device);
    if (found.isGpu()) {
      MemoryUsage usage = CudaUtils.getGpuMemory(found);
      return new DeviceMemory(usage.getMax(), usage.getMax() - usage.getUsed());
    }
    return ofMachine();
  }

  /**
   * The same where the device is there.
   *
   * @throws io.capoflow.schemas.UserMistake when the text is no device's name
   */
  public static Optional<DeviceMemory> find(String device) {
    return Torch.isThere(device) ? Optional.of(of(device)) : Optional.empty();
  }

  /** In a container whose limit is below the machine's memory the limit counts. */
  private static DeviceMemory ofMachine() {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    long total = system.getTotalMemorySize();
    long available = kilobytes("MemAvailable:") * 1024;
    boolean limited = total < kilobytes("MemTotal:") * 1024;
    return new DeviceMemory(
        total, limited ? Math.min(available, system.getFreeMemorySize()) : available);
  }

  private static long kilobytes(String field) {
    try {
      return Files.readAllLines(MEMORY, StandardCharsets.UTF_8).stream()
          .filter(line -> line.startsWith(field))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      throw new UncheckedIOException("reading " + MEMORY, e);
    }
  }
}
