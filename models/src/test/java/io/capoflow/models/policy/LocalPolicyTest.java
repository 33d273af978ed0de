package io.capoflow.models.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.models.chat.PromptFormat;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.policy.Policy.SampleRequest;
import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.models.steps.StepTokens;
import io.capoflow.models.tensor.Numerics;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.Torch;
import io.capoflow.models.tensor.TorchSettings;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalPolicyTest {
  private static final List<Problem> PROBLEMS =
      List.of(problem("a", "w3 w4 w5"), problem("b", "w9 w9"));

  @TempDir static Path directory;
  private static PolicySpec spec;

  @BeforeAll
  static void writeCheckpoint() {
    TinyModels.write(directory, TinyModels.config(), 3, "F32");
    try (CausalLm model = ModelLoader.load(Loading.forUse(directory, "cpu"))) {
      spec = PolicySpec.of(directory, "v00004", model.digest(), "cpu");
    }
  }

  @Test
  void aPolicyThatComputesInBfloat16IsAnother() {
    PolicySpec narrow =
        new PolicySpec(
            spec.directory(),
            spec.version(),
            spec.digest(),
            spec.device(),
            Precision.BF16,
            spec.torch(),
            spec.prompts(),
            spec.form());
    assertThat(narrow.identity()).isEqualTo(spec.identity() + "@bf16");
    try (Policy wide = spec.open();
        Policy rounded = narrow.open()) {
      assertThat(rounded.identity()).isEqualTo(narrow.identity());
      List<Rollout> exact = wide.sample(PROBLEMS, request(3, 11));
      List<Rollout> close = rounded.sample(PROBLEMS, request(3, 11));
      assertThat(close.get(0).getBehaviourLogprobs().get(0))
          .isNotEqualTo(exact.get(0).getBehaviourLogprobs().get(0))
          .isCloseTo(exact.get(0).getBehaviourLogprobs().get(0), within(0.1f));
    }
  }

  @Test
  void aChatTemplateWritesThePromptsAndItsSettingsAreOfTheIdentity(@TempDir Path other)
      throws IOException {
    TinyModels.write(other, TinyModels.config(), 3, "F32");
    Files.writeString(
        other.resolve("chat_template.jinja"),
        "w7 {{ messages[0].content }}{% if loud %} w8{% endif %}");
    PolicySpec templated = PolicySpec.of(other, spec.version(), spec.digest(), spec.device());
    PolicySpec loud =
        PolicySpec.of(
            other,
            spec.version(),
            spec.digest(),
            spec.device(),
            spec.precision(),
            spec.torch(),
            new PromptSettings(PromptFormat.TEMPLATE, List.of("loud=true")));

    assertThat(promptOf(templated)).containsExactly(7, 3, 4, 5);
    assertThat(promptOf(loud)).containsExactly(7, 3, 4, 5, 8);
    assertThat(spec.identity()).isEqualTo(spec.version() + "@" + spec.digest());
    assertThat(loud.identity()).isNotEqualTo(templated.identity());
  }

  @Test
  void computesOnAsManyThreadsAsItsSpecSaysWhoeverSetOthers() throws Exception {
    int before = Torch.threads();
    PolicySpec two =
        PolicySpec.of(
            directory,
            spec.version(),
            spec.digest(),
            spec.device(),
            spec.precision(),
            TorchSettings.ofThreads(2),
            spec.prompts());
    try (Policy policy = two.open()) {
      Torch.useThreads(3);
      policy.sample(PROBLEMS.subList(0, 1), request(1, 11));
      assertThat(Torch.threads()).isEqualTo(2);
      assertThat(two.identity()).isEqualTo(spec.identity());
    } finally {
      Torch.useThreads(before);
    }
  }

  @Test
  void isNotOpenedInAProcessThatComputesInOtherNumerics() {
    Torch.engine();
    PolicySpec portable =
        PolicySpec.of(
            directory,
            spec.version(),
            spec.digest(),
            spec.device(),
            spec.precision(),
            new TorchSettings(1, Numerics.PORTABLE),
            spec.prompts());

    assertThatThrownBy(portable::open)
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("torch.numerics: portable is asked for")
        .hasMessageContaining("native");
  }

  private static List<Integer> promptOf(PolicySpec policy) {
    try (Policy opened = policy.open()) {
      return opened.sample(PROBLEMS.subList(0, 1), request(1, 11)).get(0).getPromptTokenIds();
    }
  }

  @Test
  void rolloutsCarryAllThatWasKnownWhenTheyWereSampled() {
    List<Rollout> rollouts = sample(PROBLEMS, request(3, 11));

    assertThat(rollouts)
        .extracting(Rollout::getRolloutId)
        .containsExactly(
            "00002/a/000",
            "00002/a/001",
            "00002/a/002",
            "00002/b/000",
            "00002/b/001",
            "00002/b/002");
    for (Rollout rollout : rollouts) {
      Problem problem = rollout.getProblem();
      List<Integer> ids = rollout.getResponseTokenIds();
      boolean stopped = rollout.getFinishReason().equals("stop");
      assertThat(PROBLEMS).contains(problem);
      // The beginning-of-sequence token, then the words of the prompt.
      assertThat(rollout.getPromptTokenIds().get(0)).isEqualTo(1);
      assertThat(rollout.getPromptTokenIds())
          .hasSize(1 + problem.getPrompt().get(0).getContent().split(" ", -1).length);
      assertThat(rollout.getBehaviourLogprobs())
          .hasSameSizeAs(ids)
          .allSatisfy(logProbability -> assertThat(logProbability).isNegative());
      assertThat(stopped).isEqualTo(ids.get(ids.size() - 1) == TinyModels.EOS);
      assertThat(rollout.getResponse())
          .isEqualTo(
              ids.subList(0, stopped ? ids.size() - 1 : ids.size()).stream()
                  .map(id -> "w" + id)
                  .collect(Collectors.joining(" ")));
      assertThat(rollout.getTokenEnds()).hasSameSizeAs(ids).isSorted();
      assertThat(rollout.getTokenEnds().get(ids.size() - 1))
          .isEqualTo(rollout.getResponse().length());
      assertThat(rollout.getPolicyVersion()).isEqualTo("v00004");
      assertThat(rollout.getSeed())
          .isEqualTo(Draws.key(11L, "sample", 2, problem.getProblemId(), rollout.getSampleIndex()));
    }
    assertThat(rollouts).extracting(Rollout::getFinishReason).contains("stop", "length");
  }

  @Test
  void aStopTextStaysInTheResponseAndItsTokenIsText() {
    SampleRequest request =
        new SampleRequest(
            "run", 2, "v00004", 8, new SamplingParameters(1, 1, 15, 0, List.of("w1"), 8), 16, 11);
    List<Rollout> rollouts = sample(PROBLEMS, request);
    List<Rollout> stopped =
        rollouts.stream().filter(rollout -> rollout.getResponse().contains("w1")).toList();

    assertThat(stopped).isNotEmpty();
    for (Rollout rollout : rollouts) {
      assertThat(rollout.getTopK()).isEqualTo(15);
      assertThat(rollout.getStop()).containsExactly("w1");
    }
    for (Rollout rollout : stopped) {
      assertThat(rollout.getFinishReason()).isEqualTo("stop");
      assertThat(rollout.getTokenEnds()).hasSameSizeAs(rollout.getResponseTokenIds());
      StepTokens tokens = StepTokens.of(rollout, new BlankLineSplitter());
      assertThat(tokens.penalisable(tokens.tokenCount() - 1)).isTrue();
      assertThat(tokens.lastStepCut()).isFalse();
    }
  }

  @Test
  void sameSeedSamplesTheSameAndAnotherSeedDoesNot() {
    List<Rollout> first = sample(PROBLEMS, request(3, 11));

    assertThat(sample(PROBLEMS, request(3, 11))).isEqualTo(first);
    assertThat(sample(PROBLEMS, request(3, 12)))
        .extracting(Rollout::getResponseTokenIds)
        .isNotEqualTo(first.stream().map(Rollout::getResponseTokenIds).toList());
  }

  @Test
  void drawsOfAProblemDoNotDependOnItsNeighbours() {
    List<Rollout> together = sample(PROBLEMS, request(3, 11));
    List<Rollout> alone = sample(PROBLEMS.subList(1, 2), request(3, 11));

    assertThat(alone)
        .extracting(Rollout::getResponseTokenIds)
        .isEqualTo(together.subList(3, 6).stream().map(Rollout::getResponseTokenIds).toList());
  }

  @Test
  void promptThatLeavesNoRoomIsTheUsersMistake() {
    Problem tooLong = problem("long", "w3 ".repeat(250));

    assertThatThrownBy(() -> sample(List.of(tooLong), request(1, 1)))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("problem long")
        .hasMessageContaining("256");
  }

  private static List<Rollout> sample(List<Problem> problems, SampleRequest request) {
    try (Policy policy = spec.open()) {
      assertThat(policy.identity()).isEqualTo(spec.identity());
      return policy.sample(problems, request);
    }
  }

  private static SampleRequest request(int rollouts, long seed) {
    return new SampleRequest(
        "run", 2, "v00004", rollouts, new SamplingParameters(1, 1, 8), 16, seed);
  }

  private static Problem problem(String id, String question) {
    return Problem.newBuilder()
        .setProblemId(id)
        .setPrompt(List.of(new Message("user", question)))
        .setAnswer("w1")
        .setSource("test")
        .build();
  }
}
