package io.capoflow.models.critic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.cache.LoadedModels;
import io.capoflow.models.chat.PromptFormat;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.chat.Prompts;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.models.steps.Step;
import io.capoflow.models.tensor.Numerics;
import io.capoflow.models.tensor.Torch;
import io.capoflow.models.tensor.TorchSettings;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.Judgment;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalCriticTest {
  private static final SamplingParameters SAMPLING = new SamplingParameters(1, 1, 6);
  private static final Rollout SHORT = rollout("a", 0, "w3 w4\n\nw5");
  private static final Rollout LONGER = rollout("a", 1, "w3 w4\n\nw5\n\nw6 w7");
  private static final Rollout WITHOUT_STEPS = rollout("b", 0, "");
  private static final Rollout TOO_LONG = rollout("b", 1, "w3 ".repeat(260));

  @TempDir static Path directory;

  @BeforeAll
  static void writeCheckpoint() {
    TinyModels.write(directory, TinyModels.config(), 8, "F32");
  }

  /** Asks with the bare steps and flags the first of them. */
  private static final class PlainTemplate implements PromptTemplate {
    @Override
    public String name() {
      return "plain";
    }

    @Override
    public List<Message> render(Rollout rollout, List<Step> steps) {
      return List.of(new Message("user", rollout.getResponse()));
    }

    @Override
    public CritiqueReading read(String text, boolean cut, int stepCount) {
      return cut
          ? CritiqueReading.abstaining(Optional.empty(), 0, VoidReason.CUT)
          : CritiqueReading.valid(Optional.of(Judgment.NO), List.of(0), 0);
    }
  }

  @Test
  void everyRolloutGetsItsCritiquesInOrder() {
    List<Critique> critiques = critique(List.of(SHORT, LONGER), 3, 7, 4);

    assertThat(critiques)
        .extracting(c -> c.getRolloutId() + "#" + c.getCritiqueIndex())
        .containsExactly(
            "00001/a/000#0",
            "00001/a/000#1",
            "00001/a/000#2",
            "00001/a/001#0",
            "00001/a/001#1",
            "00001/a/001#2");
    for (Critique critique : critiques) {
      assertThat(critique.getCritic()).isEqualTo("test critic");
      assertThat(critique.getPromptTemplate()).isEqualTo("plain");
      assertThat(critique.getTokens()).isBetween(1, 6);
      assertThat(critique.getSeed())
          .isEqualTo(
              Draws.key(
                  7L, "critique", 1, "a", critique.getSampleIndex(), critique.getCritiqueIndex()));
      boolean cut = critique.getFinishReason().equals("length");
      assertThat(critique.getVoidReason()).isEqualTo(cut ? "CUT" : null);
      assertThat(critique.getJudgment()).isEqualTo(cut ? null : "no");
      assertThat(critique.getWrongSteps()).isEqualTo(cut ? List.of() : List.of(0));
    }
    assertThat(critiques).extracting(Critique::getText).doesNotHaveDuplicates();
  }

  @Test
  void theSameCritiquesComeAgainAndBatchesDoNotMixTheirDraws() {
    List<Critique> pairs = critique(List.of(SHORT, LONGER), 2, 7, 2);

    assertThat(critique(List.of(SHORT, LONGER), 2, 7, 2))
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("millis")
        .isEqualTo(pairs);
    assertThat(critique(List.of(SHORT, LONGER), 2, 7, 1))
        .extracting(Critique::getText)
        .isEqualTo(pairs.stream().map(Critique::getText).toList());
    assertThat(critique(List.of(SHORT, LONGER), 2, 8, 2))
        .extracting(Critique::getText)
        .isNotEqualTo(pairs.stream().map(Critique::getText).toList());
  }

  @Test
  void whatCannotBeAskedIsVoidWithItsReasonAndHoldsUpNothing() {
    List<Critique> critiques = critique(List.of(WITHOUT_STEPS, SHORT, TOO_LONG, LONGER), 2, 7, 3);

    assertThat(critiques.subList(0, 2))
        .extracting(Critique::getVoidReason)
        .containsOnly("NO_STEPS");
    assertThat(critiques.subList(4, 6))
        .extracting(Critique::getVoidReason)
        .containsOnly("CONTEXT_LENGTH");
    assertThat(critiques.subList(2, 4))
        .extracting(Critique::getText)
        .isEqualTo(texts(critique(List.of(SHORT), 2, 7, 3)));
    assertThat(critiques.subList(6, 8))
        .extracting(Critique::getText)
        .isEqualTo(texts(critique(List.of(LONGER), 2, 7, 3)));
    assertThat(critique(List.of(WITHOUT_STEPS), 2, 7, 3)).hasSize(2);
  }

  @Test
  void theMillisOfCritiquesAddUpToNoMoreThanTheTimeTheyTook() {
    long started = System.nanoTime();
    List<Critique> critiques =
        critique(List.of(SHORT, WITHOUT_STEPS, LONGER, TOO_LONG, SHORT, LONGER), 8, 7, 6);
    long millis = (System.nanoTime() - started) / 1_000_000;

    assertThat(critiques.stream().mapToLong(Critique::getMillis).sum()).isLessThanOrEqualTo(millis);
    assertThat(critiques)
        .filteredOn(critique -> critique.getTokens() == 0)
        .extracting(Critique::getMillis)
        .containsOnly(0L);
    List<Long> asked =
        critiques.stream()
            .filter(critique -> critique.getTokens() > 0)
            .map(Critique::getMillis)
            .toList();
    assertThat(Collections.max(asked) - Collections.min(asked)).isBetween(0L, 1L);
  }

  @Test
  void anotherTokenizerIsAnotherCritic(@TempDir Path other) throws IOException {
    TinyModels.write(other, TinyModels.config(), 8, "F32");
    CriticSpec same = CriticSpec.of(other, "cpu", "capo", "blank_line", SAMPLING, 8);
    assertThat(same.identity())
        .isEqualTo(CriticSpec.of(directory, "cpu", "capo", "blank_line", SAMPLING, 8).identity());

    Path tokenizer = other.resolve("tokenizer.json");
    Files.writeString(tokenizer, Files.readString(tokenizer) + " ");

    assertThat(CriticSpec.of(other, "cpu", "capo", "blank_line", SAMPLING, 8).identity())
        .isNotEqualTo(same.identity());
  }

  @Test
  void anotherChatTemplateIsAnotherCriticAndItsPromptsAreWrittenByIt(@TempDir Path other)
      throws IOException {
    TinyModels.write(other, TinyModels.config(), 8, "F32");
    CriticSpec plain = CriticSpec.of(other, "cpu", "capo", "blank_line", SAMPLING, 8);
    int plainTokens = promptTokens(plain);

    Path template = other.resolve("chat_template.jinja");
    Files.writeString(template, "w5 {{ messages[0].content }} w6");
    CriticSpec templated = CriticSpec.of(other, "cpu", "capo", "blank_line", SAMPLING, 8);

    assertThat(templated.identity()).isNotEqualTo(plain.identity());
    // The template's two words in place of the beginning-of-sequence token.
    assertThat(promptTokens(templated)).isEqualTo(plainTokens + 1);
    Files.writeString(template, "w5 {{ messages[0].content|urlize }}");
    assertThatThrownBy(() -> CriticSpec.of(other, "cpu", "capo", "blank_line", SAMPLING, 8))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("chat_template.jinja, line 1: the filter urlize");
  }

  private static int promptTokens(CriticSpec spec) {
    try (Critic critic = spec.open()) {
      return critic.critique(List.of(SHORT), 1, 7).await().get(0).getPromptTokens();
    }
  }

  @Test
  void identityTellsEverythingThatCouldChangeACritique() {
    CriticSpec spec = CriticSpec.of(directory, "cpu", "capo", "blank_line", SAMPLING, 8);

    List<CriticSpec> others =
        List.of(
            CriticSpec.of(directory, "cpu", "capo_paper", "blank_line", SAMPLING, 8),
            CriticSpec.of(directory, "cpu", "capo", "blank_line", SAMPLING, 9),
            CriticSpec.of(
                directory,
                "cpu",
                TorchSettings.ofThreads(1),
                "capo",
                "blank_line",
                new PromptSettings(PromptFormat.PLAIN, List.of()),
                SAMPLING,
                8),
            CriticSpec.of(
                directory, "cpu", "capo", "blank_line", new SamplingParameters(1, 0.9, 6), 8));
    assertThat(Stream.concat(Stream.of(spec), others.stream()).map(CriticSpec::identity))
        .doesNotHaveDuplicates();
    assertThat(CriticSpec.of(directory, "auto", "capo", "blank_line", SAMPLING, 8).identity())
        .isEqualTo(spec.identity());
    try (Critic critic = spec.open()) {
      assertThat(critic.identity()).isEqualTo(spec.identity());
    }
    assertThatThrownBy(() -> CriticSpec.of(directory, "cpu", "cpao", "blank_line", SAMPLING, 8))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("capo");
  }

  @Test
  void isNotOpenedInAProcessThatComputesInOtherNumerics() {
    Torch.engine();
    CriticSpec portable =
        CriticSpec.of(
            directory,
            "cpu",
            new TorchSettings(1, Numerics.PORTABLE),
            "capo",
            "blank_line",
            PromptSettings.AUTO,
            SAMPLING,
            8);

    assertThatThrownBy(portable::open)
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("torch.numerics: portable is asked for");
  }

  private static List<Critique> critique(
      List<Rollout> rollouts, int times, long seed, int maxRows) {
    try (Critic critic =
        new LocalCritic(
            "test critic",
            TorchSettings.ofThreads(1),
            Prompts.read(PromptSettings.AUTO, directory),
            LoadedModels.lease(LoadedModels.Role.CRITIC, directory, "digest", "cpu"),
            new PlainTemplate(),
            new BlankLineSplitter(),
            SAMPLING,
            maxRows)) {
      return critic.critique(rollouts, times, seed).await();
    }
  }

  private static List<String> texts(List<Critique> critiques) {
    return critiques.stream().map(Critique::getText).toList();
  }

  private static Rollout rollout(String problemId, int sample, String response) {
    Problem problem =
        Problem.newBuilder()
            .setProblemId(problemId)
            .setPrompt(List.of(new Message("user", "w3")))
            .setAnswer("w1")
            .setSource("test")
            .build();
    int tokens = response.isEmpty() ? 0 : response.split("\\s+", -1).length;
    return Rollout.newBuilder()
        .setRunId("run")
        .setIteration(1)
        .setProblem(problem)
        .setSampleIndex(sample)
        .setRolloutId(Keys.rolloutId(1, problemId, sample))
        .setPromptTokenIds(List.of(1, 3))
        .setResponseTokenIds(IntStream.range(0, tokens).mapToObj(t -> 3).toList())
        .setResponse(response)
        .setTokenEnds(IntStream.range(0, tokens).mapToObj(t -> response.length()).toList())
        .setBehaviourLogprobs(IntStream.range(0, tokens).mapToObj(t -> -1f).toList())
        .setFinishReason("length")
        .setPolicyVersion("v00001")
        .setTemperature(1)
        .setTopP(1)
        .setMaxNewTokens(300)
        .setSeed(0)
        .build();
  }
}
