package io.capoflow.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.Json;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A Python program with one thread that answers each line of its standard input with a line of
 * JSON, and waits in between. For one thread.
 */
final class PythonSide implements AutoCloseable {
  private final Process process;
  private final BufferedWriter wishes;
  private final BufferedReader answers;

  /** Starts a program; see {@link PythonInterpreter#command}. */
  PythonSide(List<String> command) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    // What follows is for a system's PyTorch with OpenBLAS; others pass over it. OpenBLAS mistakes
    // some virtual machines for a processor without vectors.
    builder.environment().put("OPENBLAS_CORETYPE", "SKYLAKEX");
    builder.environment().remove("OPENBLAS_L2_SIZE");
    builder.environment().put("OPENBLAS_NUM_THREADS", "1");
    String libraries = System.getenv("BASELINE_LIBRARY_PATH");
    if (libraries != null) {
      builder.environment().put("LD_LIBRARY_PATH", libraries);
    }
    builder.environment().put("OMP_NUM_THREADS", "1");
    process = builder.start();
    answers = process.inputReader(StandardCharsets.UTF_8);
    wishes = process.outputWriter(StandardCharsets.UTF_8);
  }

  JsonNode ask(String wish) throws IOException {
    wishes.write(wish + "\n");
    wishes.flush();
    return answer();
  }

  /** The next line; for a program that speaks first. */
  JsonNode answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IllegalStateException("the Python side ended; its last words are above");
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
