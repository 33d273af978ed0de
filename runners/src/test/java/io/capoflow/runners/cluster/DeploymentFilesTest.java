package io.capoflow.runners.cluster;

import static io.capoflow.runners.cluster.DeploymentFiles.at;
import static io.capoflow.runners.cluster.DeploymentFiles.list;
import static io.capoflow.runners.cluster.DeploymentFiles.map;
import static io.capoflow.runners.cluster.DeploymentFiles.resource;
import static io.capoflow.runners.cluster.DeploymentFiles.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.tensor.Numerics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.jobmanager.JobManagerProcessUtils;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The deployment files say what our own code does, and hold no secret. */
final class DeploymentFilesTest {
  private static final String CPU = "kubernetes/cluster-cpu.yaml";
  private static final String GPU = "kubernetes/cluster-gpu.yaml";
  private static final String START = "# <keys: written by DeploymentFilesTest>\n";
  private static final String END = "# <end of keys>\n";

  /** Words by which a variable, a flag or a key of a Secret gives itself away. */
  private static final Pattern SECRET =
      Pattern.compile("(?i)(?:api[-_]?key|token|password|passwd|credential|secret)s?$");

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"config.yaml", CPU, GPU})
  void theKeysOfEveryClusterAreThere(String file) throws IOException {
    String text = text(file);
    assertThat(text).contains(START, END);
    String indent = text.substring(text.lastIndexOf('\n', text.indexOf(START)) + 1);
    indent = indent.substring(0, indent.indexOf('#'));
    String expected =
        text.substring(0, text.indexOf(START) + START.length())
            + (file.equals("config.yaml")
                ? "\n" + ClusterKey.yaml(ClusterKeys.all()) + "\n"
                : withoutReasons(indent))
            + indent
            + text.substring(text.indexOf(END));
    if (Boolean.getBoolean("capoflow.write.docs")) {
      Files.writeString(DeploymentFiles.FOLDER.resolve(file), expected);
    }
    assertThat(text(file))
        .as("out of date: run this test with -Dcapoflow.write.docs=true")
        .isEqualTo(expected);
    assertThat(configuration(file).toMap())
        .containsAllEntriesOf(ClusterKey.configuration(ClusterKeys.all()).toMap());
  }

  private static String withoutReasons(String indent) {
    return ClusterKey.yaml(ClusterKeys.all())
        .lines()
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .map(line -> indent + line + "\n")
        .collect(Collectors.joining());
  }

  @ParameterizedTest
  @ValueSource(strings = {"config.yaml", CPU, GPU})
  void flinkCanDivideTheMemory(String file) throws IOException {
    Configuration configuration = configuration(file);
    TaskExecutorProcessSpec worker = TaskExecutorProcessUtils.processSpecFromConfig(configuration);
    MemorySize ofSlot = MemorySize.ofMebiBytes(256);
    int slots = configuration.get(TaskManagerOptions.NUM_TASK_SLOTS);
    assertThat(worker.getTaskHeapSize()).isGreaterThanOrEqualTo(ofSlot.multiply(slots));
    assertThat(worker.getTaskOffHeapSize()).isGreaterThanOrEqualTo(MemorySize.ofMebiBytes(2048));
    assertThat(worker.getNetworkMemSize())
        .isGreaterThanOrEqualTo(MemorySize.ofMebiBytes(64).multiply(slots));
    assertThat(worker.getManagedMemorySize())
        .isGreaterThanOrEqualTo(MemorySize.ofMebiBytes(64).multiply(slots));
    assertThat(
            JobManagerProcessUtils.processSpecFromConfigWithNewOptionToInterpretLegacyHeap(
                    configuration, JobManagerOptions.JVM_HEAP_MEMORY)
                .getJvmHeapMemorySize())
        .isGreaterThanOrEqualTo(MemorySize.ofMebiBytes(512));
  }

  /** As Flink would read it: a Kubernetes operator adds what the resources say. */
  private Configuration configuration(String file) throws IOException {
    if (file.equals("config.yaml")) {
      Files.copy(DeploymentFiles.FOLDER.resolve(file), directory.resolve(file));
      Configuration read = GlobalConfiguration.loadConfiguration(directory.toString());
      Files.delete(directory.resolve(file));
      return read;
    }
    Object spec = resource(file, "FlinkDeployment").get("spec");
    Configuration read = new Configuration();
    map(at(spec, "flinkConfiguration"))
        .forEach((key, value) -> read.setString(key, (String) value));
    read.setString(
        TaskManagerOptions.TOTAL_PROCESS_MEMORY.key(),
        (String) at(spec, "taskManager", "resource", "memory"));
    read.setString(
        JobManagerOptions.TOTAL_PROCESS_MEMORY.key(),
        (String) at(spec, "jobManager", "resource", "memory"));
    return read;
  }

  @Test
  void aStandaloneClusterIsReachedOverLoopbackAlone() throws IOException {
    Configuration read = configuration("config.yaml");
    assertThat(read.get(RestOptions.ADDRESS)).isEqualTo("localhost");
    assertThat(read.get(RestOptions.BIND_ADDRESS)).isEqualTo("localhost");
  }

  @Test
  void workersHaveTheVariablesOfPortableNumericsOnACpuAndNoneOnAGpu() {
    Map<String, String> onCpu = environment(CPU);
    assertThat(onCpu)
        .containsAllEntriesOf(Numerics.PORTABLE.environment())
        .containsEntry("OMP_WAIT_POLICY", "PASSIVE");
    assertThat(environment(GPU))
        .doesNotContainKeys(Numerics.PORTABLE.environment().keySet().toArray(String[]::new))
        .containsEntry("OMP_WAIT_POLICY", "PASSIVE");
    assertThat(arguments()).contains("torch.numerics=portable");
  }

  /** Variables of workers that have a value. */
  private static Map<String, String> environment(String file) {
    Object container =
        at(
            resource(file, "FlinkDeployment"),
            "spec",
            "taskManager",
            "podTemplate",
            "spec",
            "containers",
            0);
    Map<String, String> environment = new LinkedHashMap<>();
    for (Object variable : list(at(container, "env"))) {
      if (map(variable).get("value") instanceof String value) {
        environment.put((String) at(variable, "name"), value);
      }
    }
    return environment;
  }

  @Test
  void aGpuWorkerHasOneGpu() {
    Object template =
        at(resource(GPU, "FlinkDeployment"), "spec", "taskManager", "podTemplate", "spec");
    assertThat(at(template, "containers", 0, "resources", "limits", "nvidia.com/gpu"))
        .isEqualTo("1");
  }

  @ParameterizedTest
  @ValueSource(strings = {CPU, GPU})
  void theWorkersAreASessionClusterOfAFixedNumber(String file) {
    Map<String, Object> spec = map(resource(file, "FlinkDeployment").get("spec"));
    assertThat(spec).containsEntry("mode", "standalone").doesNotContainKey("job");
    assertThat((Integer) at(spec, "taskManager", "replicas")).isPositive();
    assertThat(at(spec, "flinkConfiguration", "web.submit.enable")).isEqualTo("false");
  }

  @Test
  void theDriverAsksForAsManySlotsAsThereAre() {
    Object spec = resource(CPU, "FlinkDeployment").get("spec");
    int slots =
        (Integer) at(spec, "taskManager", "replicas")
            * Integer.parseInt(
                (String) at(spec, "flinkConfiguration", "taskmanager.numberOfTaskSlots"));
    List<Object> arguments = arguments();
    assertThat(arguments)
        .containsSubsequence("--parallelism", Integer.toString(slots))
        .containsSubsequence(
            "--flink-master",
            at(resource(CPU, "FlinkDeployment"), "metadata", "name") + "-rest:8081");
  }

  /**
   * A mistake ends the Job at once: the driver's exit status 2, on a pod of its own for each try.
   */
  @Test
  void theDriverIsTriedAgainUnlessAUserHasToMendSomething() {
    Object spec = resource("kubernetes/driver.yaml", "Job").get("spec");
    assertThat((Integer) at(spec, "backoffLimit")).isPositive();
    assertThat(at(spec, "template", "spec", "restartPolicy")).isEqualTo("Never");
    Object rule = at(spec, "podFailurePolicy", "rules", 0);
    assertThat(at(rule, "action")).isEqualTo("FailJob");
    assertThat(at(rule, "onExitCodes", "values")).isEqualTo(List.of(2));
    assertThat(at(rule, "onExitCodes", "containerName"))
        .isEqualTo(at(spec, "template", "spec", "containers", 0, "name"));
  }

  @Test
  void driverAndWorkersSeeTheRunUnderOnePath() {
    Object cluster = at(resource(CPU, "FlinkDeployment"), "spec", "podTemplate", "spec");
    Object driver = at(resource("kubernetes/driver.yaml", "Job"), "spec", "template", "spec");
    String path = (String) at(cluster, "containers", 0, "volumeMounts", 0, "mountPath");
    assertThat(at(driver, "containers", 0, "volumeMounts", 0, "mountPath")).isEqualTo(path);
    assertThat(at(driver, "volumes")).isEqualTo(List.of(at(cluster, "volumes", 0)));
    assertThat(at(cluster, "volumes", 0, "persistentVolumeClaim", "claimName"))
        .isEqualTo(
            at(resource("kubernetes/storage.yaml", "PersistentVolumeClaim"), "metadata", "name"));
    List<Object> arguments = arguments();
    assertThat((String) arguments.get(arguments.indexOf("--run") + 1)).startsWith(path + "/");
  }

  private static List<Object> arguments() {
    return list(
        at(
            resource("kubernetes/driver.yaml", "Job"),
            "spec",
            "template",
            "spec",
            "containers",
            0,
            "command"));
  }

  /** Labels of the operator's standalone mode, and of the driver's pods. */
  @Test
  void onlyTheDriverAndTheOperatorReachRest() {
    Map<String, Object> policy =
        DeploymentFiles.documents(text("kubernetes/network.yaml")).stream()
            .filter(of -> at(of, "metadata", "name").equals("capoflow-jobmanager"))
            .findAny()
            .orElseThrow();
    assertThat(at(policy, "spec", "podSelector", "matchLabels"))
        .isEqualTo(Map.of("app", "capoflow", "component", "jobmanager"));
    List<Object> peers =
        list(at(policy, "spec", "ingress")).stream()
            .filter(rule -> list(at(rule, "ports")).contains(Map.of("port", 8081)))
            .flatMap(rule -> list(at(rule, "from")).stream())
            .map(peer -> at(peer, "podSelector", "matchLabels", "app.kubernetes.io/name"))
            .toList();
    assertThat(peers).containsExactlyInAnyOrder("capoflow-driver", "flink-kubernetes-operator");
    assertThat(
            at(
                resource("kubernetes/driver.yaml", "Job"),
                "spec",
                "template",
                "metadata",
                "labels",
                "app.kubernetes.io/name"))
        .isEqualTo("capoflow-driver");
    assertThat(at(policy, "spec", "ingress"))
        .asInstanceOf(InstanceOfAssertFactories.LIST)
        .allSatisfy(rule -> assertThat(map(rule)).containsKeys("from", "ports"));
  }

  @Test
  void noFileHoldsASecret() {
    for (String file : DeploymentFiles.kubernetes()) {
      for (Map<String, Object> resource : DeploymentFiles.documents(text(file))) {
        assertThat(resource).as(file).doesNotContainEntry("kind", "Secret");
        requireNoSecret(file, resource);
      }
    }
    DeploymentFiles.documents(text("config.yaml"))
        .forEach(of -> requireNoSecret("config.yaml", of));
    assertThat(text("Dockerfile").lines())
        .filteredOn(line -> line.matches("\\s*(ENV|ARG)\\s.*"))
        .noneMatch(line -> line.matches("(?i).*(key|token|password|secret)\\S*=.*"));
  }

  private static void requireNoSecret(String place, Object value) {
    if (value instanceof Map<?, ?> object) {
      if (object.get("name") instanceof String name && SECRET.matcher(name).find()) {
        assertThat(map(object)).as(place + ": " + name).doesNotContainKey("value");
      }
      object.forEach(
          (key, member) -> {
            if (SECRET.matcher(key.toString()).find()) {
              assertThat(member).as(place + ": " + key).isNotInstanceOf(String.class);
            }
            requireNoSecret(place + "." + key, member);
          });
    } else if (value instanceof List<?> members) {
      members.forEach(member -> requireNoSecret(place, member));
    } else if (value instanceof String text) {
      assertThat(text).as(place).doesNotContainPattern("(?i)--[a-z-]*(?:key|token|password)[= ]");
    }
  }

  @Test
  void theImageIsOfTheVersionsThatWeBuildWith() throws IOException {
    String pom = Files.readString(DeploymentFiles.FOLDER.resolve("../../pom.xml"));
    String dockerfile = text("Dockerfile");
    assertThat(dockerfile)
        .contains("FROM flink:%s-java17 ".formatted(version(pom, "flink.version")))
        .contains("torch==%s ".formatted(version(pom, "pytorch.version")))
        .contains("PYTORCH_VERSION=%s ".formatted(version(pom, "pytorch.version")));
    // Whom the pods run as, and whom what is written in the image belongs to.
    for (String file : List.of(CPU, GPU)) {
      Object user =
          at(
              resource(file, "FlinkDeployment"),
              "spec",
              "podTemplate",
              "spec",
              "securityContext",
              "runAsUser");
      assertThat(dockerfile).contains("USER %1$s:%1$s\n".formatted(user));
    }
  }

  private static String version(String pom, String property) {
    Matcher matcher = Pattern.compile("<%s>(.*)</".formatted(Pattern.quote(property))).matcher(pom);
    assertThat(matcher.find()).as(property).isTrue();
    return matcher.group(1);
  }

  /** The image has no launcher that knows the options: they are cut out of the package's keys. */
  @Test
  void theImageFindsTheDriversOptionsInThePackage() throws IOException, InterruptedException {
    Path keys = directory.resolve("conf-additions.yaml");
    Files.writeString(keys, ClusterKey.yaml(ClusterKeys.all()));
    Matcher sed = Pattern.compile("sed -n (\".*\") /opt").matcher(text("Dockerfile"));
    assertThat(sed.find()).isTrue();
    Process process =
        new ProcessBuilder("bash", "-c", "sed -n %s %s".formatted(sed.group(1), keys)).start();
    String options =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    assertThat(process.waitFor()).isZero();
    assertThat(options).isEqualTo(String.join(" ", JavaOptions.needed()));
  }

  /** What the Dockerfile copies is in the project, or in what cluster package writes. */
  @Test
  void theImageIsMadeOfWhatIsThere() throws IOException {
    List<String> copied =
        text("Dockerfile")
            .lines()
            .filter(line -> line.startsWith("COPY ") && !line.contains("--from"))
            .map(line -> line.substring(5, line.indexOf(' ', 5)))
            .toList();
    assertThat(copied)
        .filteredOn(source -> source.startsWith("${PACKAGE}/"))
        .containsExactlyInAnyOrder(
            "${PACKAGE}/" + ClusterPackage.LIBRARIES + "/",
            "${PACKAGE}/" + ClusterPackage.KEYS,
            "${PACKAGE}/" + ClusterPackage.LIBRARIES + "-s3/");
    List<String> kept =
        text("Dockerfile.dockerignore").lines().filter(line -> line.startsWith("!")).toList();
    for (String source : copied) {
      String path = source.replace("${PACKAGE}", "target/cluster-package");
      assertThat(kept).as(source).anyMatch(line -> path.startsWith(line.substring(1)));
      if (!source.contains("$")) {
        assertThat(DeploymentFiles.FOLDER.resolve("../..").resolve(source)).exists();
      }
    }
    try (Stream<Path> files = Files.list(DeploymentFiles.FOLDER)) {
      assertThat(files.filter(Files::isExecutable).filter(Files::isRegularFile))
          .containsExactly(DeploymentFiles.FOLDER.resolve("capoflow"));
    }
  }
}
