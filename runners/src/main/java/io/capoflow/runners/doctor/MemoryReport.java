package io.capoflow.runners.doctor;

import static java.util.Objects.requireNonNull;

import ai.djl.engine.EngineException;
import io.capoflow.models.tensor.DeviceMemory;
import io.capoflow.pipelines.memory.PromptLengths;
import io.capoflow.pipelines.memory.RecipeMemory;
import io.capoflow.pipelines.memory.RecipeMemory.Phase;
import io.capoflow.pipelines.training.CoreUse;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A recipe's memory estimate beside what its devices have, and who uses which cores. Immutable. */
public final class MemoryReport {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryReport.class);
  private static final String ROW = "  %-9s %-8s %9s %10s %9s %12s %9s";
  private static final long MEBIBYTE = 1L << 20;

  private final List<String> lines;
  private final boolean fits;

  private MemoryReport(List<String> lines, boolean fits) {
    this.lines = List.copyOf(lines);
    this.fits = fits;
  }

  /**
   * Estimates for this machine. An engine that cannot be loaded is said, not thrown: the checks
   * beside the estimate say why.
   *
   * @throws io.capoflow.schemas.UserMistake when recipe, checkpoint or problems cannot be read
   */
  public static MemoryReport of(Path file, List<Setting> overrides) {
    TrainingRecipe recipe = RecipeBinder.of(TrainingRecipe.class).load(file, overrides).settings();
    try {
      MemoryReport memory =
          of(
              file,
              RecipeMemory.of(recipe, PromptLengths.measure(recipe)),
              DeviceMemory::find,
              Runtime.getRuntime().maxMemory());
      List<String> lines = new ArrayList<>(memory.lines());
      lines.add(CoreUse.of(recipe));
      return new MemoryReport(lines, memory.fits());
    } catch (EngineException | LinkageError e) {
      LOG.error("no estimate of {}", file, e);
      return new MemoryReport(
          List.of("", "memory of %s: no estimate, since PyTorch cannot be loaded".formatted(file)),
          false);
    }
  }

  /**
   * Puts an estimate beside what there is.
   *
   * @param there memory of a device; empty where there is no such device
   * @param heap most that Java's heap may take, in bytes
   */
  static MemoryReport of(
      Path file, RecipeMemory memory, Function<String, Optional<DeviceMemory>> there, long heap) {
    requireNonNull(file, "file");
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add(
        "memory of %s, estimated for prompts of up to %,d tokens, critics' of %,d and the response"
            .formatted(file, memory.lengths().prompt(), memory.lengths().critique()));
    lines.add(
        ROW.formatted("phase", "device", "weights", "optimizer", "cache", "activations", "in all"));
    for (Phase phase : memory.phases()) {
      lines.add(
          ROW.formatted(
              name(phase),
              phase.device(),
              size(phase.weights()),
              size(phase.optimizer()),
              size(phase.cache()),
              size(phase.activations()),
              size(phase.total())));
    }
    boolean fits = true;
    for (String device : memory.phases().stream().map(Phase::device).distinct().toList()) {
      Optional<DeviceMemory> found = there.apply(device);
      long free = found.map(DeviceMemory::free).orElse(0L);
      fits &= memory.peak(device).orElseThrow().total() <= free;
      lines.add(verdict(memory.peak(device).orElseThrow(), found));
      if (found.isPresent()) {
        memory.phases().stream()
            .filter(phase -> phase.device().equals(device) && phase.total() > free)
            .forEach(phase -> lines.add("  " + cure(phase, free)));
      }
    }
    fits &= memory.heap() <= heap;
    lines.add(heapVerdict(memory.heap(), heap));
    return new MemoryReport(lines, fits);
  }

  /** As they are to be shown. */
  public List<String> lines() {
    return lines;
  }

  /** Whether every phase fits into what its device has free now. */
  public boolean fits() {
    return fits;
  }

  private static String verdict(Phase peak, Optional<DeviceMemory> found) {
    String needed =
        "%s: %s at the peak (%s)".formatted(peak.device(), size(peak.total()), name(peak));
    return found
        .map(
            memory ->
                "%s of %s free, %s in all: %s"
                    .formatted(
                        needed,
                        size(memory.free()),
                        size(memory.total()),
                        peak.total() <= memory.free() ? "fits" : "does not fit"))
        .orElse(needed + ", but there is no such device here");
  }

  private static String cure(Phase phase, long free) {
    if (phase.fixed() > free) {
      return "%s: weights and optimizer alone take %s: take a smaller model or a larger device"
          .formatted(name(phase), size(phase.fixed()));
    }
    return "%s: lower %s"
        .formatted(
            name(phase),
            switch (phase.activity()) {
              case EVALUATE -> "evaluate.samples, sample.max_new_tokens or execution.parallelism";
              case SAMPLE -> "sample.max_rows, sample.max_new_tokens or execution.parallelism";
              case CRITIQUE ->
                  "critique.max_rows, critique.max_new_tokens or execution.parallelism";
              case SCORE ->
                  "batch.part_tokens, train.logit_tokens, sample.max_new_tokens or"
                      + " execution.parallelism";
              case TRAIN ->
                  "batch.part_tokens, batch.tokens or train.workers (a sequence is never split: then"
                      + " sample.max_new_tokens)";
            });
  }

  private static String heapVerdict(long needed, long heap) {
    String line =
        "java heap: %s while a version is saved, of %s: ".formatted(size(needed), size(heap));
    return needed <= heap
        ? line + "fits"
        : line
            + "does not fit; set CAPOFLOW_JAVA_OPTIONS=-Xmx%dg"
                .formatted((needed + (needed >> 2)) / (1024 * MEBIBYTE) + 1);
  }

  private static String name(Phase phase) {
    return phase.activity().name().toLowerCase(Locale.ROOT);
  }

  private static String size(long bytes) {
    return bytes < 10 * MEBIBYTE
        ? String.format(Locale.ROOT, "%.1f MB", (double) bytes / MEBIBYTE)
        : MachineChecks.size(bytes);
  }
}
