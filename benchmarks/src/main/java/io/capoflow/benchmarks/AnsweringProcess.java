package io.capoflow.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.Json;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A program that answers each line of its standard input with a line of JSON, and waits in between.
 * For one thread.
 */
final class AnsweringProcess implements AutoCloseable {
  private final Process process;
  private final BufferedWriter wishes;
  private final BufferedReader answers;

  private AnsweringProcess(ProcessBuilder builder) throws IOException {
    process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    answers = process.inputReader(StandardCharsets.UTF_8);
    wishes = process.outputWriter(StandardCharsets.UTF_8);
  }

  /** Starts a Python program of one thread; see {@link PythonInterpreter#command}. */
  static AnsweringProcess ofPython(List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.put("OMP_NUM_THREADS", "1");
    environment.put("OPENBLAS_NUM_THREADS", "1");
    // OpenBLAS, which a system's PyTorch has, mistakes some virtual machines for a processor
    // without vectors.
    environment.put("OPENBLAS_CORETYPE", "SKYLAKEX");
    environment.remove("OPENBLAS_L2_SIZE");
    String libraries = System.getenv("BASELINE_LIBRARY_PATH");
    if (libraries != null) {
      environment.put("LD_LIBRARY_PATH", libraries);
    }
    return new AnsweringProcess(builder);
  }

  /** Starts a class's {@code main} in a process like this one. */
  static AnsweringProcess ofJava(Class<?> program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    return new AnsweringProcess(new ProcessBuilder(command));
  }

  JsonNode ask(String wish) throws IOException {
    wishes.write(wish + "\n");
    wishes.flush();
    return answer();
  }

  /**
   * The next line, for a program that speaks first.
   *
   * @throws IllegalStateException when it has ended
   */
  JsonNode answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IllegalStateException("a side ended; its last words are above");
    }
    return Json.LENIENT.readTree(line);
  }

  @Override
  public void close() {
    try {
      wishes.close();
      process.waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
