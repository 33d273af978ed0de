package io.capoflow.runners.it;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.capoflow.runners.Main;
import io.capoflow.settings.extensions.ExtensionAgent;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;

/** The command line as a process of its own, with the options that the launcher gives it. */
final class CliProcess implements AutoCloseable {
  private final Process process;
  private final BufferedReader out;
  private final List<String> lines = new ArrayList<>();

  private CliProcess(Process process) {
    this.process = process;
    this.out = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
  }

  /** What a process printed, errors among the rest, and how it ended. */
  record Ended(int status, List<String> lines) {}

  /** Runs a command to its end. */
  static Ended run(Path directory, Map<String, String> environment, Object... arguments) {
    try (CliProcess process = start(directory, environment, arguments)) {
      return process.await();
    }
  }

  /**
   * Runs a command that can let no file grow beyond a size.
   *
   * @param kilobytes the size, of 1024 bytes each
   */
  static Ended runWithin(long kilobytes, Path directory, Object... arguments) {
    List<String> limited =
        List.of("bash", "-c", "ulimit -f " + kilobytes + "; exec \"$@\"", "capoflow");
    try (CliProcess process = start(limited, directory, Map.of(), arguments)) {
      return process.await();
    }
  }

  /** Starts a command. */
  static CliProcess start(Path directory, Map<String, String> environment, Object... arguments) {
    return start(List.of(), directory, environment, arguments);
  }

  private static CliProcess start(
      List<String> before, Path directory, Map<String, String> environment, Object... arguments) {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + launcherOptions());
    command.add("-javaagent:" + agent());
    command.add("-Dcapoflow.home=" + SmallExperiment.home());
    command.add("-Duser.home=" + directory);
    command.add("-DDJL_CACHE_DIR=" + Path.of(System.getProperty("user.home"), ".djl.ai"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    List.of(arguments).forEach(argument -> command.add(argument.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
    builder.environment().put("OMP_WAIT_POLICY", "PASSIVE");
    builder.environment().remove("XDG_CACHE_HOME");
    builder.environment().putAll(environment);
    try {
      return new CliProcess(builder.start());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for a line of the output. */
  void awaitLine(Predicate<String> wanted) {
    for (String line = nextLine(); line != null; line = nextLine()) {
      if (wanted.test(line)) {
        return;
      }
    }
    throw new AssertionError("the process ended without that line; it said " + lines);
  }

  /** Asks the process to end, as Ctrl-C would. */
  void interrupt() {
    try {
      new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** Whether the process is over. */
  boolean hasEnded() {
    return !process.isAlive();
  }

  /** Kills the process, as {@code kill -9} does, and waits until it is gone. */
  void kill() {
    try {
      process.destroyForcibly().waitFor();
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** Kills the process if it is still there after a while; says whether it was. */
  boolean killAfter(long millis) {
    try {
      boolean ended = process.waitFor(millis, TimeUnit.MILLISECONDS);
      if (!ended) {
        process.destroyForcibly().waitFor();
      }
      return !ended;
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** Reads the rest of the output and waits for the end. */
  Ended await() {
    while (nextLine() != null) {
      // The lines are kept.
    }
    try {
      return new Ended(process.waitFor(), List.copyOf(lines));
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private String nextLine() {
    try {
      String line = out.readLine();
      if (line != null) {
        lines.add(line);
      }
      return line;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** The launcher's own options, which lie in a jar or in a folder of classes. */
  private static Path launcherOptions() {
    try (InputStream options = Main.class.getResourceAsStream("/jvm.args")) {
      Path file = Files.createTempFile("capoflow-jvm", ".args");
      file.toFile().deleteOnExit();
      Files.write(file, options.readAllBytes());
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A jar that names our agent, which lies in a jar or in a folder of classes. */
  private static Path agent() {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Premain-Class", ExtensionAgent.class.getName());
    try {
      Path file = Files.createTempFile("capoflow-agent", ".jar");
      file.toFile().deleteOnExit();
      new JarOutputStream(Files.newOutputStream(file), manifest).close();
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static IllegalStateException interrupted(InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new IllegalStateException(cause);
  }
}
