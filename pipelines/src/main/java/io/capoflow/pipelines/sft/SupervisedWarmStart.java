package io.capoflow.pipelines.sft;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.chat.Prompts;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.learning.DivergenceException;
import io.capoflow.models.learning.Layout;
import io.capoflow.models.learning.LearningRateSchedule;
import io.capoflow.models.learning.SupervisedLearner;
import io.capoflow.models.text.HfTokenizer;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.recipe.SftRecipe;
import io.capoflow.worlds.arithmetic.ArithmeticLessons;
import io.capoflow.worlds.lessons.Lessons;
import io.capoflow.worlds.lessons.NewTokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Teaches a model by example before reinforcement learning: a plain loop, every lesson of a
 * built-in course seen once, those of a file in one epoch after another. The same recipe gives the
 * same weights, bit for bit, on the same engine and processor.
 */
public final class SupervisedWarmStart {
  private static final double NORM_EPSILON = 1e-5;
  private static final double ROPE_THETA = 10_000;

  private final SftRecipe recipe;
  private final Lessons lessons;
  private final Prompts prompts;

  private SupervisedWarmStart(SftRecipe recipe, Lessons lessons) {
    this.recipe = recipe;
    this.lessons = lessons;
    // As training asks by default. A model that starts from nothing has no chat template.
    this.prompts =
        recipe
            .model()
            .initial()
            .map(initial -> Prompts.read(PromptSettings.AUTO, initial))
            .orElse(Prompts.PLAIN);
  }

  /**
   * Trains, and writes a Hugging Face checkpoint.
   *
   * @param output directory of the checkpoint; created, or written over when all is trained
   * @param progress told after every optimizer step
   * @throws UserMistake when the initial model is missing or has no tokenizer for the lessons, when
   *     a file of lessons has a line that is none or is too long for the model, or when training
   *     diverges; the output is then as it was
   */
  public static void run(SftRecipe recipe, Path output, Consumer<WarmStartProgress> progress) {
    requireNonNull(output, "output");
    requireNonNull(progress, "progress");
    SftRecipe.LessonsSection lessons = recipe.lessons();
    switch (lessons.course()) {
      case ARITHMETIC_POLICY ->
          new SupervisedWarmStart(
                  recipe, ArithmeticLessons.policy(lessons.teacherSeed(), recipe.seed()))
              .run(output, progress);
      case ARITHMETIC_CRITIC ->
          new SupervisedWarmStart(
                  recipe, ArithmeticLessons.critic(lessons.teacherSeed(), recipe.seed()))
              .run(output, progress);
      case FILE -> {
        try (LessonFile file = LessonFile.open(lessons.file().orElseThrow())) {
          new SupervisedWarmStart(recipe, new FileLessons(file, recipe.seed()))
              .run(output, progress);
        }
      }
    }
  }

  private void run(Path output, Consumer<WarmStartProgress> progress) {
    try (CausalLm model = model()) {
      LessonEncoder encoder = new LessonEncoder(prompts, model);
      if (lessons instanceof FileLessons file) {
        file.requireFitting(encoder, (long) recipe.train().steps() * recipe.train().batch());
      }
      train(model, encoder, progress);
      model.save(output);
    }
  }

  private void train(CausalLm model, LessonEncoder encoder, Consumer<WarmStartProgress> progress) {
    SftRecipe.TrainSection train = recipe.train();
    LearningRateSchedule schedule = train.schedule();
    try (SupervisedLearner learner =
        new SupervisedLearner(
            model,
            train.optimizer().settings(),
            Layout.PADDED,
            train.compute().settings(recipe.model().dtype()),
            train.parts())) {
      for (int step = 0; step < train.steps(); step++) {
        int first = step * train.batch();
        List<LessonEncoder.Encoded> batch =
            IntStream.range(first, first + train.batch())
                .mapToObj(index -> encoder.encode(lessons.at(index)))
                .toList();
        double rate = schedule.rate(step);
        double loss = step(learner, batch, rate);
        progress.accept(new WarmStartProgress(step + 1, train.steps(), loss, rate));
      }
    }
  }

  private static double step(
      SupervisedLearner learner, List<LessonEncoder.Encoded> batch, double learningRate) {
    try {
      return learner.step(
          batch.stream().map(LessonEncoder.Encoded::tokens).toList(),
          batch.stream().map(LessonEncoder.Encoded::promptLength).toList(),
          learningRate);
    } catch (DivergenceException e) {
      throw new UserMistake(
          "training diverged (%s), and no checkpoint was written; lower train.learning_rate"
              .formatted(e.getMessage()),
          e);
    }
  }

  private CausalLm model() {
    SftRecipe.ModelSection model = recipe.model();
    if (model.initial().isPresent()) {
      return ModelLoader.load(
          Loading.forTraining(model.initial().get(), model.device()).in(model.dtype()));
    }
    NewTokenizer itsTokenizer =
        lessons
            .tokenizer()
            .orElseThrow(
                () -> new IllegalStateException("a new model, and a course without a tokenizer"));
    try {
      Path tokenizer = Files.createTempDirectory("capoflow-tokenizer");
      try {
        itsTokenizer.write(tokenizer);
        return ModelLoader.initialise(
            config(model, tokenizer, itsTokenizer), tokenizer, recipe.seed(), model.device());
      } finally {
        delete(tokenizer);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing a new tokenizer", e);
    }
  }

  private static DecoderConfig config(
      SftRecipe.ModelSection model, Path tokenizerDirectory, NewTokenizer itsTokenizer) {
    int vocabularySize;
    try (HfTokenizer tokenizer = HfTokenizer.load(tokenizerDirectory)) {
      vocabularySize = tokenizer.vocabularySize();
    }
    return DecoderConfig.llama(
        vocabularySize,
        model.hiddenSize(),
        model.layers(),
        model.heads(),
        model.keyValueHeads(),
        model.hiddenSize() / model.heads(),
        model.intermediateSize(),
        NORM_EPSILON,
        ROPE_THETA,
        false,
        model.maxPositions(),
        OptionalInt.of(itsTokenizer.bosTokenId()),
        List.of(itsTokenizer.eosTokenId()),
        OptionalInt.of(itsTokenizer.padTokenId()));
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
