package io.capoflow.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
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
 * at once when a line on its standard output ends a piece of work. Processes that work for the
 * program can be held with it from the end of its first turn on. For one thread.
 */
final class PausedProcess implements AutoCloseable {
  private final String name;
  private final Path messages;
  private final Process process;
  private final BufferedReader lines;
  private final List<Long> helpers;
  private Usage held;

  /**
   * A piece of work.
   *
   * @param seconds by the clock
   * @param processorSeconds of all threads together, helpers' too
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
    this(name, command, environment, messages, List.of());
  }

  /**
   * The same.
   *
   * @param helpers numbers of the processes that work for it
   */
  PausedProcess(
      String name,
      List<String> command,
      Map<String, String> environment,
      Path messages,
      List<Long> helpers)
      throws IOException {
    this.name = name;
    this.messages = messages;
    this.helpers = List.copyOf(helpers);
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(messages.toFile());
    builder.environment().putAll(environment);
    process = builder.start();
    lines = process.inputReader(StandardCharsets.UTF_8);
    signal("STOP", List.of(process.pid()));
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
    List<Long> all = new ArrayList<>(List.of(process.pid()));
    all.addAll(helpers);
    signal(signal, all);
  }

  private static void signal(String signal, List<Long> processes) throws IOException {
    List<String> command = new ArrayList<>(List.of("kill", "-" + signal));
    processes.forEach(pid -> command.add(Long.toString(pid)));
    run(command);
  }

  private Usage usage() throws IOException {
    KernelFigures own = KernelFigures.of(process.pid());
    double processorSeconds = own.processorSeconds();
    for (long helper : helpers) {
      processorSeconds += KernelFigures.of(helper).processorSeconds();
    }
    return new Usage(processorSeconds, own.peakKilobytes());
  }

  private static void run(List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try {
      if (process.waitFor() != 0) {
        throw new IllegalStateException(String.join(" ", command) + " failed");
      }
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
