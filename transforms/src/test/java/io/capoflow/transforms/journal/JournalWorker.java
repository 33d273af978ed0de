package io.capoflow.transforms.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.journal.Journal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** A process of its own that works on a journal; it says in a line what came of each answer. */
final class JournalWorker implements AutoCloseable {
  private final Process process;
  private final BufferedReader lines;

  private JournalWorker(Process process) {
    this.process = process;
    this.lines = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
  }

  /** Starts one; {@code before} is put before the command, {@code options} are Java's. */
  static JournalWorker start(List<String> before, List<String> options, Object... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1"));
    command.addAll(
        List.of("-cp", System.getProperty("java.class.path"), JournalWorker.class.getName()));
    Stream.of(arguments).map(Object::toString).forEach(command::add);
    return new JournalWorker(new ProcessBuilder(command).redirectErrorStream(true).start());
  }

  /** The next line; null at the end. */
  String line() throws IOException {
    return lines.readLine();
  }

  List<String> rest() throws IOException {
    List<String> rest = new ArrayList<>();
    for (String line = line(); line != null; line = line()) {
      rest.add(line);
    }
    return rest;
  }

  /** Ends it as {@code kill -9} does. */
  void kill() throws InterruptedException {
    // By its handle: the process itself would close what it had said.
    process.toHandle().destroyForcibly();
    process.waitFor();
  }

  int status() throws InterruptedException {
    return process.waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** {@code keep FOLDER NAME FIRST COUNT} or {@code compact FOLDER}. */
  public static void main(String[] arguments) {
    Path folder = Path.of(arguments[1]);
    if (arguments[0].equals("compact")) {
      Compaction.Result unused = Compaction.run(folder);
    } else {
      keep(folder, arguments[2], Integer.parseInt(arguments[3]), Integer.parseInt(arguments[4]));
    }
  }

  private static void keep(Path folder, String name, int first, int count) {
    PrintStream out = new PrintStream(System.out, true, UTF_8);
    try (Journal journal = new JournalFolder(folder).open()) {
      List<CompletableFuture<?>> said = new ArrayList<>();
      for (int i = first; i < first + count; i++) {
        ChatRequest request = Answers.request("question " + i / 2);
        int index = i % 2;
        said.add(
            journal
                .keep(request, index, Answers.answer(name + " " + i))
                .handle(
                    (answer, failure) -> {
                      out.println(
                          failure == null
                              ? "kept " + request.digest() + " " + index + " " + answer.text()
                              : "failed " + failure.getMessage());
                      return 0;
                    }));
        // Some wait, so that there are many groups.
        if (i % 16 == 0) {
          said.get(said.size() - 1).join();
        }
      }
      said.forEach(CompletableFuture::join);
    }
  }
}
