package io.capoflow.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory of this process and of others, as Linux counts it. */
final class ProcessMemory {
  private static final Path OWN = Path.of("/proc/self/status");

  private ProcessMemory() {}

  /** Resident now, in KiB. */
  static long residentKilobytes() throws IOException {
    return kilobytes(OWN, "VmRSS:");
  }

  /** The most that was resident since the start or since {@link #forgetPeak}, in KiB. */
  static long peakKilobytes() throws IOException {
    return peakKilobytes(OWN);
  }

  /**
   * The most that was resident of a process, in KiB.
   *
   * @param status the file of that name below {@code /proc}
   */
  static long peakKilobytes(Path status) throws IOException {
    return kilobytes(status, "VmHWM:");
  }

  static void forgetPeak() throws IOException {
    Files.writeString(Path.of("/proc/self/clear_refs"), "5");
  }

  private static long kilobytes(Path status, String field) throws IOException {
    return Files.readAllLines(status, StandardCharsets.UTF_8).stream()
        .filter(line -> line.startsWith(field))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
