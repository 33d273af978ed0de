package io.capoflow.runners;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher script in a project of its own, with stand-ins for Java and Maven that write down
 * how they were called.
 */
final class LauncherIT {
  private static final String JAVA =
      """
      #!/bin/bash
      if [[ $1 == -version ]]; then
        echo "openjdk version \\"${FAKE_JAVA_VERSION:-17.0.15}\\" 2025-04-15" >&2
        exit 0
      fi
      printf '%s\\n' "$PWD" "$@" >"$CALLS/java"
      echo "OMP_WAIT_POLICY=$OMP_WAIT_POLICY"
      exit "${FAKE_STATUS:-0}"
      """;
  private static final String MAVEN =
      """
      #!/bin/bash
      echo built >>"$CALLS/mvn"
      if [[ -n ${FAKE_BUILD_FAILS:-} ]]; then
        echo '[ERROR] Foo.java:[1,2] cannot find symbol'
        exit 1
      fi
      mkdir -p runners/target/classes models/target
      echo "classes of build $(wc -l <"$CALLS/mvn")" | tee runners/target/capoflow-runners-1.jar \\
        >models/target/capoflow-models-1.jar
      echo -Xmx1g >runners/target/classes/jvm.args
      printf '%s' "$PWD/models/target/capoflow-models-1.jar:$PWD/repository/library.jar" \\
        >runners/target/classpath
      """;

  @TempDir private Path directory;
  private Path project;
  private Path tools;
  private Path calls;

  private record Ended(int status, List<String> out, List<String> errors) {}

  @BeforeEach
  void layOutAProject() throws IOException {
    project = directory.resolve("a project");
    tools = Files.createDirectories(directory.resolve("tools"));
    calls = Files.createDirectories(directory.resolve("calls"));
    Files.createDirectories(project.resolve(".mvn"));
    write(project.resolve("pom.xml"), "<project/>");
    write(project.resolve(".mvn/jvm.config"), "");
    for (String module :
        List.of(
            "schemas",
            "verifiers",
            "models",
            "transforms",
            "worlds",
            "settings",
            "datasets",
            "pipelines",
            "runners")) {
      write(project.resolve(module).resolve("pom.xml"), "<project/>");
      write(project.resolve(module).resolve("src/main/java/A.java"), "class A {}");
    }
    write(project.resolve("repository/library.jar"), "library");
    Path launcher = Path.of(System.getProperty("capoflow.home")).resolve("capoflow");
    executable(project.resolve("capoflow"), Files.readString(launcher));
    executable(tools.resolve("java"), JAVA);
    executable(tools.resolve("javac"), "#!/bin/bash\n");
    executable(tools.resolve("mvn"), MAVEN);
  }

  @Test
  void theFirstLaunchBuildsAndTheSecondDoesNot() throws Exception {
    Ended first = launch(Map.of(), "train", "a b");
    assertThat(first.errors()).hasSize(2);
    assertThat(first.errors().get(0)).startsWith("capoflow: building for the first time");
    assertThat(first.errors().get(1)).startsWith("capoflow: built in ");

    Ended second = launch(Map.of(), "train", "a b");
    assertThat(second.errors()).isEmpty();
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void argumentsAndWorkingDirectoryAndStatusPassThrough() throws Exception {
    Ended ended = launch(Map.of("FAKE_STATUS", "42"), "train", "a b", "", "@c", "--set", "d=*");
    assertThat(ended.status()).isEqualTo(42);
    assertThat(ended.out()).containsExactly("OMP_WAIT_POLICY=PASSIVE");
    List<String> call = Files.readAllLines(calls.resolve("java"));
    assertThat(call.get(0)).isEqualTo(directory.toRealPath().toString());
    assertThat(call).contains("-Dcapoflow.home=" + project.toRealPath());
    assertThat(call.subList(call.indexOf("io.capoflow.runners.Main") + 1, call.size()))
        .containsExactly("train", "a b", "", "@c", "--set", "d=*");
  }

  @Test
  void theClassPathHoldsCopiesOfOurJarsAndTheLibrariesWhereTheyAre() throws Exception {
    launch(Map.of());
    List<String> call = Files.readAllLines(calls.resolve("java"));
    String[] entries = call.get(call.indexOf("-cp") + 1).split(":", -1);
    assertThat(entries).hasSize(3);
    assertThat(entries[0]).contains("/.capoflow/build/").endsWith("/capoflow-runners-1.jar");
    assertThat(entries[1]).contains("/.capoflow/build/").endsWith("/capoflow-models-1.jar");
    assertThat(entries[2]).isEqualTo(project.toRealPath() + "/repository/library.jar");
    assertThat(call.get(1)).startsWith("@").endsWith("/jvm.args");
    for (String entry : entries) {
      assertThat(Path.of(entry)).isRegularFile();
    }
  }

  @Test
  void theProgramIsToldTheDigestOfItsSources() throws Exception {
    launch(Map.of());
    String first = sourcesOfLastLaunch();
    assertThat(first).matches("[0-9a-f]{16}");
    write(project.resolve("models/src/main/java/A.java"), "class A { int b; }");
    launch(Map.of());
    assertThat(sourcesOfLastLaunch()).matches("[0-9a-f]{16}").isNotEqualTo(first);
  }

  @Test
  void aChangedSourceIsBuiltAnewAndLeavesTheEarlierBuildToItsUsers() throws Exception {
    launch(Map.of());
    Path earlier = classPathOfLastLaunch();
    write(project.resolve("models/src/main/java/A.java"), "class A { int b; }");
    Ended second = launch(Map.of());
    assertThat(second.errors().get(0)).startsWith("capoflow: the sources have changed: building");
    assertThat(earlier).hasContent("classes of build 1");
    assertThat(classPathOfLastLaunch()).hasContent("classes of build 2");

    write(project.resolve("models/src/main/java/A.java"), "class A {}");
    launch(Map.of());
    assertThat(classPathOfLastLaunch()).isEqualTo(earlier);
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void aDeletedSourceIsAChange() throws Exception {
    launch(Map.of());
    Files.delete(project.resolve("models/src/main/java/A.java"));
    launch(Map.of());
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void aTestIsNoChange() throws Exception {
    launch(Map.of());
    write(project.resolve("models/src/test/java/ATest.java"), "class ATest {}");
    launch(Map.of());
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void aLibraryThatIsGoneIsFetchedAgain() throws Exception {
    launch(Map.of());
    Files.delete(project.resolve("repository/library.jar"));
    launch(Map.of());
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void itStartsThroughALink() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link"), project.resolve("capoflow"));
    assertThat(start(link, Map.of(), tools + ":/usr/bin:/bin").status()).isZero();
    assertThat(Files.readAllLines(calls.resolve("java")))
        .contains("-Dcapoflow.home=" + project.toRealPath());
  }

  @Test
  void aFailedBuildIsOneLineWithTheCauseAndTheLog() throws Exception {
    Ended ended = launch(Map.of("FAKE_BUILD_FAILS", "1"));
    assertThat(ended.status()).isEqualTo(1);
    assertThat(ended.errors().get(1))
        .isEqualTo(
            "capoflow: the build failed: [ERROR] Foo.java:[1,2] cannot find symbol (log: "
                + project.toRealPath()
                + "/.capoflow/build.log)");
    assertThat(calls.resolve("java")).doesNotExist();
  }

  @Test
  void anOldJavaIsOneLine() throws Exception {
    Ended ended = launch(Map.of("FAKE_JAVA_VERSION", "11.0.2"));
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.errors())
        .containsExactly(
            "capoflow: Java 17 or later is needed, "
                + tools.resolve("java")
                + " is: openjdk version \"11.0.2\" 2025-04-15");
  }

  @Test
  void anEarlyAccessJavaIsRead() throws Exception {
    assertThat(launch(Map.of("FAKE_JAVA_VERSION", "25-ea")).status()).isZero();
  }

  @Test
  void aWrongJavaHomeIsOneLine() throws Exception {
    Ended ended = launch(Map.of("JAVA_HOME", directory.toString()));
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.errors())
        .containsExactly(
            "capoflow: JAVA_HOME is "
                + directory
                + ", which has no bin/java; point it at a JDK 17 or later, or unset it");
  }

  @Test
  void aMissingMavenIsOneLine() throws Exception {
    Files.delete(tools.resolve("mvn"));
    Path system = Files.createDirectories(directory.resolve("system"));
    for (String tool :
        List.of(
            "bash",
            "readlink",
            "dirname",
            "find",
            "sort",
            "xargs",
            "sha256sum",
            "cut",
            "grep",
            "mkdir",
            "flock",
            "ls")) {
      Files.createSymbolicLink(system.resolve(tool), Path.of("/usr/bin").resolve(tool));
    }
    Ended ended = start(project.resolve("capoflow"), Map.of(), tools + ":" + system);
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.errors())
        .containsExactly(
            "capoflow: mvn is not on the PATH; install Maven 3.6.3 or later (Debian: apt install"
                + " maven)");
  }

  private Ended launch(Map<String, String> environment, String... arguments) throws Exception {
    return start(project.resolve("capoflow"), environment, tools + ":/usr/bin:/bin", arguments);
  }

  private Ended start(
      Path launcher, Map<String, String> environment, String path, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(arguments));
    Path out = directory.resolve("out");
    Path errors = directory.resolve("errors");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(out.toFile())
            .redirectError(errors.toFile());
    builder.environment().keySet().removeAll(List.of("JAVA_HOME", "OMP_WAIT_POLICY"));
    builder.environment().put("PATH", path);
    builder.environment().put("CALLS", calls.toString());
    builder.environment().putAll(environment);
    int status = builder.start().waitFor();
    return new Ended(status, Files.readAllLines(out), Files.readAllLines(errors));
  }

  private long builds() throws IOException {
    return Files.readAllLines(calls.resolve("mvn")).size();
  }

  private String sourcesOfLastLaunch() throws IOException {
    String option = "-Dcapoflow.sources=";
    return Files.readAllLines(calls.resolve("java")).stream()
        .filter(argument -> argument.startsWith(option))
        .map(argument -> argument.substring(option.length()))
        .collect(Collectors.joining());
  }

  private Path classPathOfLastLaunch() throws IOException {
    List<String> call = Files.readAllLines(calls.resolve("java"));
    return Path.of(call.get(call.indexOf("-cp") + 1).split(":", -1)[0]);
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, text, UTF_8);
  }

  private static void executable(Path file, String text) throws IOException {
    write(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
