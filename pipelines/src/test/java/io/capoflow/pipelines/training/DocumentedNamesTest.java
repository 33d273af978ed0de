package io.capoflow.pipelines.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.pipelines.execution.JobName;
import io.capoflow.pipelines.metrics.MetricsFile;
import io.capoflow.schemas.IterationMetrics;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.beam.runners.direct.DirectRunner;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tables of the documentation that put our names beside those of other programs. */
final class DocumentedNamesTest {
  private static final Path HOME = Path.of(System.getProperty("capoflow.home"));
  private static final String END = "<!-- end of names -->";

  /** A name in backticks, with its default in brackets where the table gives one. */
  private static final Pattern NAME =
      Pattern.compile("`(?<name>[a-z0-9_.]+)(?:: [^`]+)?`(?: \\(`?(?<value>[^)`]+)`?\\))?");

  private static final Pattern SECTION = Pattern.compile("### `(?<name>[a-z]+)`");
  private static final Pattern KEY =
      Pattern.compile("\\| `(?<name>[a-z0-9_]+)` \\| `?(?<value>[^|`]+?)`? \\| .*");

  @TempDir Path directory;

  @Test
  void everyKeyBesideThoseOfOthersExistsAndHasTheDefaultThatTheTableGives() throws IOException {
    Map<String, String> named =
        names(
            "docs/recipes.md",
            "<!-- names: the first column is checked against the keys of TrainingRecipe -->");
    assertThat(named.keySet()).hasSizeGreaterThan(30);
    assertThat(recipe(List.of()).values().keySet()).containsAll(named.keySet());

    Map<String, String> defaults = documentedDefaults();
    named.forEach(
        (key, value) -> {
          if (!value.isEmpty() && !key.equals("lora.targets")) {
            assertThat(plain(value)).as(key).isEqualTo(plain(defaults.get(key)));
          }
        });
  }

  @Test
  void everyFigureBesideThoseOfOthersIsOneThatARunRecords() throws IOException {
    Set<String> named =
        names(
                "docs/metrics.md",
                "<!-- names: the first column is checked against the figures of a run -->")
            .keySet();
    assertThat(named).hasSizeGreaterThan(15);

    BoundRecipe<TrainingRecipe> recipe =
        recipe(
            List.of(
                "iterations=1",
                "problems.train=16",
                "problems.held_out=8",
                "problems.per_iteration=4",
                "sample.rollouts=4",
                "sample.shard_problems=2",
                "batch.mini_batch_rollouts=8"));
    Path run = directory.resolve("run");
    assertThat(new TrainingRun(recipe, run, DocumentedNamesTest::pipeline, event -> {}).run())
        .isPresent();
    Set<String> recorded =
        new MetricsFile(run.resolve("metrics.parquet"), "run")
            .rows().stream().map(IterationMetrics::getName).collect(Collectors.toSet());
    assertThat(recorded).containsAll(named);
  }

  private static BoundRecipe<TrainingRecipe> recipe(List<String> settings) {
    return RecipeBinder.of(TrainingRecipe.class, HOME)
        .load(
            HOME.resolve("recipes/arithmetic.yaml"),
            settings.stream().map(Setting::parse).toList());
  }

  /** Names in the first column of the rows after the mark, with their defaults or "". */
  private static Map<String, String> names(String page, String mark) throws IOException {
    String text = Files.readString(HOME.resolve(page));
    assertThat(text).contains(mark, END);
    String table = text.substring(text.indexOf(mark), text.indexOf(END));
    Map<String, String> names = new LinkedHashMap<>();
    for (String row : table.lines().filter(line -> line.startsWith("| `")).toList()) {
      Matcher name = NAME.matcher(row.substring(1, row.indexOf('|', 1)));
      while (name.find()) {
        String value = name.group("value");
        names.putIfAbsent(name.group("name"), value == null ? "" : value);
      }
    }
    return names;
  }

  /** Defaults by key from the page's generated tables, which another test holds to the code. */
  private static Map<String, String> documentedDefaults() throws IOException {
    Map<String, String> defaults = new LinkedHashMap<>();
    String section = "";
    try (Stream<String> lines = Files.lines(HOME.resolve("docs/recipes.md"))) {
      for (String line : lines.dropWhile(text -> !text.startsWith("<!-- keys:")).toList()) {
        Matcher heading = SECTION.matcher(line);
        Matcher key = KEY.matcher(line);
        if (heading.matches()) {
          section = heading.group("name") + ".";
        } else if (key.matches()) {
          defaults.put(section + key.group("name"), key.group("value"));
        }
      }
    }
    return defaults;
  }

  /** One spelling for each number: 1.0e-7 and 1e-7 are the same. */
  private static String plain(String value) {
    return value.matches("[0-9.e-]+")
        ? new BigDecimal(value).stripTrailingZeros().toPlainString()
        : value;
  }

  private static Pipeline pipeline(JobName name) {
    PipelineOptions options = PipelineOptionsFactory.create();
    options.setJobName(name.text());
    options.setRunner(DirectRunner.class);
    return Pipeline.create(options);
  }
}
