package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.IterationMetrics;
import io.capoflow.schemas.Json;
import io.capoflow.transforms.storage.ParquetRows;
import io.capoflow.transforms.storage.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a check finds in a run that came to harm, and what a repair restores. */
final class CheckIT {
  private static final int ITERATIONS = 3;

  @TempDir private static Path shared;
  @TempDir private Path directory;
  private Path run;

  @BeforeAll
  static void train() throws IOException {
    Path recipe =
        Files.writeString(
            shared.resolve("recipe.yaml"),
            """
            problems: {train: 8, held_out: 2, per_iteration: 2}
            policy: {path: weights/arithmetic-policy, device: cpu}
            sample: {rollouts: 2, max_new_tokens: 64, shard_problems: 1}
            critique: {path: weights/arithmetic-critic, device: cpu, template: arithmetic, times: 2, max_new_tokens: 96, max_void_share: 1}
            batch: {mini_batch_rollouts: 2}
            train: {kl_coefficient: 0.01}
            retention: {optimizer_states: 2}
            evaluate: {problems: 2, samples: 1, every: 1}
            execution: {runner: direct}
            """);
    CliRun trained =
        CliRun.of("train", recipe, "--run", shared.resolve("run"), "--iterations", ITERATIONS);
    assertThat(trained.errors()).isEmpty();
    assertThat(trained.status()).isZero();
  }

  @BeforeEach
  void copy() throws IOException {
    // The name of a run is in its rows.
    run = directory.resolve("run");
    try (Stream<Path> files = Files.walk(shared.resolve("run"))) {
      for (Path file : files.toList()) {
        Files.copy(file, run.resolve(shared.resolve("run").relativize(file).toString()));
      }
    }
  }

  @Test
  void aRunThatWasLeftAloneIsWhole() {
    CliRun checked = CliRun.of("check", run);

    assertThat(checked.out()).isEqualTo("whole: 38 digests, computed anew from the bytes\n");
    assertThat(checked.status()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "policy/v00000/model.safetensors",
        "policy/v00001/model.safetensors",
        "policy/v00002/config.json",
        "policy/v00002/tokenizer.json",
        "policy/v00002/trainer_state.json",
        "policy/v00002/optimizer.safetensors",
        "policy/v00003/optimizer.safetensors",
        "policy/v00003/trainer_state.json",
        "problems/train.parquet",
        "problems/held-out.parquet",
        "problems-rejected.parquet",
        "metrics.parquet",
        "summary.json",
        "iterations/00001/rollouts/_manifest.json",
        "iterations/00000/rollouts/shard-*.parquet",
        "iterations/00001/verdicts/shard-*.parquet",
        "iterations/00001/critiques/_shard-*.commit.json",
        "iterations/00002/votes/shard-*.parquet",
        "iterations/00002/credits/shard-*.parquet",
        "evaluation/v00003/sampled/rollouts/shard-*.parquet",
        "evaluation/v00001/greedy/verdicts/_manifest.json"
      })
  void aFlippedByteIsFoundAndARepairRestoresWhatWasThere(String name) throws IOException {
    Path file = only(name);
    SortedMap<String, String> before = digests();
    byte[] bytes = flip(file);

    CliRun damaged = CliRun.of("check", run);
    assertThat(damaged.out()).contains("damaged  " + RunDirectory.at(run).nameOf(file) + ": ");
    assertThat(damaged.status()).isEqualTo(1);

    CliRun repaired = CliRun.of("check", run, "--repair");
    assertThat(repaired.errors()).isEmpty();
    assertThat(repaired.out()).endsWith("whole: 38 digests, computed anew from the bytes\n");
    assertThat(repaired.status()).isZero();
    assertThat(digests()).isEqualTo(before);
    assertThat(run.resolve("set-aside/1").resolve(run.relativize(file))).hasBinaryContent(bytes);
    assertThat(run.resolve(".repair")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "policy/v00000",
        "policy/v00001",
        "policy/v00003",
        "policy/v00003/optimizer.safetensors",
        "policy/v00002/trainer_state.json",
        "problems",
        "iterations",
        "iterations/00001",
        "iterations/00001/rollouts",
        "iterations/00002/credits",
        "iterations/00002/votes/_manifest.json",
        "iterations/00000/critiques/_shard-*.commit.json",
        "iterations/00000/verdicts/shard-*.parquet",
        "iterations/00001/logprobs",
        "iterations/00002/logprobs/shard-*.parquet",
        "evaluation",
        "evaluation/v00003/greedy",
        "metrics.parquet",
        "summary.json"
      })
  void whatIsDeletedIsMissedAndARepairRestoresIt(String name) throws IOException {
    Path file = only(name);
    SortedMap<String, String> before = digests();
    delete(file);

    CliRun damaged = CliRun.of("check", run);
    assertThat(damaged.out()).contains("missing  " + RunDirectory.at(run).nameOf(file));
    assertThat(damaged.status()).isEqualTo(1);

    CliRun repaired = CliRun.of("check", run, "--repair");
    assertThat(repaired.errors()).isEmpty();
    assertThat(repaired.out()).endsWith("whole: 38 digests, computed anew from the bytes\n");
    assertThat(digests()).isEqualTo(before);
    assertThat(CliRun.of("diff", shared.resolve("run"), run, "--bytes").status()).isZero();
  }

  @Test
  void allDamageAtOnceIsRestored() throws IOException {
    delete(run.resolve("policy/v00001"));
    delete(run.resolve("policy/v00002"));
    delete(run.resolve("policy/v00003"));
    delete(run.resolve("iterations"));
    delete(run.resolve("evaluation"));
    delete(run.resolve("problems"));

    CliRun repaired = CliRun.of("check", run, "--repair");

    assertThat(repaired.out()).endsWith("whole: 38 digests, computed anew from the bytes\n");
  }

  @Test
  void whatIsTrainedAgainIsTrainedFromWhatWasRestored() throws IOException {
    for (int version = 0; version < 3; version++) {
      flip(run.resolve("policy/v0000" + version + "/model.safetensors"));
    }
    flip(only("evaluation/v00001/greedy/rollouts/shard-*.parquet"));
    delete(run.resolve("policy/v00003"));

    CliRun repaired = CliRun.of("check", run, "--repair");

    assertThat(repaired.errors()).isEmpty();
    assertThat(repaired.out()).endsWith("whole: 38 digests, computed anew from the bytes\n");
    assertThat(CliRun.of("diff", shared.resolve("run"), run, "--bytes").out())
        .isEqualTo("equal: 22 digests, computed anew from the bytes\n");
  }

  @Test
  void aStartWhoseTokenizerHasChangedIsNotTaken() throws IOException {
    Path start = directory.resolve("start");
    Files.createDirectories(start);
    copyShard(shared.resolve("run/policy/v00000"), start, "(?!trainer_state).*");
    Path recipe =
        Files.writeString(
            directory.resolve("recipe.yaml"),
            Files.readString(shared.resolve("recipe.yaml"))
                .replace("weights/arithmetic-policy", start.toString()));
    Path other = directory.resolve("other");
    CliRun.of("train", recipe, "--run", other, "--iterations", 1);
    delete(other.resolve("policy/v00000"));
    Path tokenizer = start.resolve("tokenizer.json");
    Files.writeString(tokenizer, Files.readString(tokenizer) + "\n");

    CliRun repaired = CliRun.of("check", other, "--repair");

    assertThat(repaired.out()).contains("failed   ", "the digest of its files is ");
    assertThat(repaired.status()).isEqualTo(1);
    assertThat(other.resolve("policy/v00000")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"accuracy", "loss", "held_out_pass_rate"})
  void anEditedFigureIsFound(String name) throws IOException {
    Path metrics = run.resolve("metrics.parquet");
    List<IterationMetrics> rows = ParquetRows.read(metrics, IterationMetrics.class);
    List<IterationMetrics> edited =
        rows.stream()
            .map(
                row ->
                    row.getName().equals(name)
                        ? IterationMetrics.newBuilder(row).setValue(0.9375).build()
                        : row)
            .toList();
    ParquetRows.replace(metrics, IterationMetrics.class, edited);

    CliRun checked = CliRun.of("check", run);

    assertThat(checked.out()).contains("damaged  metrics.parquet: " + name + " of iteration ");
    assertThat(checked.status()).isEqualTo(1);
  }

  @Test
  void whatNothingRecordsIsExtraAndIsMovedOutOfTheWay() throws IOException {
    Path part = only("iterations/00001/votes/shard-*.parquet");
    Path extra = part.resolveSibling("shard-00000-0000.parquet");
    Files.copy(part, extra);
    Path weights = run.resolve("policy/v00001/model-00002.safetensors");
    Files.copy(run.resolve("policy/v00001/model.safetensors"), weights);

    CliRun checked = CliRun.of("check", run);
    assertThat(checked.lines())
        .contains(
            "extra    policy/v00001/model-00002.safetensors: the version was committed without",
            "extra    iterations/00001/votes/shard-00000-0000.parquet: no commit names it; programs"
                + " that open the folder read its rows");
    assertThat(checked.status()).isEqualTo(1);

    assertThat(CliRun.of("check", run, "--repair").status()).isZero();
    assertThat(extra).doesNotExist();
    assertThat(run.resolve("set-aside/1/policy/v00001/model-00002.safetensors")).exists();
  }

  @Test
  void anEditedRecordCannotBeRestored() throws IOException {
    Path record = run.resolve("run.json");
    Files.writeString(record, Files.readString(record).replace("\"seed\" : 0", "\"seed\" : 1"));

    CliRun checked = CliRun.of("check", run);
    assertThat(checked.lines())
        .contains(
            "damaged  run.json: it is not as it was written",
            "mend     1 of them nothing in "
                + run
                + " can restore: take them from a copy of the run");
    CliRun repaired = CliRun.of("check", run, "--repair");
    assertThat(repaired.status()).isEqualTo(2);
    assertThat(repaired.errors())
        .isEqualTo(
            "capoflow: " + record + ": no repair without it: take it from a copy of the run\n");
  }

  @Test
  void contentThatAgreesWithItselfIsHeldToWhatTheRunRecorded() throws IOException {
    // Another run's iteration, whole in itself.
    delete(run.resolve("iterations/00001"));
    Path other = directory.resolve("other");
    CliRun.of(
        "train", shared.resolve("recipe.yaml"), "--run", other, "--iterations", 2, "--seed", 7);
    copyTree(other.resolve("iterations/00001"), run.resolve("iterations/00001"));

    CliRun checked = CliRun.of("check", run);

    assertThat(checked.out()).containsPattern("damaged  iterations/00001/rollouts: its digest is ");
    assertThat(checked.status()).isEqualTo(1);
    assertThat(CliRun.of("diff", shared.resolve("run"), run).status()).isEqualTo(1);
    assertThat(CliRun.of("check", run, "--repair").status()).isZero();
    assertThat(CliRun.of("diff", shared.resolve("run"), run, "--bytes").status()).isZero();
  }

  @Test
  void aShardOfAnotherRunIsHeldToTheManifest() throws IOException {
    Path other = directory.resolve("other");
    CliRun.of(
        "train", shared.resolve("recipe.yaml"), "--run", other, "--iterations", 1, "--seed", 7);
    Path part = only("iterations/00000/votes/shard-00001-*.parquet");
    Path commit = only("iterations/00000/votes/_shard-00001.*.commit.json");
    SortedMap<String, String> before = digests();
    Files.delete(part);
    Files.delete(commit);
    copyShard(other.resolve("iterations/00000/votes"), part.getParent(), "_?shard-00001.*");

    assertThat(CliRun.of("check", run).status()).isEqualTo(1);
    assertThat(CliRun.of("check", run, "--repair").status()).isZero();
    assertThat(digests()).isEqualTo(before);
  }

  @Test
  void equalRecordsAreNoProofOfEqualBytes() throws IOException {
    try (Stream<Path> files = Files.walk(run.resolve("iterations"))) {
      for (Path file : files.filter(file -> file.toString().endsWith(".parquet")).toList()) {
        Files.delete(file);
      }
    }

    assertThat(CliRun.of("diff", shared.resolve("run"), run).out())
        .isEqualTo("equal: 22 digests as recorded\n");
    CliRun proven = CliRun.of("diff", shared.resolve("run"), run, "--bytes");
    assertThat(proven.lines())
        .contains("different: what is damaged has no digest that could be compared");
    assertThat(proven.status()).isEqualTo(1);
  }

  @Test
  void whatAnEarlierVersionDidNotRecordIsSaidToBeUnproven() throws IOException {
    for (String file :
        List.of(
            "run.json", "policy/v00001/trainer_state.json", "policy/v00003/trainer_state.json")) {
      Path record = run.resolve(file);
      ObjectNode fields = (ObjectNode) Json.STRICT.readTree(Files.readString(record));
      fields.remove(List.of("checksum", "files", "content"));
      Files.writeString(record, fields.toPrettyString());
    }
    Files.delete(run.resolve("policy/v00003/optimizer.safetensors"));

    CliRun checked = CliRun.of("check", run);

    assertThat(checked.lines())
        .contains(
            "unproven run.json: an earlier version of CapoFlow made the run: its recipe, problems"
                + " and record cannot be proven",
            "unproven policy/v00001 and 1 more: an earlier version of CapoFlow recorded no digests"
                + " of files: configuration and tokenizer cannot be proven",
            "unproven policy/v00001 and 1 more: its digest covers an optimizer state that was"
                + " dropped: its weights cannot be proven");
    assertThat(checked.status()).isZero();
  }

  private static void copyShard(Path from, Path to, String pattern) throws IOException {
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        if (file.getFileName().toString().matches(pattern)) {
          Files.copy(file, to.resolve(file.getFileName().toString()));
        }
      }
    }
  }

  @Test
  void aProgramReadsTheSameFromJson() throws IOException {
    delete(run.resolve("policy/v00001"));

    CliRun checked = CliRun.of("check", run, "--json");

    JsonNode report = Json.STRICT.readTree(checked.out());
    assertThat(report.path("whole").asBoolean()).isFalse();
    assertThat(report.path("flaws")).hasSize(1);
    assertThat(report.at("/flaws/0/kind").asText()).isEqualTo("missing");
    assertThat(report.at("/flaws/0/file").asText()).isEqualTo("policy/v00001");
    assertThat(report.at("/flaws/0/mend").asText()).isEqualTo("recompute");
    assertThat(report.path("digests").size()).isEqualTo(37);
    assertThat(checked.status()).isEqualTo(1);
  }

  @Test
  void whatIsNoRunIsRefused() {
    assertThat(CliRun.of("check", directory).errors()).contains("is no run");
    assertThat(CliRun.of("check", directory).status()).isEqualTo(2);
    assertThat(CliRun.of("check", run, "--threads", 0).status()).isEqualTo(2);
  }

  private static byte[] flip(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
    return bytes;
  }

  /** The file of that name in the run, the first where the name has a star. */
  private Path only(String name) throws IOException {
    Path path = run.resolve(name);
    try (Stream<Path> files = Files.list(path.getParent())) {
      String pattern = path.getFileName().toString().replace(".", "\\.").replace("*", ".*");
      return files
          .filter(file -> file.getFileName().toString().matches(pattern))
          .sorted()
          .findFirst()
          .orElseThrow();
    }
  }

  private SortedMap<String, String> digests() {
    SortedMap<String, String> digests = new TreeMap<>();
    try {
      JsonNode report = Json.STRICT.readTree(CliRun.of("check", run, "--json").out());
      report
          .path("digests")
          .fields()
          .forEachRemaining(digest -> digests.put(digest.getKey(), digest.getValue().asText()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return digests;
  }

  private static void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  private static void delete(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
