package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.runners.cluster.ClusterSettings;
import io.capoflow.runners.cluster.LocalCluster;
import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.schemas.Json;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * A cluster of real processes, and a recipe of three iterations whose digests inside a process are
 * known. Who kills something of the cluster puts it back.
 */
final class TrainingCluster implements AutoCloseable {
  /** Digests of three iterations and four versions. */
  static final int DIGESTS = 3 * 6 + 4;

  static final int SHARDS = 16;
  private static final int POLL_MILLIS = 10;

  private final Path directory;
  private final LocalCluster cluster;
  private final Path recipe;
  private final SortedMap<String, String> undisturbed;

  TrainingCluster(Path directory) throws IOException {
    this.directory = directory;
    this.recipe =
        Files.writeString(
            directory.resolve("clustered.yaml"),
            """
            extends: %s
            problems:
              train: 96
              per_iteration: 32
            """
                .formatted(SmallExperiment.in(directory)));
    this.cluster =
        LocalCluster.up(
            ClusterSettings.in(directory.resolve("cluster")).withPort(0).withMemory(5L << 30),
            progress -> {});
    Path run = directory.resolve("undisturbed");
    assertEndsWell(CliProcess.run(directory, Map.of(), "train", recipe, "--run", run));
    this.undisturbed = RunDirectory.at(run).digests();
    assertThat(undisturbed).hasSize(DIGESTS);
  }

  /** Where runs of a test lie on this machine's disk. */
  Path directory() {
    return directory;
  }

  LocalCluster cluster() {
    return cluster;
  }

  Path recipe() {
    return recipe;
  }

  /** Digests of the recipe, run inside a process. */
  SortedMap<String, String> undisturbed() {
    return undisturbed;
  }

  @Override
  public void close() {
    cluster.close();
  }

  Ended train(Path run, Object... more) {
    try (CliProcess driver = start(run, more)) {
      return driver.await();
    }
  }

  CliProcess start(Path run, Object... more) {
    return start(recipe, run, cluster.address(), more);
  }

  /**
   * Starts a run.
   *
   * @param master where the driver finds the cluster
   */
  CliProcess start(Path itsRecipe, Path run, String master, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                "train", itsRecipe, "--run", run, "--parallelism", 4, "--flink-master", master));
    arguments.addAll(List.of(more));
    return CliProcess.start(directory, Map.of(), arguments.toArray());
  }

  /** Tasks of a run's jobs that are at work. */
  int tasksAtWork(Path run) {
    int tasks = 0;
    for (JsonNode job : get("/jobs/overview").path("jobs")) {
      if (work(run, job).isPresent()) {
        tasks += job.path("tasks").path("running").asInt();
      }
    }
    return tasks;
  }

  static void assertEndsWell(Ended ended) {
    assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
  }

  void assertEndsWell(Path run, Ended ended) {
    assertEndsWell(ended);
    assertThat(RunDirectory.at(run).digests()).isEqualTo(undisturbed);
  }

  /** The same of a run of fewer iterations, whose content is the beginning of the whole one's. */
  void assertBeginsAlike(Path run, int iterations, Ended ended) {
    assertEndsWell(ended);
    SortedMap<String, String> digests = RunDirectory.at(run).digests();
    assertThat(digests).hasSize(DIGESTS - (3 - iterations) * 7);
    assertThat(undisturbed).containsAllEntriesOf(digests);
  }

  /** Kills it, starts it anew and leaves it to the cluster when it is there. */
  void killWorker(int number) {
    cluster.killTaskManager(number);
    cluster.startTaskManager(number);
  }

  static int committed(RunDirectory run, int iteration, Stage<?> stage) {
    return run.shards(iteration, stage).committed();
  }

  /** Files of a tree in which nobody works. */
  static List<Path> filesBelow(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  /** Looks again and again until it is so; the class's timeout ends what never comes. */
  static void await(BooleanSupplier condition) {
    CountDownLatch never = new CountDownLatch(1);
    try {
      while (!condition.getAsBoolean()) {
        assertThat(never.await(POLL_MILLIS, TimeUnit.MILLISECONDS)).isFalse();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  void cancelWhatRuns(Path run) {
    for (JsonNode job : get("/jobs/overview").path("jobs")) {
      if (job.path("state").asText().equals("RUNNING") && work(run, job).isPresent()) {
        send(to("/jobs/" + job.path("jid").asText()).method("PATCH", BodyPublishers.noBody()));
      }
    }
  }

  /** What a run's jobs that ended so did: {@code iteration 00001}. */
  List<String> jobs(Path run, String state) {
    List<String> found = new ArrayList<>();
    for (JsonNode job : get("/jobs/overview").path("jobs")) {
      if (job.path("state").asText().equals(state)) {
        work(run, job).ifPresent(found::add);
      }
    }
    return found;
  }

  /** The same of jobs of which a task has failed. */
  List<String> jobsThatFailed(Path run) {
    List<String> found = new ArrayList<>();
    for (JsonNode job : get("/jobs/overview").path("jobs")) {
      if (!failures(job).isEmpty()) {
        work(run, job).ifPresent(found::add);
      }
    }
    return found;
  }

  JsonNode failures(JsonNode job) {
    return get("/jobs/" + job.path("jid").asText() + "/exceptions")
        .path("exceptionHistory")
        .path("entries");
  }

  static Optional<String> work(Path run, JsonNode job) {
    String name = job.path("name").asText();
    String begin = run.getFileName() + " ";
    return name.startsWith(begin)
        ? Optional.of(name.substring(begin.length(), name.lastIndexOf(" [")))
        : Optional.empty();
  }

  JsonNode get(String path) {
    return send(to(path));
  }

  private HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(URI.create("http://" + cluster.address() + path));
  }

  private static JsonNode send(HttpRequest.Builder request) {
    try (var body =
        HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofInputStream()).body()) {
      return Json.STRICT.readTree(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
