package io.capoflow.runners.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.schemas.Critique;
import io.capoflow.transforms.credit.CreditScheme;
import io.capoflow.transforms.vote.VotingRule;
import io.capoflow.verifiers.Verifier;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jars of others, made with javac and jar, named by flag, environment and recipe. */
final class ExtensionsIT {
  @TempDir private Path directory;

  @Test
  void aVerifierOfTheGuideVerifiesHoweverItsJarIsNamed() throws IOException {
    Path jar = guide("mine.jar");
    Path answers =
        Files.writeString(
            directory.resolve("answers.jsonl"),
            "{\"id\": \"a\", \"response\": \"so\\n42\", \"gold\": \"42\"}\n");
    for (boolean byFlag : List.of(true, false)) {
      List<Object> command =
          new ArrayList<>(List.of("verify", "--input", answers, "--output", "v.jsonl", "--force"));
      command.addAll(List.of("--verifier", "last_line"));
      if (byFlag) {
        command.addAll(List.of("--extensions", jar));
      }
      Ended ended =
          CliProcess.run(
              directory,
              byFlag ? Map.of() : Map.of("CAPOFLOW_EXTENSIONS", jar.getParent().toString()),
              command.toArray());
      assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
      assertThat(ended.lines()).first().asString().startsWith("extension " + jar + ", sha256 ");
      assertThat(ended.lines()).contains("1 rows verified, 1 right (100.00 %), in v.jsonl");
    }
    Ended without =
        run("verify", "--input", answers, "--output", "w.jsonl", "--verifier", "last_line");
    assertThat(without.status()).isEqualTo(2);
    assertThat(without.lines())
        .singleElement()
        .asString()
        .startsWith("capoflow: unknown verifier 'last_line'")
        .endsWith("one of your own comes in a jar that --extensions names");
  }

  @Test
  void aRunRemembersItsJarAndRefusesAnother() throws IOException {
    Path jar = guide("mine.jar");
    Path recipe =
        Files.writeString(
            directory.resolve("mine.yaml"),
            """
            extends: %s
            iterations: 1
            extensions: [./jars/mine.jar]
            verify: {verifier: last_line}
            vote: {rule: two_thirds}
            credit: {scheme: first_error}
            """
                .formatted(SmallExperiment.in(directory)));
    Path run = directory.resolve("run");
    Ended first = run("train", recipe, "--run", run, "--parallelism", 2);
    assertThat(first.status()).as(String.join("\n", first.lines())).isZero();
    assertThat(first.lines()).first().asString().startsWith("extension " + jar + ", sha256 ");
    assertThat(Files.readString(run.resolve("run.json"))).contains("mine.jar");

    Path moved = Files.createDirectories(directory.resolve("elsewhere")).resolve("other-name.jar");
    Files.move(jar, moved);
    Ended gone = run("train", recipe, "--run", run, "--iterations", 2);
    assertThat(gone.status()).isEqualTo(2);
    assertThat(gone.lines())
        .singleElement()
        .asString()
        .contains("mine.yaml:3: extensions: there is no " + jar);

    Ended resumed =
        run(
            "train",
            recipe,
            "--run",
            run,
            "--iterations",
            2,
            "--set",
            "extensions=[" + moved + "]");
    assertThat(resumed.status()).as(String.join("\n", resumed.lines())).isZero();

    Path changed =
        jar(
            "jars",
            "mine.jar",
            List.of("TwoThirds", "FirstErrorCredit", "LastLineVerifier"),
            "3 * wrongVotes",
            "4 * wrongVotes");
    Ended refused = run("train", recipe, "--run", run, "--iterations", 3);
    assertThat(changed).isEqualTo(jar);
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.lines().get(1))
        .startsWith("capoflow: " + run + ": began with the extension mine.jar (sha256 ")
        .endsWith("name that jar with --extensions to go on, or name a new directory with --run");
  }

  @Test
  void whatAJarHasOfOursIsNotUsedAndSaid() throws IOException {
    Path source = Files.createDirectories(directory.resolve("shadow/io/capoflow/schemas"));
    Files.writeString(
        source.resolve("Critique.java"), "package io.capoflow.schemas; public class Critique {}");
    tool("javac", "-d", source.resolve("classes"), source.resolve("Critique.java"));
    Path jar = directory.resolve("shadow.jar");
    tool("jar", "--create", "--file", jar, "-C", source.resolve("classes"), ".");

    Ended ended = explain("--extensions", jar);
    assertThat(ended.status()).isZero();
    assertThat(ended.lines().get(0))
        .endsWith(
            "; 1 of its classes are not used, since CapoFlow has others of that name: "
                + Critique.class.getName());
  }

  @Test
  void twoJarsThatDifferInAClassAreRefused() throws IOException {
    Path one = jar("one", "one.jar", List.of("TwoThirds"), "3 *", "3 *");
    Path other = jar("other", "other.jar", List.of("TwoThirds"), "3 *", "4 *");
    assertThat(refusal(explain("--extensions", one, "--extensions", other)))
        .isEqualTo(
            "capoflow: --extensions: %s and %s both have the class com.example.capoflow.TwoThirds, and they differ; name one of the two"
                .formatted(one, other));
  }

  @Test
  void aJarThatLeadsElsewhereIsRefused() throws IOException {
    Path manifest = Files.writeString(directory.resolve("manifest"), "Class-Path: lib/other.jar\n");
    Path jar = directory.resolve("leads.jar");
    tool("jar", "--create", "--file", jar, "--manifest", manifest, "-C", directory, "manifest");
    assertThat(refusal(explain("--extensions", jar)))
        .isEqualTo(
            "capoflow: --extensions: the manifest of %s has a Class-Path (lib/other.jar), which is not followed; leave it out, and name what the jar needs as extensions, too"
                .formatted(jar));
  }

  @Test
  void aVerifierWhoseClassIsIncompleteIsAFaultOfItsVerdicts() throws IOException {
    Path jar =
        jar(
            "part",
            "part.jar",
            List.of("LastLineVerifier"),
            "String text =",
            "Gone.now(); String text =");
    Ended ended = explain("--extensions", jar, "--verifier", "last_line");
    assertThat(ended.status()).isZero();
    assertThat(ended.lines())
        .anyMatch(line -> line.matches("route +java.lang.NoClassDefFoundError"));
    assertThat(ended.lines()).anyMatch(line -> line.matches("reason +FAULT"));
  }

  @Test
  void whatIsNoJarIsOneLine() throws IOException {
    Path text = Files.writeString(directory.resolve("text.jar"), "no jar");
    Path empty = Files.createDirectories(directory.resolve("empty"));
    for (Path path : List.of(text, empty, directory.resolve("nowhere.jar"))) {
      assertThat(refusal(explain("--extensions", path)))
          .startsWith("capoflow: --extensions: ")
          .contains(path.toString());
    }
  }

  @Test
  void aRuleThatGivesNoNumberIsRefusedBeforeTheRunIsBoundToItsJar() throws IOException {
    Path jar =
        jar(
            "nan",
            "nan.jar",
            List.of("TwoThirds"),
            "3 * wrongVotes >= 2 * votes ? 1 : 0",
            "0.0 / 0");
    Path run = directory.resolve("run");
    Ended ended =
        run(
            "train",
            SmallExperiment.in(directory),
            "--set",
            "vote.rule=two_thirds",
            "--extensions",
            jar,
            "--run",
            run);
    assertThat(ended.status()).isEqualTo(2);
    assertThat(ended.lines())
        .last()
        .isEqualTo(
            "capoflow: voting rule 'two_thirds' (com.example.capoflow.TwoThirds in nan.jar) gave NaN for 0 wrong of 1 votes; a weight is a number from 0 to 1");
    assertThat(run.resolve("run.json")).doesNotExist();
    assertThat(run.resolve("recipe.yaml")).doesNotExist();
  }

  /** The classes that docs/extending.md shows. */
  private Path guide(String name) throws IOException {
    return jar("jars", name, List.of("TwoThirds", "FirstErrorCredit", "LastLineVerifier"), "", "");
  }

  private Path jar(String folder, String name, List<String> classes, String from, String to)
      throws IOException {
    Path target = Files.createDirectories(directory.resolve(folder));
    Path work = Files.createTempDirectory(directory, "work");
    Path guide = SmallExperiment.home().resolve("transforms/src/test/java/com/example/capoflow");
    List<Object> compile =
        new ArrayList<>(
            List.of("-cp", System.getProperty("java.class.path"), "-d", work.resolve("classes")));
    // What a class may need, and a jar may lack.
    compile.add(
        Files.writeString(
            work.resolve("Gone.java"),
            "package com.example.capoflow; final class Gone { static void now() {} }"));
    for (String type : classes) {
      String source = Files.readString(guide.resolve(type + ".java"), UTF_8);
      compile.add(
          Files.writeString(
              work.resolve(type + ".java"), from.isEmpty() ? source : source.replace(from, to)));
    }
    tool("javac", compile.toArray());
    Path services = Files.createDirectories(work.resolve("classes/META-INF/services"));
    for (String type : classes) {
      Class<?> point =
          switch (type) {
            case "TwoThirds" -> VotingRule.class;
            case "FirstErrorCredit" -> CreditScheme.class;
            default -> Verifier.class;
          };
      Files.writeString(services.resolve(point.getName()), "com.example.capoflow." + type + "\n");
    }
    Files.delete(work.resolve("classes/com/example/capoflow/Gone.class"));
    Path jar = target.resolve(name);
    tool("jar", "--create", "--file", jar, "-C", work.resolve("classes"), ".");
    return jar;
  }

  private static void tool(String name, Object... arguments) {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    int status =
        ToolProvider.findFirst(name)
            .orElseThrow()
            .run(out, out, Arrays.stream(arguments).map(Object::toString).toArray(String[]::new));
    assertThat(status).as(said.toString()).isZero();
  }

  /** Explains one verdict, which is the quickest command that names extensions. */
  private Ended explain(Object... more) {
    List<Object> command =
        new ArrayList<>(List.of("verify", "--explain", "--response", "\\boxed{1}", "--gold", "1"));
    command.addAll(List.of(more));
    return run(command.toArray());
  }

  /** The one line of a command that was refused. */
  private static String refusal(Ended ended) {
    assertThat(ended.status()).as(String.join("\n", ended.lines())).isEqualTo(2);
    assertThat(ended.lines()).hasSize(1);
    return ended.lines().get(0);
  }

  private Ended run(Object... arguments) {
    return CliProcess.run(directory, Map.of(), arguments);
  }
}
