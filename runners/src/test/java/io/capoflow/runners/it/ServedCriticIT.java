package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.stub.StubServer;
import io.capoflow.pipelines.training.TrainingEvent;
import io.capoflow.pipelines.training.TrainingRun;
import io.capoflow.runners.diff.RunComparison;
import io.capoflow.runners.engine.EnginePipelines;
import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.recipe.ExecutionSection.Runner;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Training with a critic behind a server, whose answers are a pure function of the request. */
final class ServedCriticIT {
  @TempDir private static Path directory;
  private static StubServer server;
  private static RunDirectory onFlink;

  @BeforeAll
  static void runOnFlink() throws IOException {
    server = StubServer.start("critic");
    onFlink = train("flink-2", Runner.FLINK, 2, "journal", server).run();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private record Trained(RunDirectory run, List<String> notices) {}

  @ParameterizedTest
  @CsvSource({"FLINK, 1", "DIRECT, 1", "DIRECT, 2"})
  void contentIsTheSameOnEveryRunnerAndParallelism(Runner runner, int parallelism)
      throws IOException {
    String name = runner + "-" + parallelism;
    try (StubServer own = StubServer.start("critic")) {
      RunDirectory other = train(name, runner, parallelism, "journal-" + name, own).run();
      assertThat(RunComparison.between(onFlink, other).first()).isEmpty();
      assertThat(other.digests()).isEqualTo(onFlink.digests()).hasSize(3 * 5 + 4);
      assertThat(own.asked()).isNotEmpty().allSatisfy((key, times) -> assertThat(times).isOne());
    }
  }

  @Test
  void aRunOnTheSameJournalAsksNothingAndNeedsNoServer() throws IOException {
    Map<String, Integer> asked = server.asked();
    Trained again = train("again", Runner.FLINK, 2, "journal", server);
    assertThat(again.run().digests()).isEqualTo(onFlink.digests());
    assertThat(server.asked()).isEqualTo(asked);
    assertThat(again.notices()).anyMatch(notice -> notice.startsWith("critic: critic, stub-1"));
    StubServer away = StubServer.start("critic");
    away.close();
    Trained alone = train("alone", Runner.FLINK, 2, "journal", away);
    assertThat(alone.run().digests()).isEqualTo(onFlink.digests());
    assertThat(alone.notices()).anyMatch(notice -> notice.startsWith("no server of the critic"));
  }

  @Test
  void killedAtRandomMomentsItAsksAgainNoMoreThanWasInFlight() throws IOException {
    try (StubServer own = StubServer.start("critic")) {
      Path recipe = recipe("killed", own, "journal-killed");
      Path run = directory.resolve("killed");
      boolean going = true;
      for (int kill = 0; going && kill < 10; kill++) {
        try (CliProcess process = start(recipe, run)) {
          going = process.killAfter(4_000 + 700L * kill);
        }
      }
      try (CliProcess process = start(recipe, run)) {
        Ended ended = process.await();
        assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
      }
      assertThat(RunDirectory.at(run).digests()).isEqualTo(onFlink.digests());
    }
  }

  private static CliProcess start(Path recipe, Path run) {
    return CliProcess.start(directory, Map.of(), "train", recipe, "--run", run);
  }

  private static Trained train(
      String name, Runner runner, int parallelism, String journal, StubServer server)
      throws IOException {
    BoundRecipe<TrainingRecipe> recipe =
        RecipeBinder.of(TrainingRecipe.class).load(recipe(name, server, journal), List.of());
    Path run = directory.resolve(name);
    List<String> notices = new ArrayList<>();
    try (EnginePipelines pipelines = EnginePipelines.of(runner, parallelism)) {
      TrainingRun training =
          new TrainingRun(
              recipe,
              run,
              pipelines,
              event -> {
                if (event instanceof TrainingEvent.Notice notice) {
                  notices.add(notice.message());
                }
              });
      assertThat(training.run()).isPresent();
    }
    return new Trained(RunDirectory.at(run), notices);
  }

  /** The small experiment with its critic behind a server. */
  private static Path recipe(String name, StubServer server, String journal) throws IOException {
    return Files.writeString(
        directory.resolve(name + ".yaml"),
        """
        extends: %s
        critique:
          path: null
          device: auto
          batch_rollouts: 16
          endpoint: %s
          model: critic
          journal: %s
        """
            .formatted(SmallExperiment.in(directory), server.url(), directory.resolve(journal)));
  }
}
