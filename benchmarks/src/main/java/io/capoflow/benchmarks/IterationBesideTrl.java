package io.capoflow.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.benchmarks.PausedProcess.Turn;
import io.capoflow.datasets.problems.ProblemSchedule;
import io.capoflow.models.tensor.Precision;
import io.capoflow.pipelines.training.RunProblems;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * An iteration of GRPO beside TRL's ({@code src/main/python/grpo.py}): the same model, problems in
 * the same order, responses, optimizer steps, objective and precision, in turns within one run. Our
 * side is {@code ./capoflow train}, which commits every iteration's rows and policy; TRL saves
 * nothing. Both use all processors: ours as the recipe says, TRL with so many torch threads.
 *
 * <p>An iteration's time is by the clock from its predecessor's end to its own, with the process
 * held in between ({@link PausedProcess}), so nothing is left out. Measurements on held-out
 * problems are before the first iteration and after the last, and neither is timed: the first
 * iterations warm both sides up.
 *
 * <pre>{@code
 * benchmarks/run IterationBesideTrl tiny 5 trl/bin/python
 * BENCHMARK_MODEL=checkpoints/SmolLM2-135M-Instruct benchmarks/run IterationBesideTrl smollm2 3 trl/bin/python bf16
 * }</pre>
 */
public final class IterationBesideTrl {
  private static final List<String> PACKAGES =
      List.of("torch", "transformers", "trl==1.16.0", "peft", "datasets");

  private IterationBesideTrl() {}

  /** What is trained. */
  private enum Work {
    /** The arithmetic world's policy: 64 problems of 8 responses, 8 steps. */
    TINY("recipes/arithmetic-grpo.yaml", true, 2),
    /** A published model with an adapter: 4 problems of 4 responses, 2 steps. */
    SMOLLM2("benchmarks/src/main/recipes/smollm2.yaml", false, 1),
    /** The same with all weights trained. */
    SMOLLM2_FULL("benchmarks/src/main/recipes/smollm2.yaml", false, 1);

    private final String recipe;
    private final boolean boxed;
    private final int warmUp;

    /**
     * @param boxed whether the answer is in a box, or is the last number of the response
     * @param warmUp iterations of each side that are not counted
     */
    Work(String recipe, boolean boxed, int warmUp) {
      this.recipe = recipe;
      this.boxed = boxed;
      this.warmUp = warmUp;
    }

    static Work named(String name) {
      return switch (name) {
        case "tiny" -> TINY;
        case "smollm2" -> SMOLLM2;
        case "smollm2-full" -> SMOLLM2_FULL;
        default -> throw new UserMistake("tiny, smollm2 or smollm2-full, not " + name);
      };
    }
  }

  /**
   * What an iteration did.
   *
   * @param tokens of its responses
   * @param promptTokens of its prompts, once for each response
   * @param sampling seconds in which responses were sampled
   * @param learning all other seconds: log-probabilities, updates and what lies between
   */
  private record Iteration(
      Turn turn, double tokens, double promptTokens, double sampling, double learning) {}

  /**
   * Prints both sides' seconds by round, then medians, ratios and what each did.
   *
   * @param arguments tiny, smollm2 or smollm2-full; rounds, 5 when left out; the Python to run, see
   *     {@link PythonInterpreter}; f32 when left out, or bf16; settings of recipe keys for our side
   */
  public static void main(String[] arguments) throws IOException {
    try {
      compare(arguments);
    } catch (UserMistake mistake) {
      System.err.println(mistake.getMessage());
      System.exit(2);
    }
  }

  private static void compare(String[] arguments) throws IOException {
    Work work = Work.named(arguments.length > 0 ? arguments[0] : "tiny");
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
    PythonInterpreter python = PythonInterpreter.of(arguments, 2);
    python.require(PACKAGES);
    Path directory = Files.createTempDirectory("iteration-beside-trl");
    CapoflowTraining training =
        new CapoflowTraining(
            Path.of(System.getProperty(RecipeBinder.HOME_PROPERTY, ".")),
            work.recipe,
            directory.resolve("run"),
            work.warmUp + rounds,
            settings(work, directory, arguments));
    TrainingRecipe recipe = training.bound();
    List<Turn> ours = new ArrayList<>();
    List<Turn> theirs = new ArrayList<>();
    List<JsonNode> told = new ArrayList<>();
    try (PausedProcess here = training.start(directory.resolve("capoflow.err"))) {
      Turn first = here.turn(CapoflowTraining::endsIteration);
      Path settings = directory.resolve("trl.json");
      Json.ONE_LINE.writeValue(
          settings.toFile(), trlSettings(work, recipe, training.run(), work.warmUp + rounds));
      try (PausedProcess there =
          new PausedProcess(
              "TRL",
              python.command("grpo.py", settings.toString()),
              Map.of("OMP_WAIT_POLICY", "PASSIVE", "TOKENIZERS_PARALLELISM", "false"),
              directory.resolve("trl.err"))) {
        JsonNode about = Json.LENIENT.readTree(there.turn(line -> true).line());
        print(
            "%s of %s, %s: %d problems of %d responses, %d steps; there %s, %d threads",
            arguments.length > 0 ? arguments[0] : "tiny",
            work.recipe,
            recipe.policy().dtype(),
            recipe.problems().perIteration(),
            recipe.sample().rollouts(),
            steps(recipe),
            about.path("about").asText(),
            about.path("threads").asInt());
        for (int iteration = 0; iteration < work.warmUp + rounds; iteration++) {
          Turn our = iteration == 0 ? first : here.turn(CapoflowTraining::endsIteration);
          Turn their = there.turn(line -> true);
          if (iteration < work.warmUp) {
            continue;
          }
          ours.add(our);
          theirs.add(their);
          told.add(Json.LENIENT.readTree(their.line()));
          print(
              "round %d: here %.2f s, TRL %.2f s, ratio %.2f; of processors %.2f s and %.2f s",
              iteration - work.warmUp + 1,
              our.seconds(),
              their.seconds(),
              their.seconds() / our.seconds(),
              our.processorSeconds(),
              their.processorSeconds());
        }
        here.finish();
        show(
            recipe,
            here(training, ours, work.warmUp),
            there(theirs, told),
            here.peakMebibytes(),
            there.peakMebibytes());
      }
    }
  }

  private static List<Setting> settings(Work work, Path directory, String[] arguments)
      throws IOException {
    List<Setting> settings = new ArrayList<>();
    settings.add(Setting.parse("policy.dtype=" + (arguments.length > 3 ? arguments[3] : "f32")));
    if (work != Work.TINY) {
      settings.add(Setting.parse("problems.file=" + LongAnswers.write(directory)));
      String model = System.getenv("BENCHMARK_MODEL");
      if (model != null) {
        settings.add(Setting.parse("policy.path=" + Path.of(model).toAbsolutePath()));
      }
    }
    if (work == Work.SMOLLM2_FULL) {
      settings.add(Setting.parse("lora.rank=0"));
    }
    Arrays.stream(arguments).skip(4).map(Setting::parse).forEach(settings::add);
    return settings;
  }

  private static Map<String, Object> trlSettings(
      Work work, TrainingRecipe recipe, RunDirectory run, int iterations) {
    ProblemSchedule schedule =
        new ProblemSchedule(
            RunProblems.of(run, recipe).train(), recipe.problems().perIteration(), recipe.seed());
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("policy", recipe.policy().path().toString());
    settings.put("boxed", work.boxed);
    settings.put("dtype", recipe.policy().dtype() == Precision.BF16 ? "bf16" : "f32");
    settings.put("threads", Runtime.getRuntime().availableProcessors());
    settings.put("iterations", iterations);
    settings.put("steps", steps(recipe));
    settings.put("responses", recipe.sample().rollouts());
    settings.put("responses_a_step", recipe.batch().miniBatchRollouts());
    settings.put("max_new_tokens", recipe.sample().sampling().maxNewTokens());
    settings.put("temperature", recipe.sample().sampling().temperature());
    settings.put("kl_coefficient", recipe.train().klCoefficient());
    settings.put("learning_rate", recipe.train().learningRate());
    settings.put("beta1", recipe.train().optimizer().beta1());
    settings.put("beta2", recipe.train().optimizer().beta2());
    settings.put("weight_decay", recipe.train().optimizer().weightDecay());
    settings.put("max_gradient_norm", recipe.train().optimizer().maxGradientNorm());
    if (recipe.lora().rank() > 0) {
      settings.put(
          "lora",
          Map.of(
              "rank", recipe.lora().rank(),
              "alpha", recipe.lora().alpha(),
              "targets",
                  recipe.lora().targets().stream()
                      .map(target -> target.name().toLowerCase(Locale.ROOT))
                      .toList()));
    }
    settings.put(
        "problems",
        IntStream.range(0, iterations)
            .mapToObj(schedule::problemsOf)
            .flatMap(List::stream)
            .map(IterationBesideTrl::row)
            .toList());
    return settings;
  }

  private static Map<String, Object> row(Problem problem) {
    return Map.of(
        "messages",
        problem.getPrompt().stream()
            .map(message -> Map.of("role", message.getRole(), "content", message.getContent()))
            .toList(),
        "answer",
        problem.getAnswer());
  }

  private static int steps(TrainingRecipe recipe) {
    int rollouts = recipe.problems().perIteration() * recipe.sample().rollouts();
    return rollouts / recipe.batch().miniBatchRollouts() * recipe.train().epochs();
  }

  private static List<Iteration> here(CapoflowTraining training, List<Turn> turns, int warmUp) {
    return IntStream.range(0, turns.size())
        .mapToObj(
            round -> {
              Map<String, Double> figures = training.figures(warmUp + round);
              double sampling = figures.get("seconds_sample");
              return new Iteration(
                  turns.get(round),
                  figures.get("sampled_tokens"),
                  training.promptTokens(warmUp + round),
                  sampling,
                  turns.get(round).seconds() - sampling);
            })
        .toList();
  }

  private static List<Iteration> there(List<Turn> turns, List<JsonNode> told) {
    return IntStream.range(0, turns.size())
        .mapToObj(
            round -> {
              JsonNode line = told.get(round);
              double sampling = line.path("seconds_sample").asDouble();
              return new Iteration(
                  turns.get(round),
                  line.path("tokens").asDouble(),
                  line.path("prompt_tokens").asDouble(),
                  sampling,
                  turns.get(round).seconds() - sampling);
            })
        .toList();
  }

  private static void show(
      TrainingRecipe recipe,
      List<Iteration> ours,
      List<Iteration> theirs,
      long ourPeak,
      long theirPeak) {
    show("by the clock", ours, theirs, iteration -> iteration.turn().seconds());
    show(
        "by the clock, a response token",
        ours,
        theirs,
        iteration -> iteration.turn().seconds() / iteration.tokens());
    show(
        "by the time of processors",
        ours,
        theirs,
        iteration -> iteration.turn().processorSeconds());
    show("sampling, a response token", ours, theirs, i -> i.sampling() / i.tokens());
    show("the rest, a response token", ours, theirs, i -> i.learning() / i.tokens());
    print("%s", side("here", recipe, ours, ourPeak));
    print("%s", side("TRL", recipe, theirs, theirPeak));
  }

  private static void show(
      String what, List<Iteration> ours, List<Iteration> theirs, ToDoubleFunction<Iteration> cost) {
    Spread ratio =
        Spread.of(
            IntStream.range(0, ours.size())
                .mapToObj(i -> cost.applyAsDouble(theirs.get(i)) / cost.applyAsDouble(ours.get(i)))
                .toList());
    print("ratio %s, %s", ratio.text("%.2f"), what);
  }

  private static String side(
      String name, TrainingRecipe recipe, List<Iteration> iterations, long peakMebibytes) {
    return String.format(
        Locale.ROOT,
        "%s: %s s an iteration; %,.0f prompt and %,.0f response tokens, %,.0f a step; sampling %,.0f"
            + " tokens/s, the rest %,.0f tokens/s; peak resident %,d MiB",
        name,
        median(iterations, iteration -> iteration.turn().seconds()).text("%.2f"),
        median(iterations, Iteration::promptTokens).median(),
        median(iterations, Iteration::tokens).median(),
        median(iterations, Iteration::tokens).median() / steps(recipe),
        median(iterations, i -> i.tokens() / i.sampling()).median(),
        median(iterations, i -> i.tokens() / i.learning()).median(),
        peakMebibytes);
  }

  private static Spread median(List<Iteration> iterations, ToDoubleFunction<Iteration> figure) {
    return Spread.of(iterations.stream().map(figure::applyAsDouble).toList());
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
