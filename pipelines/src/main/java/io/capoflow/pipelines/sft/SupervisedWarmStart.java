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
import io.capoflow.worlds.lessons.Lesson;
import io.capoflow.worlds.lessons.Lessons;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Teaches a model by example before reinforcement learning: a plain loop, every lesson seen once.
 * The same recipe gives the same weights, bit for bit, on the same engine and processor.
 */
public final class SupervisedWarmStart {
  private static final double NORM_EPSILON = 1e-5;
  private static final double ROPE_THETA = 10_000;

  private final SftRecipe recipe;
  private final Lessons lessons;
  private final Prompts prompts;

  private SupervisedWarmStart(SftRecipe recipe) {
    this.recipe = requireNonNull(recipe, "recipe");
    // As training asks by default. A model that starts from nothing has no chat template.
    this.prompts =
        recipe
            .model()
            .initial()
            .map(initial -> Prompts.read(PromptSettings.AUTO, initial))
            .orElse(Prompts.PLAIN);
    this.lessons =
        switch (recipe.lessons().course()) {
          case ARITHMETIC_POLICY ->
              ArithmeticLessons.policy(recipe.lessons().teacherSeed(), recipe.seed());
          case ARITHMETIC_CRITIC ->
              ArithmeticLessons.critic(recipe.lessons().teacherSeed(), recipe.seed());
        };
  }

  /**
   * Trains, and writes a Hugging Face checkpoint.
   *
   * @param output directory of the checkpoint; created, or written over when all is trained
   * @param progress told after every optimizer step
   * @throws UserMistake when the initial model is missing or has no tokenizer for the lessons, or
   *     when training diverges; the output is then as it was
   */
  public static void run(SftRecipe recipe, Path output, Consumer<WarmStartProgress> progress) {
    requireNonNull(output, "output");
    requireNonNull(progress, "progress");
    SupervisedWarmStart warmStart = new SupervisedWarmStart(recipe);
    try (CausalLm model = warmStart.model()) {
      warmStart.train(model, progress);
      model.save(output);
    }
  }

  private void train(CausalLm model, Consumer<WarmStartProgress> progress) {
    SftRecipe.TrainSection train = recipe.train();
    LearningRateSchedule schedule = train.schedule();
    try (SupervisedLearner learner =
        new SupervisedLearner(
            model,
            train.optimizer().settings(),
            Layout.PADDED,
            train.compute().settings(recipe.model().dtype()),
            train.tokenBudget())) {
      for (int step = 0; step < train.steps(); step++) {
        List<int[]> sequences = new ArrayList<>();
        List<Integer> promptLengths = new ArrayList<>();
        int first = step * train.batch();
        IntStream.range(first, first + train.batch())
            .forEach(index -> add(model, lessons.at(index), sequences, promptLengths));
        double rate = schedule.rate(step);
        double loss = step(learner, sequences, promptLengths, rate);
        progress.accept(new WarmStartProgress(step + 1, train.steps(), loss, rate));
      }
    }
  }

  private static double step(
      SupervisedLearner learner,
      List<int[]> sequences,
      List<Integer> promptLengths,
      double learningRate) {
    try {
      return learner.step(sequences, promptLengths, learningRate);
    } catch (DivergenceException e) {
      throw new UserMistake(
          "training diverged (%s), and no checkpoint was written; lower train.learning_rate"
              .formatted(e.getMessage()),
          e);
    }
  }

  private void add(
      CausalLm model, Lesson lesson, List<int[]> sequences, List<Integer> promptLengths) {
    DecoderConfig config = model.config();
    int[] prompt = prompts.encode(lesson.prompt(), model.tokenizer(), config.bosTokenId());
    int[] completion = model.tokenizer().encode(lesson.completion());
    int[] end = config.eosTokenIds().stream().limit(1).mapToInt(Integer::intValue).toArray();
    sequences.add(Stream.of(prompt, completion, end).flatMapToInt(IntStream::of).toArray());
    promptLengths.add(prompt.length);
  }

  private CausalLm model() {
    SftRecipe.ModelSection model = recipe.model();
    if (model.initial().isPresent()) {
      return ModelLoader.load(
          Loading.forTraining(model.initial().get(), model.device()).in(model.dtype()));
    }
    try {
      Path tokenizer = Files.createTempDirectory("capoflow-tokenizer");
      try {
        lessons.writeTokenizer(tokenizer);
        return ModelLoader.initialise(
            config(model, tokenizer), tokenizer, recipe.seed(), model.device());
      } finally {
        delete(tokenizer);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing a new tokenizer", e);
    }
  }

  private DecoderConfig config(SftRecipe.ModelSection model, Path tokenizerDirectory) {
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
        OptionalInt.of(lessons.bosTokenId()),
        List.of(lessons.eosTokenId()),
        OptionalInt.of(lessons.padTokenId()));
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
