package io.capoflow.runners.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.capoflow.pipelines.training.TrainingRun;
import io.capoflow.runners.engine.EnginePipelines;
import io.capoflow.schemas.Rollout;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.recipe.ExecutionSection.Runner;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.avro.generic.GenericRecord;
import org.apache.parquet.avro.AvroReadSupport;
import org.apache.parquet.hadoop.ParquetReader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every stage's folder is a table to programs that are told nothing but its path, and so is a stage
 * over all iterations. In each folder lies what a killed attempt leaves.
 *
 * <p>pandas and pyarrow read where {@code -Dcapoflow.python} names a Python that has them, or the
 * system's has.
 */
final class StageTablesIT {
  private static final int ITERATIONS = 3;
  private static final int ROLLOUTS = 8 * 4;
  private static final int CRITIQUES = 2;
  private static final String PYTHON = System.getProperty("capoflow.python", "/usr/bin/python3");
  private static final Path SCRIPT = Path.of("src/test/python/stage_folders.py");

  @TempDir private static Path directory;
  private static RunDirectory run;
  private static Connection database;

  @BeforeAll
  static void makeARun() throws IOException, SQLException {
    BoundRecipe<TrainingRecipe> recipe =
        RecipeBinder.of(TrainingRecipe.class).load(SmallExperiment.in(directory), List.of());
    run = RunDirectory.at(directory.resolve("run"));
    try (EnginePipelines pipelines = EnginePipelines.of(Runner.DIRECT, 2)) {
      assertThat(new TrainingRun(recipe, run.root(), pipelines, event -> {}).run()).isPresent();
    }
    for (Path folder : folders()) {
      Files.writeString(folder.resolve(".shard-00000-0badbadb-0000.parquet.tmp"), "half");
    }
    database = DriverManager.getConnection("jdbc:duckdb:");
  }

  @AfterAll
  static void closeDatabase() throws SQLException {
    database.close();
  }

  @Test
  void duckDbReadsEveryFolder() throws SQLException {
    assertThat(folders()).hasSize(ITERATIONS * 6 + 2 * 2 * 2);
    for (Path folder : folders()) {
      assertThat(number("SELECT count(*) FROM '" + folder + "/*.parquet'"))
          .as(folder.toString())
          .isEqualTo(rows(folder));
    }
  }

  @Test
  void parquetJavaReadsEveryFolderAsSparkDoes() throws IOException {
    for (Path folder : folders()) {
      List<String> ids = new ArrayList<>();
      try (ParquetReader<GenericRecord> reader =
          ParquetReader.builder(
                  new AvroReadSupport<GenericRecord>(),
                  new org.apache.hadoop.fs.Path(folder.toUri()))
              .build()) {
        for (GenericRecord row = reader.read(); row != null; row = reader.read()) {
          ids.add(
              row.get("rollout_id")
                  + (row.hasField("critique_index") ? "/" + row.get("critique_index") : ""));
        }
      }
      assertThat(ids).as(folder.toString()).hasSize((int) rows(folder)).doesNotHaveDuplicates();
    }
  }

  @Test
  void duckDbReadsEveryStageOverAllIterationsAndJoinsThem() throws SQLException {
    for (Stage<?> stage : Stage.ALL) {
      long each = stage.equals(Stage.CRITIQUES) ? CRITIQUES : 1;
      assertThat(number("SELECT count(*) FROM " + all(stage)))
          .as(stage.folder())
          .isEqualTo(ITERATIONS * ROLLOUTS * each);
      // The column of the rows, and none that is made of the path.
      assertThat(
              number(
                  "SELECT count(*) FROM "
                      + all(stage)
                      + " WHERE rollout_id LIKE format('{:05d}/%', iteration)"))
          .as(stage.folder())
          .isEqualTo(ITERATIONS * ROLLOUTS * each);
    }
    assertThat(
            number(
                "SELECT count(*) FROM "
                    + all(Stage.ROLLOUTS)
                    + " AS r JOIN "
                    + all(Stage.CREDITS)
                    + " AS c USING (rollout_id) WHERE len(r.response_token_ids) ="
                    + " len(c.advantages) AND r.problem.answer IS NOT NULL"))
        .isEqualTo(ITERATIONS * ROLLOUTS);
    assertThat(
            number(
                "SELECT count(DISTINCT iteration) FROM '"
                    + run.metrics()
                    + "' WHERE name = 'accuracy'"))
        .isEqualTo(ITERATIONS);
    assertThat(number("SELECT count(*) FROM '" + run.root().resolve("problems/*.parquet") + "'"))
        .isEqualTo(64 + 12);
  }

  @Test
  void pandasAndPyarrowReadEveryFolder() throws IOException, InterruptedException {
    requirePython();
    List<String> lines = python(run.root());
    assertThat(lines)
        .hasSize(folders().size() + Stage.ALL.size() + 2)
        .allMatch(line -> line.matches("[a-z_.0-9*/]+: [0-9]+ rows, [0-9]+ columns"))
        .contains(
            "iterations/*/rollouts: %d rows, %d columns"
                .formatted(ITERATIONS * ROLLOUTS, Rollout.getClassSchema().getFields().size()));
  }

  @Test
  void thePythonProgramNoticesAPartThatNoCommitNames() throws IOException, InterruptedException {
    requirePython();
    Path folder = run.stage(1, Stage.VERDICTS);
    String part = StageManifest.find(folder).orElseThrow().shards().get(0).part();
    Path stray = folder.resolve("shard-00000-0badbadb-0000.parquet");
    Files.copy(folder.resolve(part), stray);
    try {
      assertThat(python(run.root()))
          .contains("FAILED iterations/00001/verdicts: pandas reads a row twice")
          .contains("FAILED iterations/00001/verdicts: pyarrow.dataset reads a row twice");
    } finally {
      Files.delete(stray);
    }
  }

  /** Folders of all stages, and of both measurements of both measured policies. */
  private static List<Path> folders() {
    List<Path> folders = new ArrayList<>();
    IntStream.range(0, ITERATIONS)
        .forEach(iteration -> Stage.ALL.forEach(stage -> folders.add(run.stage(iteration, stage))));
    for (int version : List.of(0, ITERATIONS)) {
      for (String pass : List.of("greedy", "sampled")) {
        for (Stage<?> stage : List.of(Stage.ROLLOUTS, Stage.VERDICTS)) {
          folders.add(run.evaluation(version).resolve(pass).resolve(stage.folder()));
        }
      }
    }
    return folders;
  }

  private static long rows(Path folder) {
    long rows = StageManifest.find(folder).orElseThrow().rows();
    assertThat(rows).isPositive();
    return rows;
  }

  private static String all(Stage<?> stage) {
    return "'" + run.root().resolve("iterations/*/" + stage.folder() + "/*.parquet") + "'";
  }

  private static long number(String query) throws SQLException {
    try (Statement statement = database.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      assertThat(result.next()).isTrue();
      return result.getLong(1);
    }
  }

  private static void requirePython() throws IOException, InterruptedException {
    boolean there =
        Files.isExecutable(Path.of(PYTHON))
            && new ProcessBuilder(PYTHON, "-c", "import pandas, pyarrow.dataset")
                    .redirectErrorStream(true)
                    .start()
                    .waitFor()
                == 0;
    if (!there) {
      System.out.println(
          "SKIPPED: neither pandas nor pyarrow reads a stage's folder, since "
              + PYTHON
              + " with them is missing (name another with -Dcapoflow.python; .ci/others installs one)");
    }
    assumeTrue(there);
  }

  private static List<String> python(Path root) throws IOException {
    Process process =
        new ProcessBuilder(PYTHON, SCRIPT.toString(), root.toString())
            .redirectErrorStream(true)
            .start();
    return new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();
  }
}
