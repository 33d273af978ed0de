package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a user gets wrong is one line that says what, where and how to mend it, and status 2. */
final class BadInputTest {
  @TempDir private Path directory;

  @BeforeEach
  void layOutFiles() throws IOException {
    Path home = Path.of(System.getProperty("capoflow.home"));
    Files.writeString(
        directory.resolve("good.yaml"),
        "extends: " + home.resolve("recipes/arithmetic.yaml") + "\niterations: 1\n");
    Files.writeString(
        directory.resolve("typo.yaml"), "extends: good.yaml\ncredit:\n  w_proces: 0.5\n");
    Files.writeString(directory.resolve("mistyped.yaml"), "extends: good.yaml\niterations: many\n");
    Files.writeString(directory.resolve("broken.yaml"), "credit: [1, 2\nseed: 3\n");
    Files.writeString(directory.resolve("tagged.yaml"), "seed: !!java.io.File [x]\n");
    Files.writeString(
        directory.resolve("no-weights.yaml"), "extends: good.yaml\npolicy:\n  path: ./nowhere\n");
    Files.writeString(directory.resolve("empty.jsonl"), "");
    Files.writeString(
        directory.resolve("bad.jsonl"),
        "{\"question\": \"2+2?\", \"answer\": \"no mark\"}\n{oops\n");
    Files.writeString(directory.resolve("a.parquet"), "no parquet");
    Files.writeString(directory.resolve("a.jsonl.gz"), "packed");
    Files.createDirectories(directory.resolve("model"));
    Files.writeString(directory.resolve("model/config.json"), "{}");
  }

  static Stream<Arguments> mistakes() {
    return Stream.of(
        // The command line itself.
        mistake("capoflow: Unmatched argument at index 0: 'trian' (did you mean train", "trian"),
        mistake("capoflow: Missing required parameter: 'RECIPE'; see capoflow train", "train"),
        mistake(
            "capoflow: Unknown options: '--sed', '1' (did you mean --seed",
            "train",
            "@good.yaml",
            "--sed",
            "1"),
        mistake("capoflow: Missing required option: '--run=DIR'", "show"),
        mistake(
            "capoflow: Invalid value for option '--limit'", "show", "--run", "@", "--limit", "x"),
        mistake("capoflow: Error: Missing required argument", "evaluate", "--policy", "@model"),
        mistake(
            "model: is there and not empty; name a new directory",
            "evaluate",
            "--policy",
            "@model",
            "--held-out",
            "1",
            "--output",
            "@model"),
        mistake(
            "capoflow: Error: --problems=FILE, --held-out=N are mutually exclusive",
            "evaluate",
            "--policy",
            "@model",
            "--problems",
            "@a.parquet",
            "--held-out",
            "3"),
        mistake("capoflow: problems: says not what to do", "problems"),
        // Recipes.
        mistake("@nowhere.yaml", "train", "@nowhere.yaml"),
        mistake("@typo.yaml:3: credit.w_proces", "train", "@typo.yaml"),
        mistake("w_process", "train", "@typo.yaml"),
        mistake("@mistyped.yaml:2: iterations: expects", "train", "@mistyped.yaml"),
        mistake("@broken.yaml:2", "train", "@broken.yaml"),
        mistake("@tagged.yaml:1", "train", "@tagged.yaml"),
        mistake("@no-weights.yaml:3: policy.path: there is no", "train", "@no-weights.yaml"),
        mistake(
            "--set credit.w_proces=1: credit.w_proces",
            "train",
            "@good.yaml",
            "--set",
            "credit.w_proces=1"),
        mistake("--set nothing: expects key=value", "train", "@good.yaml", "--set", "nothing"),
        mistake("--seed x: seed: expects", "train", "@good.yaml", "--seed", "x"),
        mistake("--runner spark: execution.runner", "train", "@good.yaml", "--runner", "spark"),
        mistake(
            "--parallelism 0: execution.parallelism", "train", "@good.yaml", "--parallelism", "0"),
        mistake("problems.file: there is no", "train", "@good.yaml", "--problems", "@none.jsonl"),
        mistake("is no directory", "show", "--run", "@none"),
        mistake("is no run", "show", "--run", "@model"),
        mistake("is no directory", "diff", "@none", "@none"),
        mistake("sft-typo", "sft", "@sft-typo.yaml", "--output", "@out"),
        // Estimates.
        mistake("@nowhere.yaml", "doctor", "--recipe", "@nowhere.yaml"),
        mistake("@typo.yaml:3: credit.w_proces", "doctor", "--recipe", "@typo.yaml"),
        mistake(
            "policy.path: there is no", "doctor", "--recipe", "@good.yaml", "--model", "@nowhere"),
        mistake("@model/config.json", "doctor", "--recipe", "@good.yaml", "--model", "@model"),
        mistake("@model/config.json: field architectures", "doctor", "--model", "@model"),
        mistake("nowhere: is no directory; name a model's", "doctor", "--model", "@nowhere"),
        mistake("name the recipe with --recipe", "doctor", "--set", "batch.tokens=1"),
        // Problems.
        mistake(
            "--count 0: expects", "problems", "generate", "--count", "0", "--output", "@p.parquet"),
        mistake("is a directory", "problems", "generate", "--count", "1", "--output", "@model"),
        mistake(
            "@none.jsonl",
            "problems",
            "import",
            "--input",
            "@none.jsonl",
            "--output",
            "@p.parquet"),
        mistake(
            "holds no usable problem",
            "problems",
            "import",
            "--input",
            "@empty.jsonl",
            "--output",
            "@p.parquet"),
        mistake(
            "2 of 2 rows cannot be used",
            "problems",
            "import",
            "--input",
            "@bad.jsonl",
            "--output",
            "@p.parquet",
            "--max-rejected-share",
            "0.5"),
        mistake(
            "cannot be read as Parquet",
            "problems",
            "import",
            "--input",
            "@a.parquet",
            "--output",
            "@p.parquet"),
        mistake(
            "verifier",
            "problems",
            "import",
            "--input",
            "@bad.jsonl",
            "--output",
            "@p.parquet",
            "--verifier",
            "maths"),
        // Verifying.
        mistake("--input is not set; name a file", "verify"),
        mistake("--output is not set; name the file", "verify", "--input", "@bad.jsonl"),
        mistake("no such file", "verify", "--input", "@none.jsonl", "--output", "@v.jsonl"),
        mistake(
            "must be .jsonl or .parquet",
            "verify",
            "--input",
            "@good.yaml",
            "--output",
            "@v.jsonl"),
        mistake(
            "must be .jsonl or .parquet", "verify", "--input", "@bad.jsonl", "--output", "@v.csv"),
        mistake(
            "a.jsonl.gz: is packed; unpack it and name the .jsonl or .parquet in it",
            "verify",
            "--input",
            "@a.jsonl.gz",
            "--output",
            "@v.jsonl"),
        mistake("is a directory", "verify", "--input", "@bad.jsonl", "--output", "@model"),
        mistake(
            "@good.yaml: exists; name another",
            "verify",
            "--input",
            "@bad.jsonl",
            "--output",
            "@good.yaml"),
        mistake(
            "none of 2 rows can be verified; the first, on line 1, MISSING_FIELD: id: is absent",
            "verify",
            "--input",
            "@bad.jsonl",
            "--output",
            "@v.jsonl"),
        mistake(
            "cannot be read as Parquet", "verify", "--input", "@a.parquet", "--output", "@v.jsonl"),
        mistake(
            "unknown verifier 'maths'; did you mean 'math'?",
            "verify",
            "--explain",
            "--verifier",
            "maths",
            "--response",
            "4",
            "--gold",
            "4"),
        mistake(
            "Invalid value for option '--mode': expected one of [STRICT, LENIENT]",
            "verify",
            "--mode",
            "lax"),
        mistake(
            "--approx-digits 0: expects a number of at least 1", "verify", "--approx-digits", "0"),
        mistake(
            "Invalid value for option '--approx-digits': 'six' is not an int",
            "evaluate",
            "--policy",
            "@model",
            "--held-out",
            "3",
            "--approx-digits",
            "six"),
        mistake(
            "--approx-digits -1: expects a number of at least 1",
            "problems",
            "import",
            "--input",
            "@bad.jsonl",
            "--output",
            "@p.parquet",
            "--approx-digits",
            "-1"),
        mistake("--by-source goes with --verifier by_source", "verify", "--by-source", "a=text"),
        mistake(
            "--by-source: expects source=verifier, found 'gsm8k'",
            "verify",
            "--verifier",
            "by_source",
            "--by-source",
            "gsm8k"),
        mistake("--explain expects --response and --gold", "verify", "--explain", "--gold", "4"),
        mistake(
            "go with --explain",
            "verify",
            "--input",
            "@bad.jsonl",
            "--gold",
            "4",
            "--output",
            "@v"),
        mistake(
            "has no row that can be verified with the id '9'",
            "verify",
            "--explain",
            "--input",
            "@bad.jsonl",
            "--id",
            "9"),
        mistake("no such file", "verify", "--golds", "--input", "@none.jsonl"),
        mistake("exclude each other", "verify", "--golds", "--explain"),
        mistake(
            "--verifier: problem heldout-000000",
            "evaluate",
            "--policy",
            "@model",
            "--held-out",
            "3",
            "--verifier",
            "choice"),
        // Policies.
        mistake("--policy", "evaluate", "--policy", "@none", "--held-out", "3"),
        mistake("model.safetensors", "evaluate", "--policy", "@model", "--held-out", "3"),
        mistake(
            "--samples 0: expects",
            "evaluate",
            "--policy",
            "@model",
            "--held-out",
            "3",
            "--samples",
            "0"),
        mistake("device", "evaluate", "--policy", "@model", "--held-out", "3", "--device", "tpu"));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void aMistakeIsOneLineAndStatusTwo(String expected, List<String> arguments) {
    CliRun run = CliRun.of(arguments.stream().map(this::place).toArray());
    assertThat(run.errors()).startsWith("capoflow: ").contains(place(expected)).endsWith("\n");
    assertThat(run.errors().lines()).hasSize(run.errors().contains("rows rejected") ? 2 : 1);
    assertThat(run.errors()).doesNotContain("Exception", "\tat ");
    assertThat(run.status()).isEqualTo(2);
  }

  @Test
  void nothingToDoIsAMistakeWithTheUsage() {
    CliRun run = CliRun.of();
    assertThat(run.out()).startsWith("Usage: capoflow ");
    assertThat(run.status()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "train",
        "evaluate",
        "critique",
        "sft",
        "problems",
        "verify",
        "show",
        "diff",
        "doctor"
      })
  void everyCommandHasHelpWithAnExample(String command) {
    CliRun run = CliRun.of(command, "--help");
    assertThat(run.status()).isZero();
    assertThat(run.errors()).isEmpty();
    assertThat(run.out())
        .startsWith("Usage: capoflow " + command)
        .contains("\n  capoflow " + command);
  }

  @ParameterizedTest
  @ValueSource(strings = {"generate", "import"})
  void everySubcommandHasHelpWithAnExample(String command) {
    CliRun run = CliRun.of("problems", command, "--help");
    assertThat(run.status()).isZero();
    assertThat(run.out()).contains("\n  capoflow problems " + command);
  }

  @Test
  void trainsHelpShowsEveryKeyWithItsDefault() {
    assertThat(CliRun.of("train", "--help").lines())
        .anySatisfy(
            line ->
                assertThat(line)
                    .contains(
                        "credit.w_process", "Penalty of every token of a wrong step", "default 1"));
  }

  private static Arguments mistake(String expected, String... arguments) {
    return Arguments.of(expected, List.of(arguments));
  }

  /** {@code @name} stands for a file of the test's directory. */
  private String place(String argument) {
    return argument.startsWith("@")
        ? directory.resolve(argument.substring(1)).toString()
        : argument;
  }
}
