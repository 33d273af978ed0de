package io.capoflow.runners.cluster;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.jobmanager.JobManagerProcessSpec;
import org.apache.flink.runtime.jobmanager.JobManagerProcessUtils;
import org.apache.flink.runtime.util.config.memory.ProcessMemoryUtils;

/** Starts the processes of a cluster on one machine: which Java, with what. Immutable. */
final class ProcessLauncher {
  private final ClusterDirectory directory;
  private final ClusterPlan plan;
  private final List<ClusterKey> keys;
  private final Configuration configuration;

  ProcessLauncher(ClusterDirectory directory, ClusterPlan plan) {
    this.directory = directory;
    this.plan = plan;
    this.keys = LocalClusterKeys.of(plan.settings(directory.root()), plan.ports());
    this.configuration = ClusterKey.configuration(keys);
  }

  /** Writes what the processes read: Flink's configuration, how to log, and our jars. */
  void prepare(ClusterLibraries libraries) throws IOException {
    for (Path folder :
        List.of(
            directory.configuration(),
            directory.processes(),
            directory.libraries(),
            directory.history(),
            directory.log(Role.JOB_MANAGER).getParent())) {
      Files.createDirectories(folder);
    }
    Files.writeString(
        directory.configuration().resolve("config.yaml"),
        "# Written by capoflow cluster up, and again each time.\n\n" + ClusterKey.yaml(keys));
    try (var logging = ProcessLauncher.class.getResourceAsStream("/cluster/log4j2.xml")) {
      Files.write(logging(), logging.readAllBytes());
    }
    List<Path> classPath = new ArrayList<>();
    for (Path entry :
        Stream.of(libraries.clusterLib(), libraries.s3(), libraries.flink())
            .flatMap(List::stream)
            .toList()) {
      classPath.add(isOurs(entry) ? copy(entry) : entry);
    }
    Files.writeString(
        classPathFile(),
        classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
  }

  /** Other libraries stay where they are. */
  private static boolean isOurs(Path entry) {
    return Files.isRegularFile(entry) && entry.getFileName().toString().startsWith("capoflow-");
  }

  private Path copy(Path jar) throws IOException {
    Path copy = directory.libraries().resolve(jar.getFileName());
    Files.copy(jar, copy);
    return copy;
  }

  /** Starts a process that stays when this one ends, and writes its file. */
  RecordedProcess start(Role role) {
    try {
      Files.createDirectories(directory.temporary(role));
      ProcessBuilder builder =
          new ProcessBuilder(command(role))
              .directory(directory.root().toFile())
              .redirectErrorStream(true)
              .redirectOutput(directory.output(role).toFile())
              .redirectInput(new File("/dev/null"));
      builder.environment().putAll(environment());
      Process process = builder.start();
      RecordedProcess started =
          RecordedProcess.running(process.pid())
              .orElseGet(() -> new RecordedProcess(process.pid(), "", 0));
      started.write(directory.processFile(role));
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + role, e);
    }
  }

  /** What every process finds in its environment beside what this one found. */
  private Map<String, String> environment() {
    Map<String, String> environment = new LinkedHashMap<>(plan.numerics().environment());
    // Idle torch threads must not spin: several workers share the cores.
    environment.put("OMP_WAIT_POLICY", "PASSIVE");
    return environment;
  }

  /** The command line. */
  List<String> command(Role role) throws IOException {
    List<String> command = new ArrayList<>();
    // A session of its own: what a terminal does to the program that started it is not for it.
    command.add("setsid");
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(memoryOptions(role));
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.addAll(JavaOptions.compilersOfThisProcess());
    command.addAll(JavaOptions.needed());
    command.add("-Djava.io.tmpdir=" + directory.temporary(role));
    command.add("-Dlog.file=" + directory.log(role));
    command.add("-Dlog4j2.configurationFile=" + logging().toUri());
    if (role.kind() == Role.Kind.TASK_MANAGER) {
      command.addAll(plan.workerOptions());
    }
    command.addAll(List.of("-cp", Files.readString(classPathFile()), role.kind().mainClass()));
    command.addAll(List.of("--configDir", directory.configuration().toString()));
    command.addAll(arguments(role));
    return List.copyOf(command);
  }

  /** As Flink's own scripts compute them. */
  private List<String> memoryOptions(Role role) {
    return switch (role.kind()) {
      case JOB_MANAGER ->
          words(JobManagerProcessUtils.generateJvmParametersStr(jobManager(), configuration));
      case TASK_MANAGER -> words(ProcessMemoryUtils.generateJvmParametersStr(taskManager()));
      case HISTORY_SERVER -> List.of("-Xmx" + ClusterMemory.HISTORY_HEAP + "m");
    };
  }

  /** Arguments of Flink's. */
  private List<String> arguments(Role role) {
    return switch (role.kind()) {
      case JOB_MANAGER -> words(JobManagerProcessUtils.generateDynamicConfigsStr(jobManager()));
      case TASK_MANAGER -> {
        List<String> arguments =
            new ArrayList<>(
                words(TaskExecutorProcessUtils.generateDynamicConfigsStr(taskManager())));
        arguments.addAll(List.of("-D", "taskmanager.resource-id=" + role));
        yield arguments;
      }
      case HISTORY_SERVER -> List.of();
    };
  }

  private JobManagerProcessSpec jobManager() {
    return JobManagerProcessUtils.processSpecFromConfigWithNewOptionToInterpretLegacyHeap(
        configuration, JobManagerOptions.JVM_HEAP_MEMORY);
  }

  private TaskExecutorProcessSpec taskManager() {
    return TaskExecutorProcessUtils.processSpecFromConfig(configuration);
  }

  private static List<String> words(String line) {
    return Stream.of(line.split("\\s+")).filter(word -> !word.isEmpty()).toList();
  }

  private Path logging() {
    return directory.configuration().resolve("log4j2.xml");
  }

  private Path classPathFile() {
    return directory.configuration().resolve("classpath");
  }
}
