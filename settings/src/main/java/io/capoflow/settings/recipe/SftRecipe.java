package io.capoflow.settings.recipe;

import io.capoflow.models.learning.LearningRateSchedule;
import io.capoflow.models.learning.PartSettings;
import io.capoflow.models.tensor.Precision;
import io.capoflow.settings.binding.InvalidSetting;
import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.KeyKind;
import io.capoflow.settings.binding.NeedsFiles;
import io.capoflow.settings.binding.Section;
import io.capoflow.settings.binding.SharedKeys;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** A supervised warm start: which lessons, which model, how long. */
public record SftRecipe(
    @Key(doc = "Name of the warm start", kind = KeyKind.EXECUTION, fromFileName = true) String name,
    @Key(
            doc =
                "Key of every random draw: weights, problems, errors, the order of a file's lessons",
            defaults = "0",
            range = "[0, )")
        long seed,
    @Section("What is taught") LessonsSection lessons,
    @Section("The model that learns") ModelSection model,
    @Section("The optimizer (AdamW) and its schedule") TrainSection train,
    @Section("The tensor engine") TorchSection torch)
    implements NeedsFiles {
  public SftRecipe {
    if (lessons.course() == Course.FILE && model.initial().isEmpty()) {
      throw new InvalidSetting(
          "model.initial",
          "must name the model that learns the lessons of a file: one that starts from nothing has"
              + " no tokenizer for them");
    }
  }

  @Override
  public List<String> requiredFiles() {
    return Stream.of(
            lessons.file().map(file -> "lessons.file"),
            model.initial().map(initial -> "model.initial"))
        .flatMap(Optional::stream)
        .toList();
  }

  /** Who learns what. */
  public enum Course {
    /** A sloppy teacher's solutions of running sums. */
    ARITHMETIC_POLICY,
    /** Faultless critiques of spoiled solutions. */
    ARITHMETIC_CRITIC,
    /** The lessons of a file, shuffled anew each time that all were seen. */
    FILE
  }

  /** What is taught. */
  public record LessonsSection(
      @Key(doc = "Course") Course course,
      @Key(
              doc =
                  "Decides the misconceptions of the teacher whose solutions are learned or judged",
              defaults = "789",
              range = "[0, )")
          long teacherSeed,
      @Key(
              doc =
                  "Lessons for course file, one JSON object a line: prompt and completion, or messages"
                      + " of which the assistant's last is learned")
          Optional<Path> file) {
    public LessonsSection {
      if (course == Course.FILE && file.isEmpty()) {
        throw new InvalidSetting("file", "must name a file of lessons, since the course is file");
      }
      if (course != Course.FILE && file.isPresent()) {
        throw new InvalidSetting(
            "file",
            "is set, but lessons.course is %s; write course: file"
                .formatted(course.name().toLowerCase(Locale.ROOT)));
      }
    }
  }

  /** The model that learns; its shape is read only where it starts from nothing. */
  public record ModelSection(
      @Key(doc = "Model to start from; where not set, new weights are drawn")
          Optional<Path> initial,
      @Key(doc = "Width of the residual stream", defaults = "64", range = "[1, )") int hiddenSize,
      @Key(doc = "Decoder blocks", defaults = "3", range = "[1, )") int layers,
      @Key(doc = "Query heads", defaults = "4", range = "[1, )") int heads,
      @Key(doc = "Key and value heads", defaults = "2", range = "[1, )") int keyValueHeads,
      @Key(doc = "Width of the feed-forward layer", defaults = "176", range = "[1, )")
          int intermediateSize,
      @Key(doc = "Longest sequence in tokens", defaults = "1024", range = "[1, )") int maxPositions,
      @Key(doc = "auto, cpu or cuda:N", defaults = "auto") String device,
      @Key(
              doc = "In what the model computes as it learns; its weights are f32 in either",
              defaults = "f32")
          Precision dtype) {
    public ModelSection {
      if (hiddenSize % (2 * heads) != 0) {
        throw new InvalidSetting("hidden_size", "must be a multiple of twice model.heads");
      }
      if (heads % keyValueHeads != 0) {
        throw new InvalidSetting("key_value_heads", "must divide model.heads");
      }
    }
  }

  /** The optimizer and its schedule. */
  public record TrainSection(
      @Key(doc = "Optimizer steps", defaults = "1000", range = "[1, )") int steps,
      @Key(doc = "Lessons of one step", defaults = "64", range = "[1, )") int batch,
      @Key(doc = "Peak learning rate", defaults = "2e-3", range = "(0, )") double learningRate,
      @Key(doc = "Steps over which the rate rises from 0", defaults = "100", range = "[0, )")
          int warmupSteps,
      @Key(doc = "Share of the peak where the cosine ends", defaults = "0.05", range = "[0, 1]")
          double floor,
      @SharedKeys(
              own = {
                @SharedKeys.Own(
                    name = "beta2",
                    key = @Key(doc = "AdamW's β2", defaults = "0.98", range = "[0, 1)")),
                @SharedKeys.Own(
                    name = "weight_decay",
                    key = @Key(doc = "AdamW's weight decay", defaults = "0.01", range = "[0, )"))
              })
          OptimizerKeys optimizer,
      @Key(
              doc =
                  "Tokens that all gradient parts hold that are computed at the same time, the memory"
                      + " limit, padding included; a larger part is computed alone",
              defaults = "16384",
              range = "[1, )",
              kind = KeyKind.EXECUTION)
          int tokens,
      @Key(
              doc =
                  "Tokens of one gradient part, padding included, in which lessons of like length go"
                      + " together; a step's gradient is the sum of its parts', so it is content",
              defaults = "1300",
              range = "[1, )")
          int partTokens,
      @SharedKeys ComputeKeys compute,
      @SharedKeys WorkerKeys workers) {
    public TrainSection {
      if (warmupSteps >= steps) {
        throw new InvalidSetting("warmup_steps", "must be below train.steps");
      }
    }

    /** As the learner takes them. */
    public PartSettings parts() {
      return workers.parts(partTokens, tokens);
    }

    /** Linear warm-up, then a cosine down to the floor. */
    public LearningRateSchedule schedule() {
      return new LearningRateSchedule(
          LearningRateSchedule.Kind.COSINE, learningRate, warmupSteps, steps, floor);
    }
  }
}
