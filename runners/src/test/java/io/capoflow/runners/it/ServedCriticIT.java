package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.stub.StubFault;
import io.capoflow.models.stub.StubSchedule;
import io.capoflow.models.stub.StubServer;
import io.capoflow.pipelines.training.TrainingEvent;
import io.capoflow.pipelines.training.TrainingRun;
import io.capoflow.runners.diff.RunComparison;
import io.capoflow.runners.engine.EnginePipelines;
import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.ExecutionSection.Runner;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.journal.JournalFigures;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
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
      assertThat(other.digests()).isEqualTo(onFlink.digests()).hasSize(3 * 6 + 4);
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

  /** Every fault that passes, in a third of the calls, up to three times in a row. */
  @Test
  void faultsThatPassChangeNothing() throws IOException {
    List<StubFault> passing =
        List.of(
            StubFault.RESET,
            StubFault.RESET_IN_BODY,
            StubFault.STALL,
            StubFault.STALL_IN_BODY,
            StubFault.TRUNCATED_JSON,
            StubFault.INVALID_JSON,
            StubFault.HTML_PAGE,
            StubFault.ERROR_WITH_200,
            StubFault.EMPTY_CHOICE,
            StubFault.FEWER_CHOICES,
            StubFault.STATUS_408,
            StubFault.STATUS_409,
            StubFault.STATUS_425,
            StubFault.STATUS_429,
            StubFault.STATUS_500,
            StubFault.STATUS_502,
            StubFault.STATUS_503,
            StubFault.STATUS_504);
    try (StubServer own = StubServer.start("critic")) {
      own.with(StubSchedule.passing(1, 0.33, 3, passing));
      Trained run =
          train(
              "faults",
              Runner.FLINK,
              2,
              "journal-faults",
              own,
              "critique.timeout=1",
              "critique.retry_budget=3");
      assertThat(run.run().digests()).isEqualTo(onFlink.digests());
      assertThat(own.met()).containsOnlyKeys(passing);
      assertThat(own.answered()).allSatisfy((choice, times) -> assertThat(times).isOne());
    }
  }

  /**
   * What was asked for is either in the journal or lost with the process that was killed: were an
   * answer that the journal has asked for again, more would be asked in all.
   */
  @Test
  void killedAtRandomMomentsItAsksNothingAgainThatTheJournalHas() throws IOException {
    try (StubServer own = StubServer.start("critic")) {
      Path recipe = recipe("killed", own, "journal-killed");
      Path run = directory.resolve("killed");
      Path journal = directory.resolve("journal-killed");
      long key = Draws.key("served-critic-it");
      long lost = 0;
      int kills = 0;
      for (int kill = 0; kill < 6; kill++) {
        long moment = own.choicesAsked() + 1 + Draws.integer(key, kill, 24);
        try (CliProcess process = start(recipe, run)) {
          if (!own.awaitAsked(moment, process::hasEnded)) {
            break;
          }
          process.kill();
        }
        own.awaitIdle();
        kills++;
        lost = own.choicesAsked() - JournalFigures.of(journal).answers();
        assertThat(lost).isNotNegative();
      }
      assertThat(kills).isEqualTo(6);
      try (CliProcess process = start(recipe, run)) {
        Ended ended = process.await();
        assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
      }
      assertThat(RunDirectory.at(run).digests()).isEqualTo(onFlink.digests());
      assertThat(own.choicesAsked()).isEqualTo(JournalFigures.of(journal).answers() + lost);
      System.out.printf(
          "%d kills: %d critiques, %d asked again%n", kills, own.asked().size(), lost);
    }
  }

  /** What is down voids nothing: the run stops, and goes on when the server is back. */
  @Test
  void aServerThatStaysAwayStopsTheRunWhichGoesOn() throws IOException {
    try (StubServer own = StubServer.start("critic")) {
      AtomicInteger left = new AtomicInteger(100);
      own.with(
          (request, attempt) -> {
            if (left.decrementAndGet() < 0) {
              own.setEngineDead(true);
              return Optional.of(StubFault.STATUS_500);
            }
            return Optional.empty();
          });
      assertThatThrownBy(
              () ->
                  train(
                      "away",
                      Runner.FLINK,
                      2,
                      "journal-away",
                      own,
                      "critique.patience=2",
                      "critique.max_in_flight=8"))
          .isInstanceOf(UserMistake.class)
          .hasMessageContaining(own.url())
          .hasMessageContaining("run the same command again");
      own.setEngineDead(false);
      own.with(StubSchedule.NONE);
      Trained run = train("away", Runner.FLINK, 2, "journal-away", own);
      assertThat(run.run().digests()).isEqualTo(onFlink.digests());
      assertThat(own.answered()).allSatisfy((choice, times) -> assertThat(times).isOne());
    }
  }

  @Test
  void callsThatFailWhileOthersAreAnsweredAreVoid() throws IOException {
    try (StubServer own = StubServer.start("critic")) {
      // One request in sixteen fails for ever.
      own.with(
          (request, attempt) ->
              request.startsWith("0") ? Optional.of(StubFault.STATUS_500) : Optional.empty());
      String[] settings = {"critique.retries=1", "critique.retry_budget=9", "iterations=1"};
      assertThatThrownBy(() -> train("void", Runner.FLINK, 2, "journal-void", own, settings))
          .isInstanceOf(UserMistake.class)
          .hasMessageContaining("critique.max_failed_share 0.02 allows");
      Trained run =
          train(
              "void",
              Runner.FLINK,
              2,
              "journal-void",
              own,
              Stream.concat(Stream.of(settings), Stream.of("critique.max_failed_share=1"))
                  .toArray(String[]::new));
      List<Critique> failed =
          run.run().shards(0, Stage.CRITIQUES).commits().stream()
              .flatMap(commit -> run.run().shards(0, Stage.CRITIQUES).read(commit).stream())
              .filter(critique -> critique.getVoidReason() != null)
              .toList();
      assertThat(failed)
          .isNotEmpty()
          .allSatisfy(
              critique -> {
                assertThat(critique.getVoidReason()).isEqualTo("FAILED");
                assertThat(critique.getFailure()).contains("500");
              });
      // The failure of a call is its shard's, and never the journal's.
      assertThat(JournalFigures.of(directory.resolve("journal-void")).answers())
          .isEqualTo(own.answered().size());
    }
  }

  private static CliProcess start(Path recipe, Path run) {
    return CliProcess.start(directory, Map.of(), "train", recipe, "--run", run);
  }

  private static Trained train(
      String name,
      Runner runner,
      int parallelism,
      String journal,
      StubServer server,
      String... settings)
      throws IOException {
    BoundRecipe<TrainingRecipe> recipe =
        RecipeBinder.of(TrainingRecipe.class)
            .load(recipe(name, server, journal), Stream.of(settings).map(Setting::parse).toList());
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
    return SmallExperiment.served(
        directory.resolve(name + ".yaml"),
        SmallExperiment.in(directory),
        server.url(),
        directory.resolve(journal));
  }
}
