package io.capoflow.pipelines.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.pipelines.critiques.export.DatasetExport;
import io.capoflow.pipelines.critiques.export.ExportCounts;
import io.capoflow.pipelines.critiques.export.ExportFormat;
import io.capoflow.pipelines.critiques.export.ExportSettings;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.StepCritique;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.SftRecipe;
import io.capoflow.worlds.arithmetic.ArithmeticLessons;
import io.capoflow.worlds.lessons.Lesson;
import io.capoflow.worlds.lessons.Lessons;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A critic learns the critiques of a dataset, as they are exported. */
class FileCourseTest {
  private static final Path HOME = Path.of(System.getProperty("capoflow.home"));
  private static final int ROWS = 40;

  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void export() {
    Lessons lessons = ArithmeticLessons.critic(789, 5);
    try (DatasetExport export =
        DatasetExport.open(
            directory,
            ExportSettings.of(ExportFormat.SFT),
            (row, critique) -> lessons.at(Integer.parseInt(row.getRolloutId())).prompt())) {
      IntStream.range(0, ROWS).mapToObj(i -> row(i, lessons.at(i))).forEach(export::add);
      assertThat(export.commit()).isEqualTo(new ExportCounts(ROWS, Map.of()));
    }
    file = DatasetExport.file(directory, ExportFormat.SFT);
  }

  @Test
  void aCriticLearnsWhatWasExported() {
    List<Double> losses = new ArrayList<>();

    train("critic", List.of("train.steps=20"), losses);

    assertThat(losses).hasSize(20);
    // It starts from a policy, to which a critique is new.
    assertThat(losses.get(0)).isGreaterThan(2.5);
    assertThat(losses.get(19)).isLessThan(0.6 * losses.get(0));
  }

  @Test
  void theSameFileAndSeedGiveTheSameWeightsAndAnotherSeedAnotherOrder() {
    List<String> few = List.of("train.steps=3");
    train("a", few, new ArrayList<>());
    train("b", few, new ArrayList<>());
    train("c", List.of("train.steps=3", "seed=2"), new ArrayList<>());

    assertThat(digest("a")).isEqualTo(digest("b")).isNotEqualTo(digest("c"));
  }

  @Test
  void aBadLineIsNamedBeforeAnyTraining() throws IOException {
    Files.writeString(file, Files.readString(file) + "{\"prompt\":\"Start at 3.\"}\n");

    assertRefused("%s:%d: lacks completion".formatted(file, ROWS + 1));
  }

  @Test
  void aLessonThatTheModelCannotReadIsNamedBeforeAnyTraining() throws IOException {
    Files.writeString(
        file,
        "{\"prompt\":\"Start at 3.\",\"completion\":\"3\"}\n{\"prompt\":\"Start at 3.\",\"completion\":\"%s\"}\n"
            .formatted("3".repeat(2000)));

    assertRefused("%s:2: has 2005 tokens, and the model reads 1024".formatted(file));
  }

  @Test
  void settingsThatContradictTheCourseAreNamed() {
    assertMistaken(
        "sft-arithmetic-policy",
        "model.initial: must name the model that learns the lessons of a file",
        "lessons.course=file",
        "lessons.file=" + file);
    assertMistaken(
        "sft-arithmetic-critic",
        "lessons.file: must name a file of lessons, since the course is file",
        "lessons.course=file");
    assertMistaken(
        "sft-arithmetic-critic",
        "lessons.file: is set, but lessons.course is arithmetic_critic; write course: file",
        "lessons.file=" + file);
    assertMistaken(
        "sft-arithmetic-critic",
        "lessons.file: there is no",
        "lessons.course=file",
        "lessons.file=" + directory.resolve("absent.jsonl"));
  }

  private static void assertMistaken(String recipe, String message, String... settings) {
    assertThatThrownBy(
            () ->
                RecipeBinder.of(SftRecipe.class, HOME)
                    .load(
                        HOME.resolve("recipes/" + recipe + ".yaml"),
                        Stream.of(settings).map(Setting::parse).toList()))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(message)
        .hasMessageNotContaining("\n");
  }

  private void assertRefused(String message) {
    List<Double> losses = new ArrayList<>();
    assertThatThrownBy(() -> train("refused", List.of("train.steps=3"), losses))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(message)
        .hasMessageNotContaining("\n");
    assertThat(losses).isEmpty();
    assertThat(directory.resolve("refused")).doesNotExist();
  }

  private void train(String output, List<String> settings, List<Double> losses) {
    Stream<String> course =
        Stream.of(
            "lessons.course=file",
            "lessons.file=" + file,
            "train.batch=16",
            "train.warmup_steps=1");
    SftRecipe recipe =
        RecipeBinder.of(SftRecipe.class, HOME)
            .load(
                HOME.resolve("recipes/sft-arithmetic-critic.yaml"),
                Stream.concat(course, settings.stream()).map(Setting::parse).toList())
            .settings();
    SupervisedWarmStart.run(
        recipe, directory.resolve(output), progress -> losses.add(progress.loss()));
  }

  private String digest(String name) {
    try (CausalLm model = ModelLoader.load(Loading.forUse(directory.resolve(name), "cpu"))) {
      return model.digest();
    }
  }

  /** A row with one critique, which the vote follows. */
  private static CritiquedRollout row(int id, Lesson lesson) {
    return CritiquedRollout.newBuilder()
        .setRolloutId(Integer.toString(id))
        .setProblemId("p" + id)
        .setLayout("jsonl")
        .setSource("arithmetic")
        .setPrompt(List.of(new Message("user", "?")))
        .setQuestion("?")
        .setResponse("one step")
        .setSteps(List.of("one step"))
        .setTruth(List.of())
        .setColumns(List.of())
        .setCritiques(
            List.of(
                StepCritique.newBuilder()
                    .setCritic("oracle")
                    .setPromptTemplate("arithmetic")
                    .setPromptDigest(
                        Digests.ofParts(
                            lesson.prompt().stream()
                                .flatMap(
                                    message -> Stream.of(message.getRole(), message.getContent()))
                                .toArray(String[]::new)))
                    .setCritiqueIndex(0)
                    .setText(lesson.completion())
                    .setWrongSteps(List.of())
                    .setFinishReason("stop")
                    .setPromptTokens(0)
                    .setTokens(0)
                    .setMillis(0)
                    .build()))
        .setVotes(List.of())
        .setLabels(List.of())
        .setRule("intersection")
        .setWrongSteps(List.of())
        .setPromptTokens(0)
        .setTokens(0)
        .setMillis(0)
        .setCapoflow("")
        .build();
  }
}
