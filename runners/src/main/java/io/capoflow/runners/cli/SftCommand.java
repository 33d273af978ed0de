package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.tensor.Torch;
import io.capoflow.pipelines.sft.SupervisedWarmStart;
import io.capoflow.pipelines.sft.WarmStartProgress;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.recipe.SftRecipe;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Teaches a model by example, as the shipped weights were made. */
@Command(
    name = "sft",
    description =
        "The supervised warm start: teaches a model by example and writes a Hugging Face"
            + " checkpoint. The shipped weights were made by it.",
    mixinStandardHelpOptions = true,
    footerHeading = "%n",
    footer = {
      "Examples:",
      "  capoflow sft recipes/sft-arithmetic-policy.yaml --output weights/my-policy",
      "  capoflow sft recipes/sft-arithmetic-policy.yaml --set train.steps=300 --output quick",
      "  capoflow sft recipes/sft-arithmetic-policy.yaml --set torch.numerics=portable --output same",
      "  capoflow sft my-critic.yaml --set lessons.course=file --set lessons.file=a.jsonl --output b"
    })
final class SftCommand implements Callable<Integer>, RecipeReader {
  private static final int LINES = 20;

  private final Terminal terminal;

  @Parameters(index = "0", paramLabel = "RECIPE", description = "A YAML file.")
  private Path recipe;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "Directory of the checkpoint, written over if it exists.")
  private Path output;

  @Mixin private RecipeSettingOptions set;

  SftCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public String keys() {
    return RecipeBinder.of(SftRecipe.class).help().text();
  }

  @Override
  public Integer call() {
    BoundRecipe<SftRecipe> bound = RecipeBinder.of(SftRecipe.class).load(recipe, set.settings());
    Output.prepare("--output", output.resolve("config.json"));
    Torch.use(bound.settings().torch().settings());
    long start = System.nanoTime();
    SupervisedWarmStart.run(bound.settings(), output, progress -> show(progress, start));
    terminal.line("written to " + Terminal.safe(output.toString()));
    return 0;
  }

  private void show(WarmStartProgress progress, long start) {
    String line =
        String.format(
            Locale.ROOT,
            "step %d of %d  loss %.4f  learning rate %.2e  %.0f s",
            progress.step(),
            progress.steps(),
            progress.loss(),
            progress.learningRate(),
            (System.nanoTime() - start) / 1e9);
    boolean kept =
        progress.step() == progress.steps()
            || progress.step() % Math.max(1, progress.steps() / LINES) == 0;
    if (kept) {
      terminal.line(line);
    } else {
      terminal.passing(line);
    }
  }
}
