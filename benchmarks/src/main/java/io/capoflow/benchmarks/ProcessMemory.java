package io.capoflow.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory of this process, as Linux counts it. */
final class ProcessMemory {
  private ProcessMemory() {}

  /** Resident now, in KiB. */
  static long residentKilobytes() throws IOException {
    return kilobytes("VmRSS:");
  }

  /** The most that was resident since the start or since {@link #forgetPeak}, in KiB. */
  static long peakKilobytes() throws IOException {
    return kilobytes("VmHWM:");
  }

  static void forgetPeak() throws IOException {
    Files.writeString(Path.of("/proc/self/clear_refs"), "5");
  }

  private static long kilobytes(String field) throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status"), StandardCharsets.UTF_8).stream()
        .filter(line -> line.startsWith(field))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
