package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.datasets.rollouts.RolloutIntake;
import io.capoflow.models.stub.StubFault;
import io.capoflow.models.stub.StubSchedule;
import io.capoflow.models.stub.StubServer;
import io.capoflow.pipelines.critiques.DatasetBuild;
import io.capoflow.pipelines.critiques.DatasetCheck;
import io.capoflow.pipelines.critiques.DatasetObserver;
import io.capoflow.pipelines.critiques.DatasetTables;
import io.capoflow.pipelines.critiques.RolloutSources;
import io.capoflow.runners.diff.DatasetComparison;
import io.capoflow.runners.engine.EnginePipelines;
import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.CritiqueRecipe;
import io.capoflow.settings.recipe.ExecutionSection.Runner;
import io.capoflow.transforms.journal.JournalFigures;
import io.capoflow.transforms.storage.ParquetRows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Datasets of critiques, built by a server whose answers are a pure function of the request. */
final class CritiqueDatasetIT {
  private static final int ROWS = 160;
  private static final int TIMES = 2;

  @TempDir private static Path directory;
  private static StubServer server;
  private static Path rows;
  private static Path onFlink;

  @BeforeAll
  static void buildOnFlink() throws IOException {
    server = StubServer.start("critic");
    rows = write("rows", rows(0, ROWS));
    onFlink = directory.resolve("flink-2");
    build(onFlink, Runner.FLINK, 2, server, rows);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /** Rollouts with two or three steps, every other of them right, some without a gold. */
  private static List<String> rows(int first, int end) {
    return IntStream.range(first, end)
        .mapToObj(
            i ->
                """
                {"id": "row-%d", "problem": "What is %d + 1?"%s, "response": "First.\\n\\nThen %d.\\n\\n\\\\boxed{%d}", "model": "m"}"""
                    .formatted(
                        i,
                        i,
                        i % 3 == 0 ? "" : ", \"answer\": \"" + (i + 1) + "\"",
                        i,
                        i + 1 + i % 2))
        .toList();
  }

  private static Path write(String name, List<String> lines) throws IOException {
    return Files.write(directory.resolve(name + ".jsonl"), lines);
  }

  private static BoundRecipe<CritiqueRecipe> recipe(Path output, StubServer own, String... settings)
      throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("critique-%d.yaml".formatted(own.url().hashCode())),
            """
            critique: {endpoint: %s, model: critic, times: %d, max_new_tokens: 64}
            vote: {rule: majority}
            """
                .formatted(own.url(), TIMES));
    List<Setting> all = new ArrayList<>(Stream.of(settings).map(Setting::parse).toList());
    all.add(Setting.file("critique.journal", output.resolve("journal"), "--output"));
    return CritiqueRecipe.binder().read(file, all);
  }

  private static List<String> build(
      Path output, Runner runner, int parallelism, StubServer own, Path... files)
      throws IOException {
    return build(output, runner, parallelism, List.of(recipe(output, own)), files);
  }

  private static List<String> build(
      Path output,
      Runner runner,
      int parallelism,
      List<BoundRecipe<CritiqueRecipe>> recipes,
      Path... files)
      throws IOException {
    Said said = new Said();
    Optional<RolloutSources> sources = files.length == 0 ? Optional.empty() : sources(files);
    try (EnginePipelines pipelines = EnginePipelines.of(runner, parallelism)) {
      assertThat(new DatasetBuild(output, recipes, pipelines, said).run(sources)).isPresent();
    }
    return said.lines;
  }

  private static Optional<RolloutSources> sources(Path... files) {
    return Optional.of(
        new RolloutSources(
            RolloutIntake.files(Stream.of(files).map(Path::toString).toList()),
            Optional.empty(),
            OptionalLong.empty(),
            0.05));
  }

  private static final class Said implements DatasetObserver {
    private final List<String> lines = Collections.synchronizedList(new ArrayList<>());

    @Override
    public void say(String line) {
      lines.add(line);
    }

    @Override
    public void progress(String stage, long done, long total, String unit, String note) {
      // What passes is not kept.
    }
  }

  private static SortedMap<String, String> digests(Path output) {
    SortedMap<String, String> digests = new TreeMap<>(DatasetTables.CAUSES_FIRST);
    DatasetTables.of(output).tables().forEach((name, table) -> digests.put(name, table.digest()));
    return digests;
  }

  @SuppressWarnings("unchecked") // of the table of that name
  private static <T extends org.apache.avro.specific.SpecificRecordBase> List<T> rows(
      Path output, String table, Class<T> type) {
    DatasetTables.Table<T> found =
        (DatasetTables.Table<T>) DatasetTables.of(output).tables().get(table);
    assertThat(found.type()).isEqualTo(type);
    return IntStream.range(0, found.shards())
        .boxed()
        .flatMap(shard -> found.rows(shard).stream())
        .toList();
  }

  @Test
  void everyRolloutIsDescribedOnceByAllItsCritiques() {
    List<CritiquedRollout> dataset = rows(onFlink, "dataset", CritiquedRollout.class);

    assertThat(dataset)
        .hasSize(ROWS)
        .allSatisfy(
            row -> {
              assertThat(row.getCritiques()).hasSize(TIMES);
              assertThat(row.getSteps()).hasSize(3);
              assertThat(row.getOutcome() == null).isEqualTo(row.getAnswer() == null);
              assertThat(row.getColumns())
                  .extracting(column -> column.getName() + "=" + column.getValue())
                  .containsExactly("model=m");
            });
    assertThat(dataset)
        .extracting(CritiquedRollout::getSourceId)
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, ROWS).mapToObj(i -> "row-" + i).toList());
    assertThat(dataset.stream().filter(row -> row.getOutcome() == null).count()).isEqualTo(54);
    assertThat(rows(onFlink, "critiques", Critique.class)).hasSize(ROWS * TIMES);
    assertThat(onFlink.resolve("README.md")).isRegularFile();
    assertThat(new DatasetCheck(onFlink, bytes -> {}).look().isWhole()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"FLINK, 1", "DIRECT, 1", "DIRECT, 2"})
  void contentIsTheSameOnEveryRunnerWhateverTheOrderOfRows(Runner runner, int parallelism)
      throws IOException {
    Path output = directory.resolve(runner + "-" + parallelism);
    List<String> shuffled = new ArrayList<>(rows(0, ROWS));
    Collections.shuffle(shuffled, new Random(parallelism));
    Path file = write("shuffled-" + runner + parallelism, shuffled);
    try (StubServer own = StubServer.start("critic")) {
      build(output, runner, parallelism, own, file);
      assertThat(own.asked()).isNotEmpty().allSatisfy((key, times) -> assertThat(times).isOne());
    }
    assertThat(DatasetComparison.between(onFlink, output).result().first()).isEmpty();
    assertThat(digests(output)).isEqualTo(digests(onFlink));
  }

  @Test
  void whatIsAddedAloneIsPaidFor() throws IOException {
    Path output = directory.resolve("grows");
    Path added = write("added", rows(0, ROWS + ROWS / 10));
    try (StubServer own = StubServer.start("critic")) {
      build(output, Runner.FLINK, 2, own, rows);
      assertThat(own.choicesAsked()).isEqualTo(ROWS * TIMES);
      SortedMap<String, String> before = digests(output);
      assertThat(build(output, Runner.FLINK, 2, own, rows))
          .contains("0 new rollouts, 160 that the dataset has already");
      assertThat(own.choicesAsked()).isEqualTo(ROWS * TIMES);
      assertThat(digests(output)).isEqualTo(before);
      List<Path> parts = parts(output.resolve("critiques"));

      build(output, Runner.FLINK, 2, own, added);

      assertThat(own.choicesAsked()).isEqualTo((ROWS + ROWS / 10) * TIMES);
      assertThat(parts(output.resolve("critiques"))).containsAll(parts);
    }
    assertThat(rows(output, "dataset", CritiquedRollout.class)).hasSize(ROWS + ROWS / 10);
    assertThat(new DatasetCheck(output, bytes -> {}).look().isWhole()).isTrue();
  }

  @Test
  void anotherRuleOrCriticMakesTablesBesideTheOld() throws IOException {
    Path output = directory.resolve("editions");
    try (StubServer own = StubServer.start("critic");
        StubServer second = StubServer.start("other")) {
      build(output, Runner.FLINK, 2, own, rows);
      SortedMap<String, String> before = digests(output);

      build(output, Runner.FLINK, 2, List.of(recipe(output, own, "vote.rule=union")));

      assertThat(own.choicesAsked()).isEqualTo(ROWS * TIMES);
      assertThat(digests(output)).containsAllEntriesOf(before).hasSize(before.size() + 2);

      build(
          output,
          Runner.FLINK,
          2,
          List.of(recipe(output, own), recipe(output, second, "critique.model=other")));

      assertThat(own.choicesAsked()).isEqualTo(ROWS * TIMES);
      assertThat(second.choicesAsked()).isEqualTo(ROWS * TIMES);
      assertThat(digests(output)).containsAllEntriesOf(before).hasSize(before.size() + 5);
      String both =
          digests(output).keySet().stream()
              .filter(table -> table.startsWith("dataset-"))
              .filter(
                  table ->
                      rows(output, table, CritiquedRollout.class).get(0).getVotes().size() == 3)
              .findFirst()
              .orElseThrow();
      assertThat(rows(output, both, CritiquedRollout.class))
          .allSatisfy(row -> assertThat(row.getCritiques()).hasSize(2 * TIMES));
    }
  }

  /** The first recipe was a mistake; the second has the names that a reader expects. */
  @Test
  void anEditionThatNeverCameToItsEndLeavesItsNamesToTheNext() throws IOException {
    Path output = directory.resolve("mistaken");
    try (StubServer own = StubServer.start("critic")) {
      own.setEngineDead(true);
      assertThatThrownBy(
              () ->
                  build(
                      output,
                      Runner.FLINK,
                      2,
                      List.of(
                          recipe(
                              output,
                              own,
                              "critique.template=processbench",
                              "critique.patience=1")),
                      rows))
          .isInstanceOf(UserMistake.class);
      own.setEngineDead(false);

      build(output, Runner.FLINK, 2, own, rows);

      assertThat(digests(output)).containsKeys("votes", "dataset").hasSize(4);
      assertThat(digests(output)).containsEntry("dataset", digests(onFlink).get("dataset"));
      assertThat(new DatasetCheck(output, bytes -> {}).look().isWhole()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "dataset/after-record:1",
        "take-in/after-commit:1",
        "critique/inside:1",
        "critique/after-part:2",
        "describe/after-commit:1",
        "dataset/before-close:1"
      })
  void killedItGoesOnAndEndsAsIfItHadNotBeen(String fault) throws IOException {
    endsAsIfItHadNotBeenKilled(fault);
  }

  /** The other points: with those above, all of them. */
  @ParameterizedTest
  @Tag("matrix")
  @ValueSource(
      strings = {
        "take-in/inside:1",
        "take-in/after-publish:2",
        "critique/after-commit:1",
        "vote/after-part:1",
        "describe/after-part:1",
        "dataset/before-card:1"
      })
  void killedAnywhereElseItDoesSoToo(String fault) throws IOException {
    endsAsIfItHadNotBeenKilled(fault);
  }

  private static void endsAsIfItHadNotBeenKilled(String fault) throws IOException {
    Path output = directory.resolve("killed-" + fault.replaceAll("\\W", "-"));
    try (StubServer own = StubServer.start("critic")) {
      Path recipe = file(output, own);
      Ended killed = critique(Map.of("CAPOFLOW_FAULT", fault), recipe, output);
      assertThat(killed.status()).as(String.join("\n", killed.lines())).isEqualTo(137);
      own.awaitIdle();
      assertThat(visible(output.resolve("dataset"))).isIn(0, 1);

      Ended ended = critique(Map.of(), recipe, output);

      assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
      assertThat(digests(output)).isEqualTo(digests(onFlink));
      assertThat(JournalFigures.of(output.resolve("journal")).answers()).isEqualTo(ROWS * TIMES);
    }
  }

  @Test
  void interruptedItKeepsWhatIsPaidForAndGoesOn() throws IOException {
    Path output = directory.resolve("interrupted");
    try (StubServer own = StubServer.start("critic")) {
      Path recipe = file(output, own);
      try (CliProcess process = start(Map.of(), recipe, output)) {
        assertThat(own.awaitAsked(ROWS / 2, process::hasEnded)).isTrue();
        process.interrupt();
        Ended ended = process.await();
        assertThat(ended.status()).as(String.join("\n", ended.lines())).isEqualTo(130);
        assertThat(ended.lines()).anyMatch(line -> line.startsWith("stopped; "));
      }
      assertThat(JournalFigures.of(output.resolve("journal")).answers())
          .isEqualTo(own.choicesAsked());

      Ended ended = critique(Map.of(), recipe, output);

      assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
      assertThat(own.choicesAsked()).isEqualTo(ROWS * TIMES);
      assertThat(digests(output)).isEqualTo(digests(onFlink));
    }
  }

  @Test
  void isMadeAnewFromItsRecordWithoutAServer() throws IOException {
    Path output = directory.resolve("anew");
    StubServer own = StubServer.start("critic");
    Path recipe = file(output, own);
    assertThat(critique(Map.of(), recipe, output).status()).isZero();
    Ended otherRule =
        CliProcess.run(
            directory, Map.of(), "critique", "--output", output, "--set", "vote.rule=union");
    assertThat(otherRule.status()).as(String.join("\n", otherRule.lines())).isZero();
    Path added = write("added-anew", rows(ROWS, ROWS + 40));
    assertThat(
            CliProcess.run(
                    directory,
                    Map.of(),
                    "critique",
                    "--rollouts",
                    added,
                    "--output",
                    output,
                    "--set",
                    "critique.endpoint=" + own.url())
                .status())
        .isZero();
    own.close();
    assertThat(digests(output)).hasSize(6);
    assertThat(rows(output, "dataset", CritiquedRollout.class)).hasSize(ROWS);
    assertThat(rows(output, "critiques", Critique.class)).hasSize((ROWS + 40) * TIMES);

    isMadeAnew(output);
  }

  private static void isMadeAnew(Path output) {
    Ended equal = CliProcess.run(directory, Map.of(), "critique", "--output", output, "--rebuild");

    assertThat(equal.status()).as(String.join("\n", equal.lines())).isZero();
    assertThat(equal.lines())
        .contains("equal: " + String.join(", ", digests(output).keySet()) + ", made anew");
    assertThat(output.resolve(".rebuild")).doesNotExist();
  }

  @Test
  void aServerThatFailsTooOftenPublishesNothingAndIsAskedAgain() throws IOException {
    Path output = directory.resolve("failing");
    try (StubServer own = StubServer.start("critic")) {
      own.with(CritiqueDatasetIT::rarely);
      BoundRecipe<CritiqueRecipe> recipe =
          recipe(output, own, "critique.retries=1", "critique.retry_budget=9");
      assertThatThrownBy(() -> build(output, Runner.FLINK, 2, List.of(recipe), rows))
          .isInstanceOf(UserMistake.class)
          .hasMessageContaining("critique.max_failed_share 0.02 allows")
          .hasMessageContaining("run the same command again");
      assertThat(visible(output.resolve("dataset"))).isZero();
      own.with(StubSchedule.NONE);

      build(output, Runner.FLINK, 2, List.of(recipe), rows);

      assertThat(digests(output)).isEqualTo(digests(onFlink));
      assertThat(own.answered()).allSatisfy((choice, times) -> assertThat(times).isOne());
    }
  }

  /** One request in sixteen fails for ever. */
  private static Optional<StubFault> rarely(String request, int attempt) {
    return request.startsWith("0") ? Optional.of(StubFault.STATUS_500) : Optional.empty();
  }

  @Test
  void whatFailedWithinBoundsIsMadeAnewAsItWas() throws IOException {
    Path output = directory.resolve("failed-some");
    Path added = write("added-some", rows(ROWS, 2 * ROWS));
    String[] settings = {
      "critique.retries=1", "critique.retry_budget=9", "critique.max_failed_share=0.5"
    };
    try (StubServer own = StubServer.start("critic")) {
      own.with(CritiqueDatasetIT::rarely);
      build(output, Runner.FLINK, 2, List.of(recipe(output, own, settings)), rows);
      // The first edition lacks what is added for the second, whose critic it shares.
      List<String> union = new ArrayList<>(List.of(settings));
      union.add("vote.rule=union");
      build(
          output,
          Runner.FLINK,
          2,
          List.of(recipe(output, own, union.toArray(String[]::new))),
          added);
    }
    assertThat(rows(output, "dataset", CritiquedRollout.class)).hasSize(ROWS);
    assertThat(rows(output, "critiques", Critique.class))
        .anySatisfy(critique -> assertThat(critique.getVoidReason()).isEqualTo("FAILED"));

    isMadeAnew(output);
  }

  @Test
  void anExtensionThatFailsTakesNothingBack() throws IOException {
    Path output = directory.resolve("failed-extension");
    Path added = write("added-failing", rows(ROWS, 2 * ROWS));
    try (StubServer own = StubServer.start("critic")) {
      build(output, Runner.FLINK, 2, own, rows);
      SortedMap<String, String> before = digests(output);
      own.with(CritiqueDatasetIT::rarely);
      BoundRecipe<CritiqueRecipe> recipe =
          recipe(output, own, "critique.retries=1", "critique.retry_budget=9");

      assertThatThrownBy(() -> build(output, Runner.FLINK, 2, List.of(recipe), added))
          .isInstanceOf(UserMistake.class)
          .hasMessageContaining("critique.max_failed_share 0.02 allows");

      assertThat(digests(output))
          .containsEntry("critiques", before.get("critiques"))
          .containsEntry("dataset", before.get("dataset"));
      assertThat(rows(output, "critiques", Critique.class)).hasSize(ROWS * TIMES);
      own.with(StubSchedule.NONE);
      build(output, Runner.FLINK, 2, List.of(recipe), added);
      assertThat(rows(output, "critiques", Critique.class)).hasSize(2 * ROWS * TIMES);
      assertThat(new DatasetCheck(output, bytes -> {}).look().flaws()).isEmpty();
    }
  }

  @Test
  void aLimitBoundsTheDatasetSoThatTheSameCommandGoesOn() throws IOException {
    Path output = directory.resolve("limited");
    try (StubServer own = StubServer.start("critic")) {
      Path recipe = file(output, own);
      for (int limit : List.of(40, 40, 60)) {
        Ended ended =
            CliProcess.run(
                directory,
                Map.of(),
                "critique",
                "--rollouts",
                rows,
                "--recipe",
                recipe,
                "--output",
                output,
                "--limit",
                limit);
        assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
        assertThat(rows(output, "dataset", CritiquedRollout.class)).hasSize(limit);
        assertThat(own.choicesAsked()).isEqualTo((long) limit * TIMES);
      }
    }
  }

  /** Whoever has the folder has the prompt, and nothing of the server. */
  @Test
  void keepsThePromptsFilesAndNotTheServersAddress() throws IOException {
    Path output = directory.resolve("kept");
    Path template =
        Files.writeString(
            directory.resolve("mine.txt"),
            "{{question}} {{steps}} Judgment: Yes or No, then <incorrect_steps>numbers</incorrect_steps>");
    StubServer own = StubServer.start("critic");
    String url = own.url();
    build(
        output,
        Runner.FLINK,
        2,
        List.of(
            recipe(
                output,
                own,
                "critique.template=file:" + template,
                "critique.headers=[\"X-Token: secret\"]")),
        rows);
    own.close();
    Files.delete(template);

    isMadeAnew(output);

    try (Stream<Path> files = Files.walk(output.resolve("recipes"))) {
      assertThat(files.filter(Files::isRegularFile))
          .hasSize(2)
          .allSatisfy(
              file ->
                  assertThat(Files.readString(file))
                      .doesNotContain(url)
                      .doesNotContain("secret")
                      .doesNotContain(directory.toString()));
    }
  }

  @Test
  void damageIsFoundAndMendedByTheSameCommand() throws IOException {
    Path output = directory.resolve("damaged");
    try (StubServer own = StubServer.start("critic")) {
      build(output, Runner.FLINK, 2, own, rows);
      Path part = parts(output.resolve("dataset")).get(0);
      Path critiques = parts(output.resolve("critiques")).get(0);
      Files.delete(part);
      Files.writeString(critiques, "damaged");
      assertThat(new DatasetCheck(output, bytes -> {}).look().flaws())
          .extracting(flaw -> flaw.file().getFileName())
          .contains(part.getFileName(), critiques.getFileName());
      Files.delete(critiques);

      build(output, Runner.FLINK, 2, own, rows);

      assertThat(own.choicesAsked()).isEqualTo(ROWS * TIMES);
      assertThat(new DatasetCheck(output, bytes -> {}).look().flaws()).isEmpty();
      assertThat(digests(output)).isEqualTo(digests(onFlink));
    }
  }

  @Test
  void rowsThatCannotBeUsedAreNamedAndBounded() throws IOException {
    Path output = directory.resolve("rejected");
    List<String> lines = new ArrayList<>(rows(0, 60));
    lines.add("{broken");
    try (StubServer own = StubServer.start("critic")) {
      Path recipe = file(output, own);
      Path some = write("some-bad", lines);
      lines.addAll(Collections.nCopies(9, "{\"id\": \"x\"}"));
      Path many = write("many-bad", lines);

      Ended refused = critique(Map.of(), recipe, output, many);
      assertThat(refused.status()).isEqualTo(2);
      assertThat(refused.lines().get(refused.lines().size() - 1))
          .contains("10 of 70 rows cannot be used, more than --max-rejected-share 0.05 allows")
          .contains("many-bad.jsonl:61: ");
      assertThat(output.resolve("rejected/refused-00000.parquet")).isRegularFile();

      Ended ended = critique(Map.of(), recipe, output, some);
      assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
      assertThat(
              ParquetRows.read(
                  output.resolve("rejected/addition-00000-00000.parquet"),
                  io.capoflow.schemas.RejectedRow.class))
          .singleElement()
          .satisfies(row -> assertThat(row.getLine()).isEqualTo(61));
    }
  }

  private static Ended critique(Map<String, String> environment, Path recipe, Path output) {
    return critique(environment, recipe, output, rows);
  }

  private static Ended critique(
      Map<String, String> environment, Path recipe, Path output, Path file) {
    return CliProcess.run(
        directory,
        environment,
        "critique",
        "--rollouts",
        file,
        "--recipe",
        recipe,
        "--output",
        output);
  }

  private static CliProcess start(Map<String, String> environment, Path recipe, Path output) {
    return CliProcess.start(
        directory,
        environment,
        "critique",
        "--rollouts",
        rows,
        "--recipe",
        recipe,
        "--output",
        output,
        "--set",
        "critique.max_in_flight=4");
  }

  private static Path file(Path output, StubServer own) throws IOException {
    recipe(output, own);
    return directory.resolve("critique-%d.yaml".formatted(own.url().hashCode()));
  }

  private static List<Path> parts(Path table) throws IOException {
    try (Stream<Path> files = Files.list(table)) {
      return files.filter(CritiqueDatasetIT::isPart).sorted().toList();
    }
  }

  private static boolean isPart(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".parquet") && !name.startsWith(".") && !name.startsWith("_");
  }

  private static int visible(Path table) throws IOException {
    return Files.isDirectory(table) ? parts(table).size() : 0;
  }
}
