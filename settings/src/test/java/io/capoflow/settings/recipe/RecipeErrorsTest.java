package io.capoflow.settings.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.InvalidSetting;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.transforms.vote.CritiqueNeeds;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every mistake in a recipe is one line that names the file, the line, the key and the cure. */
class RecipeErrorsTest {
  private static final String TOP_LEVEL =
      "keys of a recipe: name, seed, iterations, extensions, problems, policy, reference, sample, verify,"
          + " critique, vote, credit, batch, train, lora, evaluate, torch, execution, retention, extends";

  @TempDir Path home;

  static Stream<Arguments> mistakes() {
    return Stream.of(
        // unknown keys
        mistake(
            "seed: 1\npolicy:\n  devise: cpu\n",
            ":3: policy.devise: no such key; did you mean policy.device?"),
        mistake("sede: 1\n", ":1: sede: no such key; did you mean seed?"),
        mistake(
            "\n\ntop_p: 0.5\n",
            ":3: top_p: no such key; did you mean sample.top_p or critique.top_p?"),
        mistake("vote:\n  xyzzyplugh: 1\n", ":2: vote.xyzzyplugh: no such key; keys of vote: rule"),
        mistake(
            "credit.w_whole: 3\n",
            ":1: credit.w_whole: no such key; nest it: \"w_whole\" stands under \"credit:\""),
        mistake(
            "credit:\n  seed: 3\n",
            ":2: credit.seed: no such key; did you mean seed? It stands at the top level"),
        mistake(
            "critique:\n  extends: x.yaml\n",
            ":2: critique.extends: no such key; did you mean extensions?"),
        // critics behind a server
        mistake(
            "critique:\n  endpoint: ftp://host/v1\n  model: m\n",
            ":2: critique.endpoint: expects http:// or https:// with a host, and no user name or"
                + " password in it; the key comes from the environment, see critique.api_key_env"),
        mistake(
            "critique:\n  endpoint: [http://a/v1, http://u:secret@b/v1]\n  model: m\n",
            ":2: critique.endpoint: expects http:// or https:// with a host, and no user name or"
                + " password in it; the key comes from the environment, see critique.api_key_env"),
        mistake(
            "critique:\n  endpoint: http://a/v1\n",
            ": critique.model: is not set, and critique.endpoint needs it; name the model that is"
                + " served"),
        mistake(
            "critique:\n  endpoint: http://a/v1\n  model: m\n  max_rows: 8\n",
            ":4: critique.max_rows: is for a critic in this process, and critique.endpoint"
                + " names one behind a server; leave it out, or set it to 64"),
        mistake(
            "critique:\n  batch_rollouts: 8\n",
            ":2: critique.batch_rollouts: is no key any more; write critique.max_rows, which counts"
                + " critiques: batch_rollouts times critique.times"),
        mistake(
            "critique:\n  endpoint: http://a/v1\n  model: m\n  path: weights\n",
            ":4: critique.path: is for a critic in this process, and critique.endpoint names one"
                + " behind a server; leave it out, or set it to null"),
        mistake(
            "critique:\n  logprobs: true\n",
            ":2: critique.logprobs: is for a critic behind a server; name one with"
                + " critique.endpoint, or leave it out"),
        mistake(
            "critique:\n  extra_body: [1]\n",
            ":2: critique.extra_body: expects a mapping, found a list"),
        mistake(
            "critique:\n  budget_cost: 1\n",
            ":2: critique.budget_cost: needs prices; set critique.prompt_price and"
                + " critique.written_price, of a million tokens"),
        // duplicates
        mistake(
            "seed: 1\nvote:\n  rule: union\nseed: 2\n",
            ":4: seed: is set twice, first on line 1; keep one"),
        mistake(
            "vote: {rule: union, rule: union}\n",
            ":1: vote.rule: is set twice, first on line 1; keep one"),
        // types
        mistake("seed: one\n", ":1: seed: expects a whole number of at least 0, found one"),
        mistake("seed: '1'\n", ":1: seed: expects a whole number of at least 0, found \"1\""),
        mistake("seed: 1.0\n", ":1: seed: expects a whole number of at least 0, found 1.0"),
        mistake("seed:\n", ":1: seed: has no value; expects a whole number of at least 0"),
        mistake(
            "sample:\n  rollouts: 99999999999\n",
            ":2: sample.rollouts: expects a whole number of 32 bits, found 99999999999"),
        mistake(
            "seed: 99999999999999999999\n",
            ":1: seed: expects a whole number of 64 bits, found 99999999999999999999"),
        mistake("seed: [1]\n", ":1: seed: expects a whole number of at least 0, found a list"),
        mistake(
            "seed:\n  a: 1\n", ":2: seed: expects a whole number of at least 0, found a section"),
        mistake(
            "critique:\n  enabled: yes\n",
            ":2: critique.enabled: expects true or false, found yes"),
        mistake(
            "train:\n  learning_rate: fast\n",
            ":2: train.learning_rate: expects a number above 0, found fast"),
        mistake(
            "train:\n  learning_rate: 1:30\n",
            ":2: train.learning_rate: expects a number above 0, found 1:30"),
        mistake(
            "train:\n  learning_rate: .\n",
            ":2: train.learning_rate: expects a number above 0, found ."),
        mistake(
            "train:\n  learning_rate: .inf\n",
            ":2: train.learning_rate: expects a number above 0, found .inf"),
        mistake(
            "train:\n  learning_rate: 1e999\n",
            ":2: train.learning_rate: expects a number above 0, found 1e999"),
        mistake(
            "train: fast\n",
            ":1: train: is a section; set its keys: epochs, learning_rate, schedule, warmup_steps,"
                + " schedule_steps, floor, clip_low, clip_high, dual_clip, kl_coefficient,"
                + " kl_estimator, aggregation, beta1, beta2, epsilon, weight_decay,"
                + " max_gradient_norm, recompute_layers, logit_tokens, workers"),
        // ranges and choices
        mistake(
            "sample:\n  top_p: 1.1\n", ":2: sample.top_p: expects a number in (0, 1], found 1.1"),
        mistake(
            "sample:\n  top_k: -1\n",
            ":2: sample.top_k: expects a whole number of at least 0, found -1"),
        mistake(
            "critique:\n  min_p: 1.5\n",
            ":2: critique.min_p: expects a number in [0, 1], found 1.5"),
        mistake("sample:\n  stop: [\"\"]\n", ":2: sample.stop: expects text, found \"\""),
        mistake("sample:\n  top_p: 0\n", ":2: sample.top_p: expects a number in (0, 1], found 0"),
        mistake(
            "sample:\n  rollouts: 0\n",
            ":2: sample.rollouts: expects a whole number of at least 1, found 0"),
        mistake(
            "execution:\n  runner: flunk\n",
            ":2: execution.runner: expects one of flink, direct, found flunk; did you mean flink?"),
        mistake(
            "train:\n  kl_estimator: exact\n",
            ":2: train.kl_estimator: expects one of k1, k2, k3, found exact"),
        mistake(
            "policy:\n  device: gpu\n  path: x\n",
            ":2: policy.device: expects auto, cpu or cuda:N, found gpu"),
        mistake(
            "policy:\n  prompt_format: chat\n  path: x\n",
            ":2: policy.prompt_format: expects one of auto, template, plain, chatml, llama3, found"
                + " chat; did you mean chatml?"),
        mistake(
            "critique:\n  template_variables: [enable_thinking]\n",
            ":2: critique.template_variables: expects variables as name=value, found"
                + " enable_thinking"),
        mistake(
            "critique:\n  prompt_format: plain\n  template_variables: [a=1]\n",
            ":3: critique.template_variables: are of a checkpoint's own template, which this"
                + " prompt_format does not use; leave one out"),
        mistake(
            "verify:\n  verifier: maths\n",
            ":2: verify.verifier: expects one of by_source, choice, math, numeric, text, found maths;"
                + " did you mean math?"),
        mistake(
            "verify:\n  approx_digits: 0\n",
            ":2: verify.approx_digits: expects a whole number of at least 1, found 0"),
        mistake(
            "verify:\n  approx_digits: six\n",
            ":2: verify.approx_digits: expects a whole number of at least 1, found six"),
        mistake(
            "verify:\n  answer_tag: <answer>\n",
            ":2: verify.answer_tag: expects true or false, found <answer>"),
        mistake(
            "verify:\n  literal_only: 1\n",
            ":2: verify.literal_only: expects true or false, found 1"),
        mistake(
            "verify:\n  answerTag: true\n",
            ":2: verify.answerTag: no such key; did you mean verify.answer_tag?"),
        // values that contradict each other
        mistake(
            "credit:\n  w_whole: 1\n  w_process: 1\n",
            ":3: credit.w_process: must stay below credit.w_whole, so that a right answer outranks"
                + " a wrong one: 1.0 against 1.0"),
        mistake(
            "train:\n  schedule: cosine\n",
            ": train.schedule_steps: is not set, but a cosine schedule needs its length"),
        mistake(
            "lora:\n  rank: 8\n  targets: []\n",
            ":3: lora.targets: is empty, but an adapter needs matrices to add to"),
        mistake(
            "lora:\n  targets: [q_proj, key]\n",
            ":2: lora.targets: expects one of q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj,"
                + " down_proj, found key"),
        mistake(
            "batch:\n  mini_batch_rollouts: 100\n",
            ":2: batch.mini_batch_rollouts: must be a multiple of sample.rollouts, since a group is"
                + " never split: 100 is no multiple of 16"),
        mistake(
            "train:\n  dual_clip: 1\n", ":2: train.dual_clip: expects a number above 1, found 1"),
        mistake(
            "critique:\n  enabled: false\n",
            ":2: critique.enabled: is false, but credit.scheme capo needs the critics' votes; ask"
                + " the critics, or choose another scheme"),
        mistake(
            "vote:\n  rule: intersecton\n",
            ":2: vote.rule: expects one of average, greedy, intersection, majority,"
                + " strict_majority, union, found intersecton; did you mean intersection?"),
        mistake(
            "critique:\n  template: files\n",
            ":2: critique.template: expects one of arithmetic, capo, capo_paper, processbench, or"
                + " file:PATH, found files; one of your own comes in a jar that extensions: or"
                + " --extensions names"),
        mistake(
            "problems:\n  source: file\n",
            ": problems.file: is not set, but problems.source is file; name a file"),
        mistake(
            "problems:\n  train: 10\n",
            ": problems.per_iteration: exceeds problems.train: an iteration of 64 cannot be drawn"
                + " from 10 problems"),
        mistake(
            "vote:\n  rule: greedy\n",
            ":2: vote.rule: is greedy, which takes one critique without chance: set"
                + " critique.times to 1 and critique.temperature to 0, or name another rule"),
        // the plain part of YAML only
        mistake("seed: [1\n", ":2: not YAML: expected ',' or ']', but got :"),
        mistake("a: b: c\n", ":1: not YAML: mapping values are not allowed here"),
        mistake("- 1\n", ":1: expects keys with values, such as \"iterations: 12\""),
        mistake("? [a, b]\n: 1\n", ":1: a key must be a plain word"),
        mistake(
            "seed: !!javax.script.ScriptEngineManager [x]\n",
            ":1: not YAML: Global tag is not allowed:"
                + " tag:yaml.org,2002:javax.script.ScriptEngineManager"),
        mistake("seed: !mine 3\n", ":1: the tag !mine is not read in recipes; leave it out"),
        mistake(
            "seed: !!binary aGk=\n",
            ":1: the tag tag:yaml.org,2002:binary is not read in recipes; leave it out"),
        mistake("<<: {seed: 1}\n", ":1: <<: no such key; KEYS"),
        mistake(
            "seed: 1\nvote: &v\n  rule: union\n",
            ":2: anchors and aliases are not read in recipes; write the value out"),
        mistake(
            "vote: &v {rule: *v}\n",
            ":1: anchors and aliases are not read in recipes; write the value out"),
        mistake("seed: 1\n--- \nseed: 2\n", ":2: not YAML: but found another document"),
        // extends
        mistake(
            "seed: 1\nextends: basis.yaml\n",
            ":2: extends: no such recipe: FOLDER/basis.yaml; did you mean FOLDER/base.yaml?"),
        mistake("extends:\n", ":1: extends: expects the path of another recipe"));
  }

  private static Arguments mistake(String yaml, String message) {
    return Arguments.of(yaml, message);
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void names_the_place_and_the_cure(String yaml, String message) throws IOException {
    Files.createDirectories(home.resolve("weights/policy"));
    write("base.yaml", "seed: 5\n");
    Path recipe = write("recipe.yaml", withPolicy(yaml));
    assertThatThrownBy(() -> binder().read(recipe, List.of()))
        .isInstanceOf(UserMistake.class)
        .hasMessage(recipe + message.replace("FOLDER", home.toString()).replace("KEYS", TOP_LEVEL));
  }

  /** A policy is required; the mistake must stay the only one, and keep its line. */
  private static String withPolicy(String yaml) {
    boolean whole = yaml.contains("---") || yaml.startsWith("-") || yaml.startsWith("?");
    return whole || yaml.contains("policy:") ? yaml : yaml + "policy: {path: weights/policy}\n";
  }

  @Test
  void what_a_voting_rule_of_someone_else_needs_is_said_in_keys() {
    InvalidSetting many = TrainingRecipe.unmet("fussy", CritiqueNeeds.atLeast(3));
    assertThat(many.key()).isEqualTo("vote.rule");
    assertThat(many)
        .hasMessage(
            "is fussy, which takes 3 or more critiques: set critique.times to 3 or more, or name"
                + " another rule");
    assertThat(TrainingRecipe.unmet("fussy", CritiqueNeeds.exactly(2).atTemperatureZero()))
        .hasMessage(
            "is fussy, which takes 2 critiques without chance: set critique.times to 2 and"
                + " critique.temperature to 0, or name another rule");
  }

  @Test
  void a_required_key_that_is_not_set_is_named_with_its_meaning() throws IOException {
    Path recipe = write("recipe.yaml", "seed: 1\n");
    assertThatThrownBy(() -> binder().read(recipe, List.of()))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            recipe
                + ": policy.path: is not set, and has no default; set it to a path"
                + " (Starting policy, a Hugging Face model directory)");
  }

  @Test
  void a_recipe_that_extends_itself_through_others_is_refused_with_the_circle() throws IOException {
    Path first = write("first.yaml", "extends: second.yaml\n");
    Path second = write("second.yaml", "seed: 1\nextends: ./first.yaml\n");
    assertThatThrownBy(() -> binder().read(first, List.of()))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            second
                + ":2: extends: goes in a circle: "
                + String.join(" -> ", first.toString(), second.toString(), first.toString()));
  }

  @Test
  void a_mistake_in_an_extended_recipe_names_that_recipe() throws IOException {
    Path base = write("base.yaml", "vote:\n  rules: union\n");
    Path recipe = write("recipe.yaml", "extends: base.yaml\n");
    assertThatThrownBy(() -> binder().read(recipe, List.of()))
        .isInstanceOf(UserMistake.class)
        .hasMessage(base + ":2: vote.rules: no such key; did you mean vote.rule?");
  }

  @Test
  void an_overridden_mistake_is_still_a_mistake_only_where_the_key_is_wrong() throws IOException {
    write("base.yaml", "seed: many\npolicy: {path: weights/policy}\n");
    Path recipe = write("recipe.yaml", "extends: base.yaml\nseed: 4\n");
    assertThat(binder().read(recipe, List.of()).settings().seed()).isEqualTo(4);
  }

  @Test
  void a_recipe_that_is_not_there_is_named_with_its_nearest_neighbour() throws IOException {
    write("arithmetic.yaml", "");
    Path recipe = home.resolve("arithmetik.yaml");
    assertThatThrownBy(() -> binder().read(recipe, List.of()))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            recipe + ": no such recipe; did you mean " + home.resolve("arithmetic.yaml") + "?");
  }

  @Test
  void a_recipe_that_is_a_directory_or_no_text_is_refused() throws IOException {
    assertThatThrownBy(() -> binder().read(home, List.of()))
        .isInstanceOf(UserMistake.class)
        .hasMessage(home + ": is a directory; name a recipe file");
    Path binary = home.resolve("binary.yaml");
    Files.write(binary, new byte[] {(byte) 0xC3, (byte) 0x28});
    assertThatThrownBy(() -> binder().read(binary, List.of()))
        .isInstanceOf(UserMistake.class)
        .hasMessage(binary + ": is not UTF-8 text; a recipe is a YAML file");
  }

  static Stream<Arguments> settings() {
    return Stream.of(
        mistake(
            "extends=base.yaml",
            "extends: can be set in a recipe file alone; write one that extends"),
        mistake(
            "credit.w_proces=1", "credit.w_proces: no such key; did you mean credit.w_process?"),
        mistake(
            "credits.w_process=1",
            "credits.w_process: no such key; did you mean credit.w_process?"),
        mistake("w_process=1", "w_process: no such key; did you mean credit.w_process?"),
        mistake(
            "credit=1",
            "credit: is a section; set its keys: scheme, w_whole, w_process, normalisation, format_reward"),
        mistake("credit.w_process=x", "credit.w_process: expects a number of at least 0, found x"),
        mistake(
            "credit.w_process=", "credit.w_process: expects a number of at least 0, found \"\""),
        mistake(
            "credit.w_process=2",
            "credit.w_process: must stay below credit.w_whole, so that a right answer outranks a wrong one: 2.0 against 2.0"));
  }

  @ParameterizedTest
  @MethodSource("settings")
  void a_mistaken_set_is_named_as_it_was_typed(String assignment, String message)
      throws IOException {
    Path recipe = write("recipe.yaml", "policy: {path: weights/policy}\n");
    assertThatThrownBy(() -> binder().read(recipe, List.of(Setting.parse(assignment))))
        .isInstanceOf(UserMistake.class)
        .hasMessage("--set " + assignment + ": " + message);
  }

  @Test
  void a_set_without_a_value_says_what_it_expects() {
    assertThatThrownBy(() -> Setting.parse("credit.w_process"))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "--set credit.w_process: expects key=value, such as --set credit.w_process=0.5");
  }

  @Test
  void a_file_that_a_recipe_needs_is_missed_before_anything_starts() throws IOException {
    Path recipe = write("recipe.yaml", "policy:\n  path: weights/nowhere\n");
    assertThat(binder().read(recipe, List.of()).settings().policy().path())
        .isEqualTo(home.resolve("weights/nowhere"));
    assertThatThrownBy(() -> binder().load(recipe, List.of()))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            recipe
                + ":2: policy.path: there is no "
                + home.resolve("weights/nowhere")
                + "; plain paths start at "
                + home
                + ", those with ./ or ../ at the recipe");
  }

  @Test
  void a_critic_is_needed_only_while_critics_are_asked() throws IOException {
    Files.createDirectories(home.resolve("weights/policy"));
    Path recipe = write("recipe.yaml", "policy:\n  path: weights/policy\n");
    assertThatThrownBy(() -> binder().load(recipe, List.of()))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            recipe + ": critique.path: is not set, and these settings need it; name a path");
    assertThat(
            binder()
                .load(
                    recipe,
                    List.of(
                        Setting.parse("critique.enabled=false"),
                        Setting.parse("credit.scheme=grpo")))
                .settings()
                .critique()
                .enabled())
        .isFalse();
  }

  private Path write(String name, String yaml) throws IOException {
    return Files.write(home.resolve(name), yaml.getBytes(StandardCharsets.UTF_8));
  }

  private RecipeBinder<TrainingRecipe> binder() {
    return RecipeBinder.of(TrainingRecipe.class, home);
  }
}
