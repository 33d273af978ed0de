package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.decoder.AdapterMerge;
import io.capoflow.models.tensor.ScalarType;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Makes a plain checkpoint of an adapter. */
@Command(
    name = "merge",
    description =
        "Merges a low-rank adapter into its base and writes a plain Hugging Face checkpoint: W +"
            + " scale B A for each adapted matrix, computed in float32.",
    mixinStandardHelpOptions = true,
    footerHeading = "%n",
    footer = {
      "Examples:",
      "  capoflow merge --model runs/arithmetic-lora-seed0/policy/v00012 --output merged",
      "  capoflow merge --model my-adapter --base Qwen2.5-1.5B --output merged --dtype bf16"
    })
final class MergeCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "DIR",
      description = "An adapter in PEFT's layout: a run's policy, or what PEFT saved.")
  private Path model;

  @Option(
      names = "--base",
      paramLabel = "DIR",
      description = "Its base (default: what its base_model_name_or_path names).")
  private Path base;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "DIR",
      description = "Directory of the checkpoint, which must not be there or be empty.")
  private Path output;

  @Option(
      names = "--dtype",
      paramLabel = "DTYPE",
      defaultValue = "as-stored",
      description = "Of all its tensors: f32, bf16, f16 or as-stored (default: ${DEFAULT-VALUE}).")
  private String dtype;

  MergeCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public Integer call() {
    Optional<ScalarType> wanted = scalarType();
    requireDirectory("--model", model);
    if (base != null) {
      requireDirectory("--base", base);
    }
    ModelDirectory files = base == null ? ModelDirectory.of(model) : ModelDirectory.of(model, base);
    AdapterMerge.Result result = AdapterMerge.write(files, output, wanted);
    terminal.line(
        Terminal.safe(
            "merged %d of %d tensors of %s with the adapter %s, written as %s to %s"
                .formatted(
                    result.matrices(),
                    result.tensors(),
                    files.base(),
                    model,
                    result.dtype(),
                    output)));
    return 0;
  }

  private Optional<ScalarType> scalarType() {
    return switch (dtype) {
      case "f32" -> Optional.of(ScalarType.F32);
      case "bf16" -> Optional.of(ScalarType.BF16);
      case "f16" -> Optional.of(ScalarType.F16);
      case "as-stored" -> Optional.empty();
      default ->
          throw new UserMistake(
              "--dtype " + Terminal.safe(dtype) + ": expects f32, bf16, f16 or as-stored");
    };
  }

  private static void requireDirectory(String option, Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new UserMistake(option + " " + directory + ": is no directory");
    }
  }
}
