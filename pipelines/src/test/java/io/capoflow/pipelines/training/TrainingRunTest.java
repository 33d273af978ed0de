package io.capoflow.pipelines.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.pipelines.execution.JobName;
import io.capoflow.pipelines.metrics.MetricsFile;
import io.capoflow.pipelines.metrics.RunSummary;
import io.capoflow.pipelines.training.RunContent.ProblemSource;
import io.capoflow.pipelines.training.TrainingEvent.Closed;
import io.capoflow.pipelines.training.TrainingEvent.IterationFinished;
import io.capoflow.pipelines.training.TrainingEvent.Opened;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.IterationMetrics;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.ResponseLogProbabilities;
import io.capoflow.schemas.UserMistake;
import io.capoflow.schemas.Verdict;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.JsonFiles;
import io.capoflow.transforms.storage.KeptFile;
import io.capoflow.transforms.storage.PolicyStore;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.SelfChecked;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.beam.runners.direct.DirectOptions;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The loop with the shipped policy and critic, few problems, on the direct runner. */
final class TrainingRunTest {
  private static final Path HOME = Path.of(System.getProperty("capoflow.home"));

  @TempDir Path directory;
  private final List<TrainingEvent> events = new ArrayList<>();

  @Test
  void aRunCommitsEveryIterationAndSaysWhatCameOut() {
    RunSummary summary = run("run", 2, List.of()).run().orElseThrow();

    assertThat(summary.iterations()).isEqualTo(2);
    assertThat(summary.digests().keySet())
        .containsExactly(
            "iterations/00000/credits",
            "iterations/00000/critiques",
            "iterations/00000/logprobs",
            "iterations/00000/rollouts",
            "iterations/00000/verdicts",
            "iterations/00000/votes",
            "iterations/00001/credits",
            "iterations/00001/critiques",
            "iterations/00001/logprobs",
            "iterations/00001/rollouts",
            "iterations/00001/verdicts",
            "iterations/00001/votes",
            "policy/v00000",
            "policy/v00001",
            "policy/v00002");
    assertThat(summary.greedyBefore().rightShare()).isBetween(0.0, 1.0);
    assertThat(summary.secondsByStage())
        .containsOnlyKeys("critique", "dataflow", "evaluate", "logprobs", "sample", "train");
    assertThat(finished())
        .extracting(IterationFinished::policyVersion)
        .containsExactly("v00001", "v00002");
    assertThat(finished().get(0).figures())
        .containsKeys(
            "accuracy",
            "mean_reward",
            "kl",
            "kl_capped",
            "kl_largest",
            "clip_fraction",
            "entropy",
            "critic_agreement",
            "void_rate");
    assertThat(events.get(events.size() - 1)).isEqualTo(new Closed(true, 2));
    assertThat(directory.resolve("run/summary.json")).exists();
    assertThat(directory.resolve("run/metrics.parquet")).exists();
  }

  @Test
  void aFinishedRunDoesNothingAndALongerOneGoesOnWithTheSameBeginning() {
    RunSummary two = run("run", 2, List.of()).run().orElseThrow();
    events.clear();
    assertThat(run("run", 2, List.of()).run()).contains(two);
    assertThat(finished()).isEmpty();

    RunSummary three = run("run", 3, List.of()).run().orElseThrow();
    assertThat(three.iterations()).isEqualTo(3);
    assertThat(three.digests())
        .containsAllEntriesOf(two.digests())
        .hasSizeGreaterThan(two.digests().size());
    assertThat(finished()).hasSize(1);
  }

  @Test
  void aStoppedRunGoesOnAndEndsAsAnUndisturbedOne() {
    RunSummary undisturbed = run("undisturbed", 2, List.of()).run().orElseThrow();
    TrainingRun stopped = run("stopped", 2, List.of());
    stopped.requestStop();
    assertThat(stopped.run()).isEqualTo(Optional.empty());
    assertThat(run("stopped", 2, List.of()).run().orElseThrow().digests())
        .isEqualTo(undisturbed.digests());
  }

  @Test
  void figuresThatAKilledSessionDidNotWriteAreWrittenByTheNext() throws IOException {
    RunSummary whole = run("run", 1, List.of()).run().orElseThrow();
    Path iteration = directory.resolve("run/iterations/00000");
    try (Stream<Path> files = Files.walk(iteration)) {
      List<Path> manifests = files.filter(file -> file.endsWith("_manifest.json")).toList();
      assertThat(manifests).hasSize(6);
      for (Path manifest : manifests) {
        Files.delete(manifest);
      }
    }
    Files.delete(directory.resolve("run/summary.json"));
    Files.delete(directory.resolve("run/metrics.parquet"));

    RunSummary again = run("run", 1, List.of()).run().orElseThrow();
    assertThat(again.digests()).isEqualTo(whole.digests());
    assertThat(again.greedyAfter().rightShare()).isEqualTo(whole.greedyAfter().rightShare());
  }

  @Test
  void anExistingRunRefusesOtherContentAndShowsTheDifference() {
    run("run", 1, List.of()).run();
    assertThatThrownBy(() -> run("run", 1, List.of("credit.w_process=0.5")).run())
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("credit.w_process: 1 -> 0.5")
        .hasMessageContaining("--run");
    assertThatThrownBy(() -> run("run", 1, List.of("verify.approx_digits=5")).run())
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("verify.approx_digits: 6 -> 5");
  }

  @Test
  void anOptionOfTheVerifierMakesOtherVerdictsOfTheSameRollouts() {
    SortedMap<String, String> plain = run("plain", 1, List.of()).run().orElseThrow().digests();
    SortedMap<String, String> tagged =
        run("tagged", 1, List.of("verify.answer_tag=true")).run().orElseThrow().digests();
    assertThat(tagged.get("iterations/00000/rollouts"))
        .isEqualTo(plain.get("iterations/00000/rollouts"));
    assertThat(tagged.get("iterations/00000/verdicts"))
        .isNotEqualTo(plain.get("iterations/00000/verdicts"));
  }

  @Test
  void aRunThatCouldNotBeginBindsNobodyToItsSettings() {
    assertThatThrownBy(() -> run("run", 1, List.of("problems.per_iteration=17")).run())
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("problems.per_iteration");
    assertThatThrownBy(() -> run("run", 1, List.of("problems.held_out=0")).run())
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("problems.held_out");
    assertThat(run("run", 1, List.of()).run()).isPresent();
  }

  @Test
  void aRunThatGoesOnUnderOtherVersionsSaysSoAndRemembersBoth() throws IOException {
    run("run", 1, List.of()).run();
    Path record = directory.resolve("run/run.json");
    String java = Runtime.version().toString();
    String ofAnother = Files.readString(record).replace(java, "11.0.1");
    ObjectNode fields = (ObjectNode) new ObjectMapper().readTree(ofAnother);
    JsonFiles.writeChecked(
        record, fields.put("checksum", ""), sum -> fields.deepCopy().put("checksum", sum));
    events.clear();
    run("run", 2, List.of()).run();
    assertThat(events)
        .filteredOn(TrainingEvent.Notice.class::isInstance)
        .singleElement()
        .asString()
        .contains("java 11.0.1 -> " + java);
    assertThat(record).content().contains("11.0.1").contains(java);
  }

  @Test
  void aRunOfAnEarlierComputationIsLeftAsItIsAndNotGoneOnWith() throws IOException {
    run("old", 1, List.of()).run();
    RunDirectory run = RunDirectory.at(directory.resolve("old"));
    ObjectNode fields = (ObjectNode) new ObjectMapper().readTree(Files.readString(run.run()));
    // As a record of the time before computations had numbers.
    assertThat(fields.remove("computation").asInt()).isEqualTo(2);
    JsonFiles.writeChecked(
        run.run(), fields.put("checksum", ""), sum -> fields.deepCopy().put("checksum", sum));
    Map<Path, String> before = texts(run);

    assertThatThrownBy(() -> run("old", 2, List.of()).run())
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("made by earlier code")
        .hasMessageContaining("computation 1, here 2")
        .hasMessageContaining("--run");
    assertThat(run("old", 1, List.of()).run()).isPresent();
    assertThat(texts(run)).isEqualTo(before);
  }

  private static Map<Path, String> texts(RunDirectory run) throws IOException {
    return Map.of(
        run.run(), Files.readString(run.run()), run.recipe(), Files.readString(run.recipe()));
  }

  @Test
  void anotherCriticUnderTheSamePathIsRefused() throws IOException {
    Path critic = Files.createDirectories(directory.resolve("critic"));
    copy(HOME.resolve("weights/arithmetic-critic"), critic);
    List<String> settings = List.of("critique.path=" + critic);
    run("run", 1, settings).run();
    copy(HOME.resolve("weights/arithmetic-policy"), critic);
    assertThatThrownBy(() -> run("run", 2, settings).run())
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("the critic at critique.path is not the one that the run began with");
  }

  @Test
  void aRunRecordsTheFilesOfItsPoliciesAndOfItsProblems() throws IOException {
    Path source = directory.resolve("problems.jsonl");
    Files.write(
        source,
        IntStream.range(0, 24)
            .mapToObj(i -> "{\"question\": \"Is it %d?\", \"answer\": \"#### %d\"}".formatted(i, i))
            .toList());
    List<String> settings =
        List.of(
            "problems.source=file",
            "problems.file=" + source,
            "critique.enabled=false",
            "credit.scheme=grpo");
    run("run", 1, settings).run();

    RunDirectory run = RunDirectory.at(directory.resolve("run"));
    assertThat(RunRecord.content(run).files())
        .containsOnlyKeys(
            "problems-rejected.parquet", "problems/held-out.parquet", "problems/train.parquet")
        .containsEntry(
            "problems/train.parquet", KeptFile.of(run.trainingProblems(), Problem.class));
    assertThat(RunRecord.content(run).files().get("problems/held-out.parquet").rows()).isEqualTo(8);
    assertThat(RunRecord.content(run).problemSources())
        .containsExactly(new ProblemSource(source.toString(), Digests.ofFile(source)));
    for (int version : List.of(0, 1)) {
      Path policy = run.policies().directory(version);
      assertThat(run.policies().find(version).orElseThrow().files())
          .containsKeys("config.json", "model.safetensors", "tokenizer.json")
          .isEqualTo(PolicyStore.files(policy));
      assertThat(run.policies().checksum(version)).isEqualTo(SelfChecked.HOLDS);
    }

    SortedMap<String, KeptFile> recorded = RunRecord.content(run).files();
    run("run", 2, settings).run();
    assertThat(RunRecord.content(run).files()).isEqualTo(recorded);
  }

  @Test
  void theBaselineNeedsNoCritic() {
    RunSummary summary =
        run("grpo", 1, List.of("critique.enabled=false", "credit.scheme=grpo")).run().orElseThrow();
    assertThat(summary.digests().keySet())
        .containsExactly(
            "iterations/00000/credits",
            "iterations/00000/logprobs",
            "iterations/00000/rollouts",
            "iterations/00000/verdicts",
            "policy/v00000",
            "policy/v00001");
    assertThat(events.get(0)).isInstanceOf(Opened.class);
    // No critic was asked, so no time of critics was measured.
    assertThat(summary.secondsByStage())
        .containsOnlyKeys("dataflow", "evaluate", "logprobs", "sample", "train");
    assertThat(finished().get(0).secondsByStage()).doesNotContainKey("critique");
    assertThat(finished().get(0).figures())
        .containsKeys("kl", "sampled_tokens")
        .doesNotContainKeys("critic_tokens", "critic_seconds", "void_rate", "flagged_share");
  }

  @Test
  void anUpdateOfOneStepAsksOnlyTheReferenceAndWithoutAKlTermNobody() {
    run("with-kl", 1, List.of("batch.mini_batch_rollouts=16")).run();
    RunDirectory withKl = RunDirectory.at(directory.resolve("with-kl"));
    assertThat(withKl.rows(0, Stage.LOG_PROBABILITIES))
        .hasSize(16)
        .allSatisfy(
            row -> {
              assertThat(row.getOldLogprobs()).isNull();
              assertThat(row.getReferenceLogprobs()).isNotNull();
            });
    events.clear();

    run("without", 1, List.of("batch.mini_batch_rollouts=16", "train.kl_coefficient=0")).run();
    RunDirectory without = RunDirectory.at(directory.resolve("without"));
    assertThat(without.digests())
        .containsKeys("iterations/00000/credits", "policy/v00001")
        .doesNotContainKey("iterations/00000/logprobs");
    assertThat(without.stage(0, Stage.LOG_PROBABILITIES)).doesNotExist();
    assertThat(finished().get(0).secondsByStage()).doesNotContainKey("logprobs");
    assertThat(finished().get(0).figures())
        .containsEntry("ratio_deviation_max", 0.0)
        .containsEntry("optimizer_steps", 1.0)
        .containsKey("mismatch_max");
  }

  @Test
  void theFirstMiniBatchBeginsOnPolicy() {
    run("run", 2, List.of()).run();
    RunDirectory run = RunDirectory.at(directory.resolve("run"));
    for (int iteration = 0; iteration < 2; iteration++) {
      List<Map<String, Double>> steps = run.policies().find(iteration + 1).orElseThrow().steps();
      assertThat(steps).hasSize(2);
      assertThat(steps.get(0).get("ratio_deviation_max")).isLessThan(1e-5);
      assertThat(steps.get(1).get("ratio_deviation_max")).isGreaterThan(1e-5);
      for (ResponseLogProbabilities row : run.rows(iteration, Stage.LOG_PROBABILITIES)) {
        // The start is its own reference.
        assertThat(row.getOldLogprobs().equals(row.getReferenceLogprobs()))
            .isEqualTo(iteration == 0);
      }
    }
  }

  @Test
  void withoutAKlTermNoFigureOfTheReferenceIsRecorded() {
    run("no-kl", 1, List.of("train.kl_coefficient=0")).run();
    assertThat(finished().get(0).figures())
        .containsKeys("loss", "entropy", "ratio_deviation_max", "mismatch_max")
        .doesNotContainKeys("kl", "kl_capped", "kl_largest", "max_ratio_deviation");
    assertThat(
            new MetricsFile(directory.resolve("no-kl/metrics.parquet"), "any")
                .rows().stream().map(IterationMetrics::getName))
        .contains(
            "entropy", "held_out_greedy_step_correctness", "held_out_sampled_step_correctness")
        .doesNotContain("kl", "kl_capped", "kl_largest", "held_out_step_correctness");
  }

  @Test
  void aVerifierThatThrowsStopsTheRunBeforeItLearnsAndKeepsTheRows() {
    assertThatThrownBy(() -> run("run", 1, List.of("verify.verifier=broken")).run())
        .satisfies(
            thrown ->
                assertThat(UserMistake.in(thrown).orElseThrow().getMessage())
                    .startsWith("16 of the iteration's 16 verdicts are faults of the verifier"));
    RunDirectory kept = RunDirectory.at(directory.resolve("run"));
    assertThat(kept.policies().versions()).containsExactly(0);
    ShardStore<Verdict> verdicts = kept.shards(0, Stage.VERDICTS);
    assertThat(verdicts.commits())
        .flatExtracting(verdicts::read)
        .hasSize(16)
        .allMatch(verdict -> verdict.getReason().equals("FAULT"));

    // The share is free to change; then nothing is right, and nothing can be learned from that.
    events.clear();
    List<String> lenient = List.of("verify.verifier=broken", "verify.max_fault_share=1");
    assertThat(run("run", 1, lenient).run()).isPresent();
    assertThat(kept.policies().versions()).containsExactly(0, 1);
  }

  @Test
  void anIterationThatLeavesNothingToLearnFromSaysSo() {
    List<String> settings =
        List.of(
            "verify.verifier=broken",
            "verify.max_fault_share=1",
            "critique.enabled=false",
            "credit.scheme=grpo");
    run("run", 1, settings).run();
    assertThat(events)
        .filteredOn(TrainingEvent.Notice.class::isInstance)
        .singleElement()
        .asString()
        .contains(
            "iteration 0 left nothing to learn from", "(accuracy 0.000, excluded_share 0.000)");
  }

  @Test
  void criticsThatSayNothingStopTheRunBeforeItLearns() {
    assertThatThrownBy(() -> run("run", 1, List.of("critique.max_new_tokens=2")).run())
        .satisfies(
            thrown ->
                assertThat(UserMistake.in(thrown).orElseThrow().getMessage())
                    .contains("critiques are void, more than critique.max_void_share 0.9 allows"));
    assertThat(RunDirectory.at(directory.resolve("run")).policies().versions()).containsExactly(0);
  }

  /** Every step has several parts: eight rollouts of some seventy tokens. */
  @Test
  void oneTwoAndFourWorkersAndAnyRoomForThemLearnTheSame() {
    SortedMap<String, String> one = learned("one", "train.workers=1");
    assertThat(learned("two", "train.workers=2")).isEqualTo(one);
    assertThat(learned("four", "train.workers=4")).isEqualTo(one);
    assertThat(learned("narrow", "train.workers=4", "batch.tokens=300")).isEqualTo(one);
    assertThat(learned("every-core")).isEqualTo(one);
    assertThat(learned("other-parts", "batch.part_tokens=1300")).isNotEqualTo(one);
    // Both are free to change between two starts of a run.
    assertThat(run("one", 2, small("train.workers=2", "batch.tokens=500")).run()).isPresent();
  }

  private SortedMap<String, String> learned(String name, String... settings) {
    return run(name, 1, small(settings)).run().orElseThrow().digests();
  }

  private static List<String> small(String... settings) {
    return Stream.concat(
            Stream.of("critique.enabled=false", "credit.scheme=grpo", "batch.part_tokens=150"),
            Stream.of(settings))
        .toList();
  }

  private TrainingRun run(String name, int iterations, List<String> settings) {
    List<Setting> all =
        new ArrayList<>(
            List.of(
                setting("iterations=" + iterations),
                setting("problems.train=16"),
                setting("problems.held_out=8"),
                setting("problems.per_iteration=4"),
                setting("sample.rollouts=4"),
                setting("sample.shard_problems=2"),
                setting("batch.mini_batch_rollouts=8")));
    settings.forEach(text -> all.add(setting(text)));
    BoundRecipe<TrainingRecipe> recipe =
        RecipeBinder.of(TrainingRecipe.class, HOME)
            .load(HOME.resolve("recipes/arithmetic.yaml"), all);
    return new TrainingRun(recipe, directory.resolve(name), TrainingRunTest::pipeline, events::add);
  }

  private List<IterationFinished> finished() {
    return events.stream()
        .filter(IterationFinished.class::isInstance)
        .map(IterationFinished.class::cast)
        .toList();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }

  private static Setting setting(String text) {
    return Setting.parse(text);
  }

  private static Pipeline pipeline(JobName name) {
    DirectOptions options = PipelineOptionsFactory.as(DirectOptions.class);
    options.setJobName(name.text());
    options.setRunner(DirectRunner.class);
    options.setTargetParallelism(2);
    return Pipeline.create(options);
  }
}
