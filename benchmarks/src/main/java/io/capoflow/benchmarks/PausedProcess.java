package io.capoflow.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * A program that works only in its turns: between them the kernel holds all of its threads, by the
 * signals STOP and CONT. So two programs can be compared in turns without a word of theirs, and
 * whatever a program puts off, to do it beside its next piece of work, is done in its own time and
 * counted there.
 *
 * <p>A turn lasts from the signal that lets the program go on to the one that holds it again, sent
 * at once when a line on its standard output ends a piece of work. For one thread.
 */
final class PausedProcess implements AutoCloseable {
  private final String name;
  private final Path messages;
  private final Process process;
  private final BufferedReader lines;
  private final double ticksPerSecond;
  private Usage held;

  /**
   * A piece of work.
   *
   * @param seconds by the clock
   * @param processorSeconds of all threads together
   * @param line that ended it
   */
  record Turn(double seconds, double processorSeconds, String line) {}

  /** What the kernel has counted of a process. */
  private record Usage(double processorSeconds, long peakKilobytes) {}

  /**
   * Starts the program and holds it until its first turn.
   *
   * @param name for messages
   * @param messages a file for its standard error
   */
  PausedProcess(String name, List<String> command, Map<String, String> environment, Path messages)
      throws IOException {
    this.name = name;
    this.messages = messages;
    this.ticksPerSecond = ticksPerSecond();
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(messages.toFile());
    builder.environment().putAll(environment);
    process = builder.start();
    lines = process.inputReader(StandardCharsets.UTF_8);
    signal("STOP");
    held = usage();
  }

  /**
   * Lets the program work until it writes a line that ends its piece of work.
   *
   * @throws IllegalStateException when it ends without one
   */
  Turn turn(Predicate<String> ends) throws IOException {
    double processor = held.processorSeconds();
    long start = System.nanoTime();
    signal("CONT");
    String line = lines.readLine();
    while (line != null && !ends.test(line)) {
      line = lines.readLine();
    }
    if (line == null) {
      throw new IllegalStateException(name + " ended before its work was done: " + lastWords());
    }
    signal("STOP");
    double seconds = (System.nanoTime() - start) / 1e9;
    held = usage();
    return new Turn(seconds, held.processorSeconds() - processor, line);
  }

  /** The most that was resident up to the end of the last turn, in MiB. */
  long peakMebibytes() {
    return held.peakKilobytes() / 1024;
  }

  /**
   * Lets the program come to its end.
   *
   * @throws IllegalStateException when it fails
   */
  void finish() throws IOException {
    signal("CONT");
    while (lines.readLine() != null) {
      // What it has to say at its end.
    }
    if (exitStatus() != 0) {
      throw new IllegalStateException(name + " failed: " + lastWords());
    }
  }

  private String lastWords() throws IOException {
    List<String> said =
        Files.readAllLines(messages).stream().filter(line -> !line.isBlank()).toList();
    String last = said.isEmpty() ? "without a word" : said.get(said.size() - 1);
    return last + " (" + messages + ")";
  }

  private int exitStatus() {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + name, e);
    }
  }

  private void signal(String signal) throws IOException {
    run(List.of("kill", "-" + signal, Long.toString(process.pid())));
  }

  private Usage usage() throws IOException {
    Path kernel = Path.of("/proc", Long.toString(process.pid()));
    // The program's name stands in brackets and may hold spaces.
    String statistics = Files.readString(kernel.resolve("stat"));
    String[] fields = statistics.substring(statistics.lastIndexOf(')') + 2).split(" ", -1);
    double ticks = Double.parseDouble(fields[11]) + Double.parseDouble(fields[12]);
    return new Usage(ticks / ticksPerSecond, ProcessMemory.peakKilobytes(kernel.resolve("status")));
  }

  private static double ticksPerSecond() throws IOException {
    return Double.parseDouble(run(List.of("getconf", "CLK_TCK")));
  }

  private static String run(List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      String line = output.readLine();
      if (process.waitFor() != 0) {
        throw new IllegalStateException(String.join(" ", command) + " failed");
      }
      return line == null ? "" : line;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in " + String.join(" ", command), e);
    }
  }

  /** Ends the program, whatever it is at. */
  @Override
  public void close() {
    try (lines) {
      process.destroyForcibly();
      if (!process.waitFor(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException(name + " does not end");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
