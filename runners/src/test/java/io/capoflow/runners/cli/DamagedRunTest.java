package io.capoflow.runners.cli;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.IterationMetrics;
import io.capoflow.transforms.storage.ParquetRows;
import io.capoflow.transforms.storage.RunDirectory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What is said of a run of which something was cut, flipped, deleted or edited, and what is kept.
 */
final class DamagedRunTest {
  private static final String POLICY = "policy/v00001";

  /** Made once: one iteration, finished. Every test damages a copy, which lies elsewhere. */
  private static Path whole;

  private static Path recipe;
  private static Path problems;
  @TempDir private static Path home;
  @TempDir private Path directory;

  @BeforeAll
  static void trainARun() throws IOException {
    problems =
        Files.write(
            home.resolve("problems.jsonl"),
            IntStream.range(0, 10)
                .mapToObj(
                    i -> "{\"question\": \"Is it %d?\", \"answer\": \"#### %d\"}".formatted(i, i))
                .toList());
    recipe =
        Files.writeString(
            home.resolve("recipe.yaml"),
            """
            problems: {source: file, file: ./problems.jsonl, held_out: 2, per_iteration: 2}
            policy: {path: weights/arithmetic-policy, device: cpu}
            sample: {rollouts: 2, max_new_tokens: 4, shard_problems: 1}
            critique: {enabled: false}
            credit: {scheme: grpo}
            batch: {mini_batch_rollouts: 2}
            evaluate: {problems: 2, samples: 1}
            execution: {runner: direct}
            """);
    whole = home.resolve("whole");
    assertTrained(train(whole, 1));
  }

  /** How a file is damaged. */
  private enum Damage {
    GONE,
    CUT,
    FLIPPED,
    GARBAGE,
    /** As an editor leaves it: still of its kind. */
    EDITED;

    void on(Path file) throws IOException {
      if (this == GONE) {
        delete(file);
        return;
      }
      byte[] bytes = Files.readAllBytes(file);
      switch (this) {
        case GONE -> throw new AssertionError("is done");
        case CUT -> bytes = Arrays.copyOf(bytes, bytes.length / 2);
        // Of Parquet the first byte: many another one may be flipped and changes no row.
        case FLIPPED -> bytes[file.toString().endsWith(".parquet") ? 0 : bytes.length / 2] ^= 4;
        case GARBAGE -> bytes = "garbage: [".getBytes(StandardCharsets.UTF_8);
        case EDITED ->
            bytes =
                new String(bytes, StandardCharsets.UTF_8)
                    .replaceFirst("learning_rate: \\S+", "learning_rate: 0.25")
                    .replaceFirst("\"seed\" : 0", "\"seed\" : 1")
                    .replaceFirst("\"optimizer_steps\" : ", "\"optimizer_steps\" : 1")
                    .getBytes(StandardCharsets.UTF_8);
      }
      assertThat(bytes).isNotEqualTo(Files.readAllBytes(file));
      Files.write(file, bytes);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "policy/v00001/model.safetensors, FLIPPED",
    "policy/v00001/model.safetensors, CUT",
    "policy/v00001/model.safetensors, GONE",
    "policy/v00001/optimizer.safetensors, FLIPPED",
    "policy/v00001/optimizer.safetensors, GONE",
    "policy/v00001/config.json, FLIPPED",
    "policy/v00001/tokenizer.json, GARBAGE",
    "policy/v00000/trainer_state.json, GARBAGE",
    "policy/v00001/trainer_state.json, GONE",
    "policy/v00001/trainer_state.json, EDITED",
    "policy/v00001/trainer_state.json, GARBAGE",
    "policy/v00001/trainer_state.json, CUT",
    "policy/v00000/trainer_state.json, GONE",
    "policy/v00000, GONE",
    "problems/train.parquet, FLIPPED",
    "problems/train.parquet, GARBAGE",
    "problems/train.parquet, GONE",
    "problems/held-out.parquet, CUT",
    "problems/held-out.parquet, GONE",
    "problems-rejected.parquet, GONE",
    "problems-rejected.parquet, GARBAGE",
    "recipe.yaml, GARBAGE",
    "recipe.yaml, EDITED",
    "recipe.yaml, GONE",
    "run.json, GARBAGE",
    "run.json, EDITED",
    "run.json, CUT",
    "run.json, GONE"
  })
  void trainingDoesNotGoOnFromDamage(String name, Damage damage) throws IOException {
    Path run = copy();
    Path damaged = run.resolve(name);
    damage.on(damaged);

    CliRun ended = train(run, 2);

    assertRefused(ended, run, damaged);
    assertThat(run.resolve("iterations/00001")).doesNotExist();
    assertThat(run.resolve("policy/v00002")).doesNotExist();
  }

  @Test
  void aStartingPolicyIsProvenBeforeTheFirstIteration() throws IOException {
    Path run = copy();
    for (String later : List.of(POLICY, "iterations", "summary.json", "metrics.parquet")) {
      delete(run.resolve(later));
    }
    Path weights = run.resolve("policy/v00000/model.safetensors");
    Damage.FLIPPED.on(weights);

    assertRefused(train(run, 1), run, weights);
  }

  @Test
  void aVersionOfOlderCodeIsProvenByItsTensors() throws IOException {
    Path run = copy();
    for (String version : List.of("policy/v00000", POLICY)) {
      Path state = run.resolve(version).resolve("trainer_state.json");
      // As older code wrote it: "files" and "checksum" are its last fields.
      String text = Files.readString(state);
      Files.writeString(
          state, text.substring(0, text.indexOf(",\n  \"files\" :")).stripTrailing() + "\n}\n");
    }
    Path other = copy(run, "other");
    Path optimizer = run.resolve(POLICY).resolve("optimizer.safetensors");
    Damage.FLIPPED.on(optimizer);

    CliRun ended = train(run, 2);

    assertRefused(ended, run, run.resolve(POLICY));
    assertThat(ended.errors()).contains("its tensors have digest");
    assertTrained(train(other, 2));
  }

  @Test
  void aShardThatIsDamagedDuringAnIterationIsComputedAgainAndNamed() throws IOException {
    for (Damage damage : List.of(Damage.GONE, Damage.CUT, Damage.FLIPPED, Damage.GARBAGE)) {
      Path run = copy(whole, "during-" + damage);
      List<Path> damaged =
          List.of(
              only(run.resolve("iterations/00000/rollouts"), "shard-00000-.*\\.parquet"),
              only(run.resolve("iterations/00000/credits"), "shard-00001-.*\\.parquet"),
              only(run.resolve("evaluation/v00000/greedy/rollouts"), "shard-.*\\.parquet"));
      unfinish(run);
      for (Path part : damaged) {
        damage.on(part);
      }

      CliRun ended = train(run, 1);

      assertTrained(ended);
      for (Path part : damaged) {
        assertThat(ended.lines())
            .filteredOn(line -> line.contains(part + " was damaged ("))
            .singleElement()
            .asString()
            .endsWith("and is computed again, with the same digest");
      }
      assertThat(CliRun.of("diff", whole, run).out()).startsWith("equal: ");
      assertThat(names(run)).isEqualTo(names(whole));
    }
  }

  @Test
  void aCommitThatIsNoneIsReplacedDuringAnIteration() throws IOException {
    Path run = copy();
    unfinish(run);
    Path commit = only(run.resolve("iterations/00000/rollouts"), "_shard-00000\\..*\\.json");
    Damage.GARBAGE.on(commit);

    CliRun ended = train(run, 1);

    assertTrained(ended);
    assertThat(ended.out()).contains(commit + " was damaged (it was no commit)");
    assertThat(CliRun.of("diff", whole, run).out()).startsWith("equal: ");
  }

  @ParameterizedTest
  @CsvSource({"metrics.parquet, GARBAGE", "metrics.parquet, CUT", "metrics.parquet, GONE"})
  void figuresAreComputedAgainFromTheRows(String name, Damage damage) throws IOException {
    Path run = copy();
    damage.on(run.resolve(name));

    CliRun ended = train(run, 1);

    assertTrained(ended);
    assertThat(ended.out().contains(name + " is damaged, and is written again"))
        .isEqualTo(damage != Damage.GONE);
    assertThat(figures(run)).isEqualTo(figures(whole)).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource({"GARBAGE", "CUT", "GONE"})
  void aSummaryIsWrittenAgain(Damage damage) throws IOException {
    Path run = copy();
    damage.on(run.resolve("summary.json"));

    CliRun ended = train(run, 1);

    assertTrained(ended);
    assertThat(ended.out().contains("summary.json is damaged, and is written again"))
        .isEqualTo(damage != Damage.GONE);
    assertThat(RunDirectory.at(run).digests()).isEqualTo(RunDirectory.at(whole).digests());
    assertThat(run.resolve("summary.json")).content().contains("accuracy_after");
  }

  @Test
  void manifestsThatARunUnderWayLacksAreWrittenAgain() throws IOException {
    Path run = copy();
    Path rollouts = run.resolve("iterations/00000/rollouts/_manifest.json");
    Path credits = run.resolve("iterations/00000/credits/_manifest.json");
    Damage.GONE.on(rollouts);
    Damage.GARBAGE.on(credits);
    Files.delete(run.resolve("summary.json"));

    CliRun shown = CliRun.of("show", "--run", run);
    assertThat(shown.status()).isEqualTo(2);
    CliRun ended = train(run, 1);

    assertTrained(ended);
    assertThat(ended.out()).contains("is damaged, and is written again from its commits");
    for (Path manifest : List.of(rollouts, credits)) {
      assertThat(manifest).hasSameTextualContentAs(whole.resolve(run.relativize(manifest)));
    }
    assertThat(CliRun.of("show", "--run", run).lines())
        .isEqualTo(CliRun.of("show", "--run", whole).lines());
  }

  @Test
  void anIterationWhoseShardsAreLostIsNotClosedWithoutThem() throws IOException {
    Path run = copy();
    Path stage = run.resolve("iterations/00000/rollouts");
    delete(stage);

    assertRefused(train(run, 2), run, stage);
  }

  /** What was deleted of a finished run, and the command that says so. */
  @ParameterizedTest
  @CsvSource({
    "iterations/00000/credits/_manifest.json",
    "iterations/00000/rollouts/_manifest.json",
    "iterations/00000",
    "iterations"
  })
  void whatAFinishedRunLacksIsNotBroughtBackByTraining(String name) throws IOException {
    Path run = copy();
    delete(run.resolve(name));

    CliRun shown = CliRun.of("show", "--run", run);

    assertThat(shown.status()).isEqualTo(2);
    assertThat(shown.errors())
        .startsWith("capoflow: " + run.resolve("iterations/00000"))
        .endsWith("bring it back with capoflow check " + run + " --repair\n")
        .hasLineCount(1);
  }

  @ParameterizedTest
  @CsvSource({
    "rollouts, 'shard-00000-.*parquet', GONE",
    "rollouts, 'shard-00000-.*parquet', FLIPPED",
    "rollouts, 'shard-00001-.*parquet', CUT",
    "credits, 'shard-00001-.*parquet', GARBAGE",
    "verdicts, '_manifest.json', GARBAGE",
    "credits, '_manifest.json', CUT"
  })
  void damageOfWhatIsShownIsOneLine(String stage, String file, Damage damage) throws IOException {
    Path run = copy();
    Path damaged = only(run.resolve("iterations/00000").resolve(stage), file);
    damage.on(damaged);

    assertRefused(CliRun.of("show", "--run", run), run, damaged);
  }

  @Test
  void aNameThatLeadsOutOfTheRunIsNeitherReadNorDeleted() throws IOException {
    Path run = copy();
    Path precious = run.resolveSibling("precious");
    Path part = only(run.resolve("iterations/00000/rollouts"), "shard-00000-.*\\.parquet");
    Files.copy(part, precious);
    Path stage = part.getParent();
    Path manifest = stage.resolve("_manifest.json");
    String hostile = "../../../../precious";
    replace(manifest, part.getFileName().toString(), hostile);

    CliRun shown = CliRun.of("show", "--run", run);

    assertRefused(shown, run, manifest);
    assertThat(shown.errors()).contains("part \"" + hostile + "\" is no file name of a part");

    unfinish(run);
    replace(only(stage, "_shard-00000.*"), part.getFileName().toString(), hostile);
    assertTrained(train(run, 1));
    assertThat(precious).hasSameBinaryContentAs(only(whole.resolve(run.relativize(stage)), part));

    Path state = run.resolve(POLICY).resolve("trainer_state.json");
    replace(state, "\"config.json\"", "\"../../../precious\"");
    CliRun ended = train(run, 2);
    assertRefused(ended, run, state);
    assertThat(ended.errors()).contains("\"../../../precious\" is no path in a version's folder");
  }

  @Test
  void aRunGoesOnWithItsOwnProblemsAndSaysThatTheirSourceHasChanged() throws IOException {
    Path run = copy();
    String before = Files.readString(problems);
    try {
      Files.writeString(problems, before.replace("Is it 3?", "Is it 33?"));
      assertThat(train(run, 1).out())
          .contains(
              problems
                  + " has changed since this run began: the run goes on with its own copy of the problems, "
                  + run.resolve("problems"));
    } finally {
      Files.writeString(problems, before);
    }
    assertThat(train(run, 1).out()).doesNotContain("has changed since");
  }

  @Test
  void aRunThatWasMovedGoesOnWithTheSameContent() throws IOException {
    Path stayed = directory.resolve("stayed");
    assertTrained(train(stayed, 2));
    Path moved = copy();

    assertTrained(train(moved, 2));

    assertThat(CliRun.of("diff", stayed, moved).out()).isEqualTo("equal: 11 digests as recorded\n");
  }

  private static void assertRefused(CliRun ended, Path run, Path damaged) {
    boolean isRecord = damaged.endsWith("recipe.yaml") || damaged.endsWith("run.json");
    assertThat(ended.errors())
        .startsWith("capoflow: " + damaged + " is damaged (")
        .endsWith(
            isRecord
                ? "): take it from a copy of the run, nothing else says what it held\n"
                : "): mend it with capoflow check " + run + " --repair\n")
        .hasLineCount(1);
    assertThat(ended.status()).isEqualTo(2);
  }

  private static void assertTrained(CliRun ended) {
    assertThat(ended.errors()).isEmpty();
    assertThat(ended.status()).isZero();
  }

  private static CliRun train(Path run, int iterations) {
    return CliRun.of("train", recipe, "--run", run, "--iterations", iterations);
  }

  /**
   * As a session leaves a run that was killed while it trained: all is committed but the policy.
   */
  private static void unfinish(Path run) throws IOException {
    for (String later : List.of(POLICY, "summary.json", "metrics.parquet", "evaluation/v00001")) {
      delete(run.resolve(later));
    }
    for (String stage : List.of("rollouts", "verdicts", "credits")) {
      delete(run.resolve("iterations/00000").resolve(stage).resolve("_manifest.json"));
    }
  }

  private Path copy() throws IOException {
    return copy(whole, "run");
  }

  private Path copy(Path from, String name) throws IOException {
    Path to = directory.resolve(name);
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
    return to;
  }

  private static void delete(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static void replace(Path file, String text, String other) throws IOException {
    String before = Files.readString(file);
    assertThat(before).contains(text);
    Files.writeString(file, before.replace(text, other));
  }

  private static Path only(Path folder, Path like) throws IOException {
    return only(folder, like.getFileName().toString().substring(0, 11) + ".*\\.parquet");
  }

  private static Path only(Path folder, String pattern) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> found =
          files.filter(file -> file.getFileName().toString().matches(pattern)).toList();
      assertThat(found).hasSize(1);
      return found.get(0);
    }
  }

  /** Files of a run without what a retry names anew. */
  private static List<String> names(Path run) throws IOException {
    try (Stream<Path> files = Files.walk(run)) {
      return files
          .filter(Files::isRegularFile)
          .map(file -> run.relativize(file).toString())
          .filter(name -> !name.equals("capoflow.log"))
          .map(name -> name.replaceAll("(shard-\\d+)-[0-9a-f-]+", "$1"))
          .sorted()
          .toList();
    }
  }

  /** Every figure that does not tell the time. */
  private static Map<String, Double> figures(Path run) {
    return ParquetRows.read(run.resolve("metrics.parquet"), IterationMetrics.class).stream()
        .filter(row -> !row.getName().contains("seconds") && !row.getName().contains("per_second"))
        .filter(row -> !row.getName().equals("slow_verdicts"))
        .map(row -> entry(row.getPolicyVersion() + " " + row.getName(), row.getValue()))
        .collect(
            Collectors.toMap(
                Map.Entry::getKey, Map.Entry::getValue, (one, other) -> one, TreeMap::new));
  }
}
