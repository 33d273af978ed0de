package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.pipelines.metrics.Figure;
import io.capoflow.pipelines.metrics.MetricsFile;
import io.capoflow.pipelines.metrics.RunSummary;
import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.IterationMetrics;
import io.capoflow.transforms.storage.Faults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that is killed goes on from its last commit, computes nothing twice that it committed, and
 * ends with the digests and figures of one that was left alone.
 */
final class ResumeIT {
  private static final int KILLED = 137;

  @TempDir private static Path directory;
  private static Path recipe;
  private static Outcome undisturbed;

  /**
   * All that a run says of itself and that does not tell the time.
   *
   * @param figures of the summary, by their place in its record
   * @param metrics iteration, policy version and name, with the value
   */
  private record Outcome(
      SortedMap<String, String> digests, List<Object> figures, Map<String, Double> metrics) {}

  @BeforeAll
  static void runUndisturbed() throws IOException {
    recipe = SmallExperiment.in(directory);
    Path run = directory.resolve("undisturbed");
    Ended ended = train(run, Map.of());
    assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
    undisturbed = outcome(run);
    assertThat(undisturbed.digests()).hasSize(3 * 6 + 4);
    assertThat(undisturbed.metrics())
        .containsKeys(
            "0 v00000 held_out_accuracy",
            "0 v00000 accuracy",
            "2 v00002 critic_agreement",
            "2 v00002 kl",
            "3 v00003 held_out_pass_rate")
        .doesNotContainKeys(
            "0 v00000 tokens_per_second", "0 v00000 seconds_sample", "0 v00000 slow_verdicts");
  }

  /**
   * Each point of a stage once, each stage at one point: all stages commit by the same code. Each
   * stage at all of its points takes twice as long, and is killed there with {@code -Pmatrix}.
   */
  @Test
  void killedAtNamedPointsItEndsAsIfItHadNotBeen() throws IOException {
    endsAsIfItHadNotBeenKilled(
        8,
        List.of("sample/after-part:1"),
        List.of(
            "iteration/before:1",
            "sample/inside:2",
            "sample/after-part:1",
            "logprobs/after-commit:1",
            "verify/after-publish:1",
            "critique/inside:1",
            "vote/after-commit:2",
            "credit/after-part:2",
            "train/inside:1",
            "train/before-commit:1",
            "train/after-commit:1",
            "iteration/after:1"));
  }

  @Test
  @Tag("matrix")
  void killedAtEveryNamedPointItEndsAsIfItHadNotBeen() throws IOException {
    List<String> whileTraining =
        List.of(
            "iteration/before:1",
            "sample/inside:2",
            "sample/after-part:1",
            "sample/after-commit:1",
            "sample/after-publish:1",
            "logprobs/inside:1",
            "logprobs/after-part:1",
            "logprobs/after-commit:1",
            "logprobs/after-publish:1",
            "verify/inside:1",
            "verify/after-part:1",
            "verify/after-commit:2",
            "verify/after-publish:1",
            "critique/inside:1",
            "critique/after-part:2",
            "critique/after-commit:1",
            "critique/after-publish:1",
            "vote/inside:1",
            "vote/after-part:1",
            "vote/after-commit:1",
            "vote/after-publish:1",
            "credit/inside:1",
            "credit/after-part:2",
            "credit/after-commit:1",
            "credit/after-publish:1",
            "train/inside:1",
            "train/before-commit:1",
            "train/after-commit:1",
            "iteration/after:1");
    // Those of a journal and of a dataset are met by their own tests.
    assertThat(whileTraining.stream().map(fault -> fault.substring(0, fault.indexOf(':'))))
        .containsExactlyInAnyOrderElementsOf(
            Faults.names().stream()
                .filter(name -> !name.matches("(journal|dataset|take-in|describe)/.*"))
                .toList());
    endsAsIfItHadNotBeenKilled(
        16, List.of("sample/after-part:1", "verify/after-part:1"), whileTraining);
  }

  /**
   * Kills a run at points in the order of an iteration. What works beside the stage that is killed
   * commits on, so a point may be met in a later iteration than the one before it.
   *
   * @param iterations enough of them
   */
  private static void endsAsIfItHadNotBeenKilled(
      int iterations, List<String> whileMeasuring, List<String> whileTraining) throws IOException {
    Object[] atLength = {"--iterations", iterations};
    Path run = directory.resolve("killed-at-points-of-" + iterations);
    Map<Path, String> survivors = new TreeMap<>();
    for (String fault : whileMeasuring) {
      killAt(fault, run, survivors, atLength);
      assertThat(run.resolve("evaluation/v00000")).isDirectory();
      assertThat(run.resolve("iterations/00000")).doesNotExist();
    }
    assertThat(survivors.keySet()).noneMatch(commit -> commit.startsWith("iterations/00000"));
    for (String fault : whileTraining) {
      killAt(fault, run, survivors, atLength);
    }
    assertThat(survivors.keySet())
        .anyMatch(commit -> commit.startsWith("evaluation/v00000"))
        .anyMatch(commit -> commit.startsWith("iterations/00000/credits"));
    assertThat(train(run, Map.of(), atLength).status()).isZero();
    assertThat(commits(run)).containsAllEntriesOf(survivors);
    Path whole = directory.resolve("undisturbed-of-" + iterations);
    assertThat(train(whole, Map.of(), atLength).status()).isZero();
    assertThat(outcome(run)).isEqualTo(outcome(whole));
  }

  @Test
  void killedAtRandomMomentsItEndsAsIfItHadNotBeen() throws IOException {
    Path run = directory.resolve("killed-at-random");
    Map<Path, String> survivors = new TreeMap<>();
    long key = Draws.key("resume-it");
    boolean going = true;
    for (int kill = 0; going && kill < 5; kill++) {
      try (CliProcess process = start(run, Map.of())) {
        going = process.killAfter(1_500 + Draws.integer(key, kill, 6_000));
      }
      keepCommits(run, survivors);
    }
    assertThat(train(run, Map.of()).status()).isZero();
    assertThat(commits(run)).containsAllEntriesOf(survivors);
    assertThat(outcome(run)).isEqualTo(undisturbed);
  }

  /**
   * An adapter over a base in bfloat16, without critics: killed while the second version is
   * trained, which goes on from the first's adapter and moments, and again before it is committed.
   */
  @Test
  void aKilledAdaptersRunEndsAsIfItHadNotBeen() throws IOException {
    Object[] settings = {
      "--iterations", 2,
      "--set", "lora.rank=4",
      "--set", "policy.dtype=bf16",
      "--set", "critique.enabled=false",
      "--set", "credit.scheme=grpo"
    };
    Path whole = directory.resolve("adapter");
    Ended ended = train(whole, Map.of(), settings);
    assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();

    Path run = directory.resolve("adapter-killed");
    Map<Path, String> survivors = new TreeMap<>();
    // Two optimizer steps an iteration.
    killAt("train/inside:3", run, survivors, settings);
    assertThat(run.resolve("policy/v00001/adapter_model.safetensors")).exists();
    assertThat(run.resolve("policy/v00001/model.safetensors")).doesNotExist();
    killAt("train/before-commit:1", run, survivors, settings);
    assertThat(run.resolve("policy/v00002")).doesNotExist();
    assertThat(train(run, Map.of(), settings).status()).isZero();
    assertThat(commits(run)).containsAllEntriesOf(survivors);
    assertThat(outcome(run)).isEqualTo(outcome(whole));
    assertThat(outcome(run).digests()).containsKeys("policy/v00001", "policy/v00002");
  }

  @Test
  void interruptedItEndsAfterTheCommitAndSaysHowToGoOn() {
    Path run = directory.resolve("interrupted");
    try (CliProcess process = start(run, Map.of())) {
      process.awaitLine(line -> line.startsWith("held-out, policy v00000"));
      process.interrupt();
      Ended ended = process.await();
      assertThat(ended.status()).isEqualTo(130);
      assertThat(ended.lines())
          .anyMatch(line -> line.startsWith("stopping after the current commit"))
          .endsWith("  capoflow train " + recipe + " --run " + run);
    }
    assertThat(run.resolve("summary.json")).doesNotExist();
    assertThat(train(run, Map.of()).status()).isZero();
    assertThat(outcome(run)).isEqualTo(undisturbed);
  }

  @Test
  void aShorterRunIsExtendedToTheSameContent() {
    Path run = directory.resolve("extended");
    assertThat(train(run, Map.of(), "--iterations", 1).status()).isZero();
    assertThat(summary(run).digests()).hasSize(6 + 2);
    assertThat(train(run, Map.of()).status()).isZero();
    Outcome extended = outcome(run);
    assertThat(extended.digests()).isEqualTo(undisturbed.digests());
    assertThat(extended.figures()).isEqualTo(undisturbed.figures());
    // Its first end was measured, which the undisturbed run passed by.
    Map<String, Double> metrics = new TreeMap<>(extended.metrics());
    assertThat(metrics.keySet().removeIf(name -> name.startsWith("1 v00001 held_out_"))).isTrue();
    assertThat(metrics).isEqualTo(undisturbed.metrics());
  }

  @Test
  void aFinishedRunSaysSoAndDoesNothing() throws IOException {
    Path run = directory.resolve("undisturbed");
    FileTime before = Files.getLastModifiedTime(run.resolve("metrics.parquet"));
    Ended again = train(run, Map.of());
    assertThat(again.status()).isZero();
    assertThat(again.lines()).anyMatch(line -> line.contains("this run is finished"));
    assertThat(Files.getLastModifiedTime(run.resolve("metrics.parquet"))).isEqualTo(before);
    assertThat(outcome(run)).isEqualTo(undisturbed);
  }

  @Test
  void anExistingRunRefusesOtherContentAndShowsTheDifference() {
    Path run = directory.resolve("undisturbed");
    Ended refused = train(run, Map.of(), "--set", "credit.w_process=0.5");
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.lines())
        .singleElement()
        .asString()
        .startsWith("capoflow: " + run)
        .contains("credit.w_process: 1");
  }

  private static Ended train(Path run, Map<String, String> environment, Object... more) {
    try (CliProcess process = start(run, environment, more)) {
      return process.await();
    }
  }

  private static CliProcess start(Path run, Map<String, String> environment, Object... more) {
    Object[] arguments = new Object[4 + more.length];
    arguments[0] = "train";
    arguments[1] = recipe;
    arguments[2] = "--run";
    arguments[3] = run;
    System.arraycopy(more, 0, arguments, 4, more.length);
    return CliProcess.start(directory, environment, arguments);
  }

  private static void killAt(String fault, Path run, Map<Path, String> survivors, Object... more)
      throws IOException {
    Ended killed = train(run, Map.of("CAPOFLOW_FAULT", fault), more);
    assertThat(killed.status())
        .as(fault + "\n" + String.join("\n", killed.lines()))
        .isEqualTo(KILLED);
    keepCommits(run, survivors);
  }

  /** Adds what is committed now to what survived earlier kills, all of which must be untouched. */
  private static void keepCommits(Path run, Map<Path, String> survivors) throws IOException {
    Map<Path, String> now = commits(run);
    assertThat(now).containsAllEntriesOf(survivors);
    survivors.putAll(now);
  }

  /**
   * The commits of shards and policies by their files. They hold the part's name, which every
   * attempt draws anew, and when the computation began: equal text means that it ran once.
   */
  private static SortedMap<Path, String> commits(Path run) throws IOException {
    SortedMap<Path, String> commits = new TreeMap<>();
    if (Files.isDirectory(run)) {
      try (Stream<Path> files = Files.walk(run)) {
        for (Path file : files.map(run::relativize).filter(ResumeIT::isCommit).toList()) {
          commits.put(file, Files.readString(run.resolve(file)));
        }
      }
    }
    return commits;
  }

  /** Drafts of the killed, whose names begin with a dot, do not count. */
  private static boolean isCommit(Path file) {
    boolean draft = false;
    for (Path name : file) {
      draft |= name.toString().startsWith(".");
    }
    String name = file.getFileName().toString();
    return !draft && (name.endsWith(".commit.json") || name.equals("trainer_state.json"));
  }

  private static Outcome outcome(Path run) {
    RunSummary summary = summary(run);
    Map<String, Double> metrics = new TreeMap<>();
    for (IterationMetrics row : new MetricsFile(run.resolve("metrics.parquet"), "any").rows()) {
      if (!isOfTheClock(row.getName())) {
        String name = row.getIteration() + " " + row.getPolicyVersion() + " " + row.getName();
        assertThat(metrics.put(name, row.getValue())).as("another row for " + name).isNull();
      }
    }
    return new Outcome(
        summary.digests(),
        List.of(
            summary.greedyBefore(),
            summary.greedyAfter(),
            summary.sampledBefore(),
            summary.sampledAfter(),
            summary.iterations(),
            summary.rejectedProblems()),
        metrics);
  }

  private static boolean isOfTheClock(String figure) {
    return figure.contains("seconds")
        || figure.endsWith("tokens_per_second")
        || figure.equals(Figure.SLOW_VERDICTS.label());
  }

  private static RunSummary summary(Path run) {
    return RunSummary.read(run.resolve("summary.json"));
  }
}
