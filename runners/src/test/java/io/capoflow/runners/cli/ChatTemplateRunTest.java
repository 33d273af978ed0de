package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.text.HfTokenizer;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Rollout;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The shipped policy and critic with chat templates of their own, through all that a user does with
 * a published instruct model: whatever is done with an adapter, its prompts are those of its base.
 */
final class ChatTemplateRunTest {
  private static final Path WEIGHTS = Path.of(System.getProperty("capoflow.home"), "weights");

  /** Writes what no plain prompt holds: the system's message, and "=" at the end. */
  private static final String TEMPLATE =
      "{{ bos_token }}{% for message in messages %}{{ message.content + '\\n' }}{% endfor %}"
          + "{% if add_generation_prompt %}{{ '=' }}{% endif %}";

  private static final String TOKENS = "{\"bos_token\": \"<bos>\", \"eos_token\": \"<eos>\"}";
  private static final String SYSTEM = "Solution:";
  private static final String INSTRUCTION = "1. ";

  @TempDir private static Path directory;
  private static Path run;

  @BeforeAll
  static void trainAnAdapterAndResume() throws IOException {
    withTemplate("policy", "arithmetic-policy");
    withTemplate("critic", "arithmetic-critic");
    try (CausalLm critic =
        ModelLoader.load(
            Loading.forTraining(directory.resolve("critic"), "cpu")
                .withAdapter(LoraSettings.of(2, 4, List.of(LoraTarget.Q_PROJ)), 7))) {
      critic.save(directory.resolve("critic-adapter"));
    }
    Files.writeString(
        directory.resolve("templated.yaml"),
        """
        extends: %s
        iterations: 1
        problems: {train: 16, held_out: 4, per_iteration: 4, system: "%s", instruction: "%s"}
        policy: {path: ./policy}
        critique: {path: ./critic-adapter, times: 2}
        sample: {rollouts: 2, shard_problems: 2}
        batch: {mini_batch_rollouts: 8}
        lora: {rank: 2, alpha: 4}
        evaluate: {problems: 4, samples: 1, every: 1}
        execution: {runner: direct}
        """
            .formatted(
                WEIGHTS.resolveSibling("recipes").resolve("arithmetic.yaml"), SYSTEM, INSTRUCTION));
    run = directory.resolve("run");
    for (int iterations = 1; iterations <= 3; iterations++) {
      CliRun trained = train(run, "--iterations", iterations);
      assertThat(trained.errors()).isEmpty();
      assertThat(trained.status()).isZero();
    }
  }

  @Test
  void everyPromptOfEveryIterationAndMeasurementHasTheFormOfTheFirst() {
    List<Rollout> rollouts = new ArrayList<>();
    for (int iteration = 0; iteration < 3; iteration++) {
      rollouts.addAll(RunDirectory.at(run).rows(iteration, Stage.ROLLOUTS));
    }
    for (int version = 0; version <= 3; version++) {
      for (String pass : List.of("greedy", "sampled")) {
        rollouts.addAll(
            kept(run.resolve("evaluation").resolve(Keys.policyVersion(version)).resolve(pass)));
      }
    }
    assertThat(rollouts).hasSize(3 * 8 + 4 * 8);
    try (HfTokenizer tokenizer = HfTokenizer.load(directory.resolve("policy"))) {
      for (Rollout rollout : rollouts) {
        String question = rollout.getProblem().getPrompt().get(0).getContent();
        assertThat(rollout.getProblem().getPrompt()).hasSize(1);
        assertThat(rollout.getPromptTokenIds())
            .as("prompt of %s at %s", rollout.getRolloutId(), rollout.getPolicyVersion())
            .isEqualTo(ids(tokenizer, prompt(SYSTEM, question + "\n" + INSTRUCTION)));
      }
    }
  }

  @Test
  void aCriticThatIsAnAdapterIsAskedInItsBasesTemplateAndWithoutTheInstruction() {
    List<Critique> critiques = RunDirectory.at(run).rows(0, Stage.CRITIQUES);
    // Asked plainly, a prompt lacks the template's "=" and nothing else: the end of the line before
    // it is one token with the end that the critic's question has of its own.
    Path plain = directory.resolve("plain-critic");
    assertThat(train(plain, "--set", "critique.prompt_format=plain").errors()).isEmpty();
    int templated = promptTokens(critiques);
    int bare = promptTokens(RunDirectory.at(plain).rows(0, Stage.CRITIQUES));
    assertThat(templated - bare).isEqualTo(critiques.size());
  }

  @Test
  void thePolicyOfARunIsMeasuredAsTheRunAsks() {
    CliRun asRun = evaluate(run.resolve("policy/v00003"));
    CliRun spelled =
        evaluate(run.resolve("policy/v00003"), "--system", SYSTEM, "--instruction", INSTRUCTION);
    CliRun plain = evaluate(run.resolve("policy/v00003"), "--prompt-format", "plain");
    assertThat(asRun.errors()).isEmpty();
    assertThat(asRun.out()).isEqualTo(spelled.out());
    assertThat(plain.errors()).isEmpty();
    assertThat(plain.out()).isNotEqualTo(asRun.out());
  }

  @Test
  void aMergedAdapterIsAskedAsTheAdapterIs() throws IOException {
    Path merged = directory.resolve("merged");
    CliRun merge = CliRun.of("merge", "--model", run.resolve("policy/v00003"), "--output", merged);
    assertThat(merge.errors()).isEmpty();
    assertThat(merged.resolve("chat_template.jinja")).hasContent(TEMPLATE);
    assertThat(merged.resolve("tokenizer_config.json")).hasContent(TOKENS);
    assertThat(
            evaluate(merged, "--system", SYSTEM, "--instruction", INSTRUCTION)
                .lines()
                .subList(1, 4))
        .isEqualTo(evaluate(run.resolve("policy/v00003")).lines().subList(1, 4));
  }

  @Test
  void theDoctorShowsThePromptOfAnAdapterAndWhereItsFilesLie() {
    CliRun doctor =
        CliRun.of(
            "doctor",
            "--recipe",
            directory.resolve("templated.yaml"),
            "--model",
            run.resolve("policy/v00002"));
    assertThat(doctor.errors()).isEmpty();
    Path base = run.resolve("policy/v00000");
    assertThat(doctor.lines())
        .contains(
            "  | <bos>Solution:",
            "  | 1. ",
            "  | =",
            "files of the adapter and its base",
            "  chat template            " + base.resolve("chat_template.jinja"),
            "  tokenizer.json           " + base.resolve("tokenizer.json"),
            "  special_tokens_map.json  none",
            "a response ends with <eos> (2), as generation_config.json says")
        .anyMatch(line -> line.startsWith("prompt of problem train-") && line.contains("template"));
  }

  @Test
  void aPromptIsShownAsItWasAsked() {
    CliRun show = CliRun.of("show", "--run", run, "--prompts", "--limit", 1);
    assertThat(show.errors()).isEmpty();
    assertThat(show.out())
        .contains("  prompt    <bos>Solution:\\nStart at ")
        .contains("1. \\n=  (");
  }

  @Test
  void aTemplateThatChangesStopsTheRunBeforeItSamples() throws IOException {
    Path other = directory.resolve("changed");
    assertThat(train(other).status()).isZero();
    Path template = other.resolve("policy/v00000/chat_template.jinja");
    Files.writeString(template, TEMPLATE.replace("'='", "'+'"));
    CliRun resumed = train(other, "--iterations", 2);
    assertThat(resumed.status()).isEqualTo(2);
    assertThat(resumed.errors())
        .startsWith("capoflow: " + template + " is damaged (its SHA-256 is ")
        .hasLineCount(1);
    assertThat(other.resolve("iterations/00001")).doesNotExist();
    CliRun measured = evaluate(other.resolve("policy/v00001"));
    assertThat(measured.status()).isEqualTo(2);
    assertThat(measured.errors()).contains("the chat template differs").hasLineCount(1);
  }

  @Test
  void aTemplateThatTakesNoMessageOfTheSystemIsSaidBeforeTheRunIsBoundToIt() throws IOException {
    withTemplate("strict", "arithmetic-policy");
    Files.writeString(
        directory.resolve("strict/chat_template.jinja"),
        "{% if messages[0].role == 'system' %}{{ raise_exception('no such role') }}{% endif %}"
            + TEMPLATE);
    Path strict = directory.resolve("strict-run");
    CliRun refused = train(strict, "--set", "policy.path=" + directory.resolve("strict"));
    assertThat(refused.status()).isEqualTo(2);
    assertThat(refused.errors())
        .contains("problems.system is set, and the first problem cannot be asked")
        .contains("no such role")
        .hasLineCount(1);
    assertThat(strict.resolve("recipe.yaml")).doesNotExist();
  }

  @Test
  void aRunOfOlderCodeWhosePromptsHaveTwoFormsIsRefusedAndShownWithAWarning() throws IOException {
    Path old = directory.resolve("old");
    assertThat(train(old, "--iterations", 2).status()).isZero();
    Path record = old.resolve("run.json");
    ObjectNode fields = (ObjectNode) new ObjectMapper().readTree(record.toFile());
    assertThat(fields.get("prompt_digest").textValue()).hasSize(64);
    fields.remove(List.of("prompts", "prompt_digest"));
    Files.writeString(record, fields.toString());
    CliRun resumed = train(old, "--iterations", 3);
    assertThat(resumed.status()).isEqualTo(2);
    assertThat(resumed.errors())
        .contains("iteration 0 was asked in the model's chat template, and the adapters after it")
        .contains("--run")
        .hasLineCount(1);
    assertThat(old.resolve("iterations/00002")).doesNotExist();
    assertThat(CliRun.of("show", "--run", old, "--limit", 1).lines().get(0))
        .startsWith("warning: " + old + ": iteration 0 was asked in the model's chat template");
    assertThat(CliRun.of("diff", old, run).lines().get(0)).startsWith("warning: " + old);
  }

  @Test
  void aRunOfOlderCodeThatAskedNoAdapterYetGoesOn() throws IOException {
    Path old = directory.resolve("young");
    assertThat(train(old, "--set", "evaluate.every=0", "--iterations", 0).status()).isZero();
    Path record = old.resolve("run.json");
    ObjectNode fields = (ObjectNode) new ObjectMapper().readTree(record.toFile());
    fields.remove(List.of("prompts", "prompt_digest"));
    Files.writeString(record, fields.toString());
    CliRun resumed = train(old);
    assertThat(resumed.errors()).isEmpty();
    JsonNode now = new ObjectMapper().readTree(record.toFile());
    assertThat(now.path("prompts").path("format").textValue()).isEqualTo("template");
  }

  private static void withTemplate(String name, String weights) throws IOException {
    Path model = Files.createDirectories(directory.resolve(name));
    try (Stream<Path> files = Files.list(WEIGHTS.resolve(weights))) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    Files.writeString(model.resolve("chat_template.jinja"), TEMPLATE);
    Files.writeString(model.resolve("tokenizer_config.json"), TOKENS);
  }

  private static CliRun train(Path into, Object... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("train", directory.resolve("templated.yaml"), "--run", into));
    arguments.addAll(List.of(more));
    return CliRun.of(arguments.toArray());
  }

  private static CliRun evaluate(Path policy, Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("evaluate", "--policy", policy, "--held-out", 8, "--runner", "direct"));
    arguments.addAll(List.of(more));
    return CliRun.of(arguments.toArray());
  }

  private static List<Rollout> kept(Path pass) {
    ShardStore<Rollout> store =
        new ShardStore<>(pass.resolve(Stage.ROLLOUTS.folder()), Stage.ROLLOUTS);
    StageManifest manifest = StageManifest.find(store.directory()).orElseThrow();
    return StageManifest.rows(store.directory(), Rollout.class, manifest);
  }

  private static int promptTokens(List<Critique> critiques) {
    return critiques.stream().mapToInt(Critique::getPromptTokens).sum();
  }

  /** Written out here, so that the test does not share the code that it tests. */
  private static String prompt(String system, String user) {
    return "<bos>" + system + "\n" + user + "\n=";
  }

  private static List<Integer> ids(HfTokenizer tokenizer, String prompt) {
    return Arrays.stream(tokenizer.encode(prompt)).boxed().toList();
  }
}
