package io.capoflow.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * What Linux counts of a process.
 *
 * @param processorSeconds of all of its threads since it began
 * @param threads that it has
 * @param openFiles files, sockets and the like
 * @param peakKilobytes the most that was resident
 */
record KernelFigures(double processorSeconds, int threads, int openFiles, long peakKilobytes) {
  /** Fields of {@code /proc/PID/stat} behind the program's name. */
  private static final int USER_TICKS = 11;

  private static final int SYSTEM_TICKS = 12;
  private static final double TICKS_PER_SECOND = ticksPerSecond();

  /** A process now. */
  static KernelFigures of(long pid) throws IOException {
    Path kernel = Path.of("/proc", Long.toString(pid));
    // The program's name stands in brackets and may hold spaces.
    String statistics = Files.readString(kernel.resolve("stat"));
    String[] fields = statistics.substring(statistics.lastIndexOf(')') + 2).split(" ", -1);
    double ticks =
        Double.parseDouble(fields[USER_TICKS]) + Double.parseDouble(fields[SYSTEM_TICKS]);
    return new KernelFigures(
        ticks / TICKS_PER_SECOND,
        entries(kernel.resolve("task")),
        entries(kernel.resolve("fd")),
        ProcessMemory.peakKilobytes(kernel.resolve("status")));
  }

  private static int entries(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return (int) entries.count();
    }
  }

  private static double ticksPerSecond() {
    try {
      Process process =
          new ProcessBuilder("getconf", "CLK_TCK")
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      String answer =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException("getconf does not end");
      }
      return Double.parseDouble(answer);
    } catch (IOException e) {
      throw new IllegalStateException("getconf cannot be asked", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in getconf", e);
    }
  }
}
