package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a user of {@code critique} gets wrong is one line and status 2, before anything is asked.
 */
final class CritiqueMistakesTest {
  private static final Path HOME = Path.of(System.getProperty("capoflow.home"));

  @TempDir private Path directory;

  @BeforeEach
  void layOutFiles() throws IOException {
    write("good.yaml", "extends: " + HOME.resolve("recipes/critique-arithmetic.yaml") + "\n");
    write("off.yaml", "extends: good.yaml\ncritique:\n  enabled: false\n");
    write("no-critic.yaml", "extends: good.yaml\ncritique:\n  path: ./nowhere\n");
    write("typo.yaml", "extends: good.yaml\ncritique:\n  tymes: 3\n");
    write("threads.yaml", "extends: good.yaml\nseed: 1\ntorch:\n  threads: 2\n");
    write("greedy.yaml", "extends: good.yaml\nvote:\n  rule: greedy\n");
    write("hot.yaml", "extends: greedy.yaml\ncritique:\n  times: 1\n");
    write("served.yaml", "critique:\n  endpoint: http://127.0.0.1:9/v1\n  model: critic\n");
    write("rows.jsonl", "{\"question\": \"1+1?\", \"answer\": \"2\", \"response\": \"2\"}\n");
    write("unknown.jsonl", "{\"text\": \"1+1=2\"}\n");
    write("empty.jsonl", "");
    write("rows.csv", "question,response\n");
    write("other/notes.txt", "mine");
  }

  private void write(String name, String text) throws IOException {
    Files.createDirectories(directory.resolve(name).getParent());
    Files.writeString(directory.resolve(name), text);
  }

  static Stream<Arguments> mistakes() {
    return Stream.of(
        Arguments.of(
            "Missing required option: '--output=DIR'",
            List.of("--rollouts", "@rows.jsonl", "--recipe", "@good.yaml")),
        mistake("there is no dataset in @out yet, so nobody knows how to ask", "rows.jsonl"),
        mistake("@nowhere.yaml", "rows.jsonl", "--recipe", "@nowhere.yaml"),
        mistake("@typo.yaml:3: critique.tymes", "rows.jsonl", "--recipe", "@typo.yaml"),
        mistake(
            "@off.yaml:3: critique.enabled: is false, so nobody is asked; leave it out",
            "rows.jsonl",
            "--recipe",
            "@off.yaml"),
        mistake(
            "@no-critic.yaml:3: critique.path: there is no @nowhere",
            "rows.jsonl",
            "--recipe",
            "@no-critic.yaml"),
        mistake(
            "@none.jsonl: no such file; name a file of rollouts",
            "none.jsonl",
            "--recipe",
            "@good.yaml"),
        mistake("*.nope: names no file; check the pattern", "*.nope", "--recipe", "@good.yaml"),
        mistake(
            "@rows.csv: is read by its ending, which must be",
            "rows.csv",
            "--recipe",
            "@good.yaml"),
        mistake(
            "1 of 1 rows cannot be used, more than --max-rejected-share 0.05 allows; the first,"
                + " @unknown.jsonl:1: has the columns text; a row needs",
            "unknown.jsonl",
            "--recipe",
            "@good.yaml"),
        mistake(
            "@none.jsonl: no such file; name a file of problems",
            "rows.jsonl",
            "--recipe",
            "@good.yaml",
            "--problems",
            "@none.jsonl"),
        mistake(
            "--limit 0: expects a number of at least 1",
            "rows.jsonl",
            "--recipe",
            "@good.yaml",
            "--limit",
            "0"),
        mistake(
            "--max-rejected-share 2.0: expects a number from 0 to 1",
            "rows.jsonl",
            "--recipe",
            "@good.yaml",
            "--max-rejected-share",
            "2"),
        mistake(
            "no export is called 'nonsense'; name one of trl-stepwise, math-shepherd, sft",
            "rows.jsonl",
            "--recipe",
            "@good.yaml",
            "--export",
            "nonsense"),
        mistake(
            "labels are not 'nonsense'; name one of whole, until_first_error",
            "rows.jsonl",
            "--recipe",
            "@good.yaml",
            "--export",
            "sft",
            "--labels",
            "nonsense"),
        mistake(
            "--export-rule nonsense: a dataset has no labels by it; name one of intersection",
            "rows.jsonl",
            "--recipe",
            "@good.yaml",
            "--export",
            "sft",
            "--export-rule",
            "nonsense"),
        mistake(
            "asks the critic that another --recipe asks already",
            "rows.jsonl",
            "--recipe",
            "@good.yaml",
            "--recipe",
            "@good.yaml"),
        mistake(
            "@threads.yaml:4: torch: differs from that of the first recipe",
            "rows.jsonl",
            "--recipe",
            "@good.yaml",
            "--recipe",
            "@threads.yaml"),
        mistake(
            "voting rule 'greedy' takes one critique at temperature 0, not 4; ask for 1",
            "rows.jsonl",
            "--recipe",
            "@greedy.yaml"),
        mistake(
            "critique.temperature: is 0.7, and the voting rule greedy takes critiques at"
                + " temperature 0",
            "rows.jsonl",
            "--recipe",
            "@hot.yaml"),
        mistake(
            "--budget-cost 3: critique.budget_cost: needs prices",
            "rows.jsonl",
            "--recipe",
            "@served.yaml",
            "--budget-cost",
            "3"),
        mistake(
            "--rebuild: takes rollouts and recipes from the dataset; leave --rollouts and --recipe out",
            "rows.jsonl",
            "--recipe",
            "@good.yaml",
            "--rebuild"),
        Arguments.of(
            "--rebuild: changes nothing of the dataset; leave --export, --license and --dry-run out",
            List.of("--output", "@out", "--rebuild", "--dry-run")),
        Arguments.of(
            "--rebuild: @out is no critique dataset: it has no dataset.json",
            List.of("--output", "@out", "--rebuild")),
        Arguments.of(
            "there are no rollouts in @out: name files of them with --rollouts",
            List.of("--output", "@out", "--recipe", "@good.yaml")),
        Arguments.of(
            "@other is no critique dataset, and holds notes.txt: choose a new or empty directory",
            List.of("--rollouts", "@rows.jsonl", "--recipe", "@good.yaml", "--output", "@other")),
        Arguments.of(
            "the directory @rows.csv cannot be made",
            List.of(
                "--rollouts", "@rows.jsonl", "--recipe", "@good.yaml", "--output", "@rows.csv")));
  }

  /** Of rollouts that are to become the dataset {@code out}. */
  private static Arguments mistake(String expected, String rollouts, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("--rollouts", "@" + rollouts, "--output", "@out"));
    arguments.addAll(List.of(more));
    return Arguments.of(expected, arguments);
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void aMistakeIsOneLineAndStatusTwo(String expected, List<String> arguments) throws IOException {
    List<Object> all = new ArrayList<>(List.of("critique"));
    arguments.forEach(argument -> all.add(place(argument)));
    CliRun run = CliRun.of(all.toArray());
    assertThat(run.errors())
        .startsWith("capoflow: ")
        .contains(expected.replace("@", directory + "/"))
        .endsWith("\n");
    assertThat(run.errors().lines()).hasSize(1);
    assertThat(run.errors()).doesNotContain("Exception", "\tat ");
    assertThat(run.status()).isEqualTo(2);
    assertThat(directory.resolve("out/dataset")).doesNotExist();
    try (Stream<Path> kept = Files.list(directory.resolve("other"))) {
      assertThat(kept).containsExactly(directory.resolve("other/notes.txt"));
    }
  }

  @Test
  void aFileWithoutRowsIsNamedAfterItIsCounted() {
    CliRun run =
        CliRun.of(
            "critique",
            "--rollouts",
            directory.resolve("empty.jsonl"),
            "--recipe",
            directory.resolve("good.yaml"),
            "--output",
            directory.resolve("out"));
    assertThat(run.lines()).containsExactly("0 new rollouts");
    assertThat(run.errors()).contains("there are no rollouts in");
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void aDatasetIsComparedWithADatasetAlone() throws IOException {
    write("out/dataset.json", "{}");
    CliRun run = CliRun.of("diff", directory.resolve("other"), directory.resolve("out"));
    assertThat(run.errors()).contains("other is no critique dataset: it has no dataset.json");
    assertThat(run.status()).isEqualTo(2);
  }

  private String place(String argument) {
    return argument.startsWith("@")
        ? directory.resolve(argument.substring(1)).toString()
        : argument;
  }
}
