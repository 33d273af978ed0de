package io.capoflow.transforms.workers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * What a worker says of itself.
 *
 * @param host its machine
 * @param pid of its process
 * @param started when the process began: numbers of processes come again
 * @param code its modules and libraries, see {@link CodeIdentity}
 * @param machine its {@link MachineFacts}; fewer where it could not find them out
 * @param fault why it cannot do the work, in one line; empty where it can
 */
record WorkerReport(
    String host,
    long pid,
    String started,
    SortedMap<String, String> code,
    SortedMap<String, String> machine,
    Optional<String> fault) {
  private static final String HOST = "host";
  private static final String PID = "pid";
  private static final String STARTED = "started";
  private static final String CODE = "code.";
  private static final String MACHINE = "machine.";
  private static final String FAULT = "fault";

  private static final String END = ".worker";
  private static final String UNKNOWN = "unknown";

  WorkerReport {
    requireNonNull(host, "host");
    requireNonNull(started, "started");
    code = Collections.unmodifiableSortedMap(new TreeMap<>(code));
    machine = Collections.unmodifiableSortedMap(new TreeMap<>(machine));
    requireNonNull(fault, "fault");
  }

  /** This process, of which nothing else is known yet. */
  static WorkerReport ofThisProcess() {
    ProcessHandle process = ProcessHandle.current();
    return new WorkerReport(
        hostName(),
        process.pid(),
        process.info().startInstant().map(Instant::toString).orElse(UNKNOWN),
        new TreeMap<>(),
        new TreeMap<>(),
        Optional.empty());
  }

  WorkerReport withCode(SortedMap<String, String> found) {
    return new WorkerReport(host, pid, started, found, machine, fault);
  }

  WorkerReport withMachine(SortedMap<String, String> found) {
    return new WorkerReport(host, pid, started, code, found, fault);
  }

  WorkerReport withFault(String found) {
    return new WorkerReport(host, pid, started, code, machine, Optional.of(found));
  }

  /** How people are told which worker it is. */
  String name() {
    return "the worker on %s (process %d)".formatted(host, pid);
  }

  /** Its file in a folder. */
  Path file(Path folder) {
    return folder.resolve(
        "%s-%d-%s%s".formatted(host, pid, started, END).replaceAll("[^\\w.-]", "_"));
  }

  /**
   * Writes it in one step. The form is that of Java's properties: whoever reads another version's
   * passes over what it does not know.
   */
  void write(Path folder) throws IOException {
    Properties fields = new Properties();
    fields.setProperty(HOST, host);
    fields.setProperty(PID, Long.toString(pid));
    fields.setProperty(STARTED, started);
    code.forEach((name, value) -> fields.setProperty(CODE + name, value));
    machine.forEach((name, value) -> fields.setProperty(MACHINE + name, value));
    fault.ifPresent(line -> fields.setProperty(FAULT, line));
    StringWriter text = new StringWriter();
    fields.store(text, null);
    Path draft = folder.resolve("." + UUID.randomUUID());
    Files.writeString(draft, text.toString());
    Files.move(
        draft, file(folder), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** All that lie in a folder, in the order of their files' names. */
  static List<WorkerReport> readAll(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.getFileName().toString().endsWith(END))
          .sorted()
          .map(WorkerReport::read)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + folder, e);
    }
  }

  private static WorkerReport read(Path file) {
    Properties fields = new Properties();
    try (BufferedReader text =
        new BufferedReader(new StringReader(Files.readString(file, UTF_8)))) {
      fields.load(text);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
    String pid = fields.getProperty(PID, "");
    return new WorkerReport(
        fields.getProperty(HOST, UNKNOWN),
        pid.matches("\\d{1,18}") ? Long.parseLong(pid) : 0,
        fields.getProperty(STARTED, UNKNOWN),
        under(CODE, fields),
        under(MACHINE, fields),
        Optional.ofNullable(fields.getProperty(FAULT)));
  }

  private static SortedMap<String, String> under(String prefix, Properties fields) {
    SortedMap<String, String> found = new TreeMap<>();
    for (String name : fields.stringPropertyNames()) {
      if (name.startsWith(prefix)) {
        found.put(name.substring(prefix.length()), fields.getProperty(name));
      }
    }
    return found;
  }

  private static String hostName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return UNKNOWN;
    }
  }
}
