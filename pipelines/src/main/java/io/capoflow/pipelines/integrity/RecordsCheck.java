package io.capoflow.pipelines.integrity;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.metrics.MetricsFile;
import io.capoflow.pipelines.metrics.RunSummary;
import io.capoflow.pipelines.training.RunContent;
import io.capoflow.pipelines.training.RunRecord;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.IterationMetrics;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.Flaw;
import io.capoflow.transforms.storage.JsonFiles;
import io.capoflow.transforms.storage.KeptFile;
import io.capoflow.transforms.storage.ParquetRows;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.SelfChecked;
import io.capoflow.transforms.storage.StageProof;
import io.capoflow.transforms.train.PolicyProof;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;

/** Proves the files of a run that lie beside its iterations and policies. For one use. */
final class RecordsCheck {
  private final RunDirectory run;
  private final LongConsumer progress;
  private Optional<TrainingRecipe> recipe = Optional.empty();
  private RunContent content = RunContent.NONE;
  private Optional<RunSummary> summary = Optional.empty();
  private List<IterationMetrics> metrics = List.of();

  RecordsCheck(RunDirectory run, LongConsumer progress) {
    this.run = requireNonNull(run, "run");
    this.progress = requireNonNull(progress, "progress");
  }

  /** Reads and proves the records themselves. */
  List<Flaw> look() {
    List<Flaw> flaws = new ArrayList<>();
    record(flaws);
    recipe(flaws);
    problems(flaws);
    if (Files.exists(run.metrics())) {
      readable(run.metrics(), flaws, () -> metrics = new MetricsFile(run.metrics(), "").rows());
    }
    if (Files.exists(run.summary())) {
      readable(run.summary(), flaws, () -> summary = Optional.of(RunSummary.read(run.summary())));
    }
    return flaws;
  }

  /** What should be there, by the records that {@link #look} read. */
  RunShape shape() {
    return new RunShape(run, recipe, content, summary, metrics);
  }

  private void record(List<Flaw> flaws) {
    if (!Files.exists(run.run())) {
      flaws.add(Flaw.missing(run.run(), "the run's record is gone"));
      return;
    }
    readable(
        run.run(),
        flaws,
        () -> {
          RunContent recorded = RunRecord.content(run);
          switch (RunRecord.checksum(run)) {
            case HOLDS -> content = recorded;
            case BROKEN -> flaws.add(Flaw.damaged(run.run(), "it is not as it was written"));
            case NOT_RECORDED ->
                flaws.add(
                    Flaw.unproven(
                        run.run(),
                        "an earlier version of CapoFlow made the run: its recipe, problems and"
                            + " record cannot be proven"));
          }
        });
  }

  private void recipe(List<Flaw> flaws) {
    if (!Files.exists(run.recipe())) {
      flaws.add(Flaw.missing(run.recipe(), "the run's recipe is gone"));
      return;
    }
    if (!content.recipeSha256().isEmpty()) {
      sha256(run.recipe(), content.recipeSha256(), flaws);
    }
    readable(
        run.recipe(),
        flaws,
        () ->
            recipe =
                Optional.of(
                    RecipeBinder.of(TrainingRecipe.class).readKept(run.recipe()).settings()));
  }

  private void problems(List<Flaw> flaws) {
    content.files().forEach((name, kept) -> kept(run.root().resolve(name), kept, flaws));
    if (content.files().isEmpty()) {
      for (Path file : List.of(run.trainingProblems(), run.heldOutProblems())) {
        readable(file, flaws, () -> rows(file));
      }
    }
  }

  private void kept(Path file, KeptFile kept, List<Flaw> flaws) {
    int before = flaws.size();
    sha256(file, kept.sha256(), flaws);
    if (flaws.size() == before) {
      readable(
          file,
          flaws,
          () -> {
            List<String> rows = rows(file);
            if (rows.size() != kept.rows() || !Digests.ofRowDigests(rows).equals(kept.digest())) {
              flaws.add(Flaw.damaged(file, "its rows are others than recorded"));
            }
          });
    }
  }

  private List<String> rows(Path file) {
    try {
      List<String> rows = ParquetRows.digests(file).rowDigests();
      RunCheck.size(file).ifPresent(progress::accept);
      return rows;
    } catch (IOException e) {
      throw new UserMistake(file + " cannot be read (" + e + ")", e);
    }
  }

  private static void sha256(Path file, String recorded, List<Flaw> flaws) {
    try {
      String found = Digests.ofFile(file);
      if (!found.equals(recorded)) {
        flaws.add(Flaw.damaged(file, "its SHA-256 is %s, recorded %s".formatted(found, recorded)));
      }
    } catch (java.nio.file.NoSuchFileException e) {
      flaws.add(Flaw.missing(file, "the file is gone"));
    } catch (IOException e) {
      flaws.add(Flaw.damaged(file, "it cannot be read (" + e.getMessage() + ")"));
    }
  }

  private static void readable(Path file, List<Flaw> flaws, Runnable reading) {
    try {
      reading.run();
    } catch (UserMistake unreadable) {
      flaws.add(
          Files.exists(file)
              ? Flaw.damaged(file, "it cannot be read")
              : Flaw.missing(file, "the file is gone"));
    }
  }

  /** What could be computed again, by the records that {@link #look} read. */
  Mendable mendable() {
    return Mendable.of(recipe, content);
  }

  /** Holds figures and summary to what the content is. */
  List<Flaw> lookAt(
      SortedMap<Integer, PolicyProof> policies, SortedMap<String, StageProof> stages) {
    List<Flaw> flaws = new ArrayList<>();
    figures(policies, stages, flaws);
    summary.ifPresent(closing -> summary(closing, flaws));
    return flaws;
  }

  private void figures(
      SortedMap<Integer, PolicyProof> policies,
      SortedMap<String, StageProof> stages,
      List<Flaw> flaws) {
    Map<Integer, List<IterationMetrics>> byIteration =
        metrics.stream()
            .filter(row -> !row.getName().startsWith(MetricsFile.HELD_OUT))
            .collect(Collectors.groupingBy(IterationMetrics::getIteration));
    if (metrics.isEmpty() && flaws.isEmpty() && !stages.isEmpty() && !Files.exists(run.metrics())) {
      if (shape().committed() > 0) {
        flaws.add(Flaw.missing(run.metrics(), "the figures of the run are gone"));
      }
      return;
    }
    for (Map.Entry<Integer, List<IterationMetrics>> iteration : byIteration.entrySet()) {
      Optional.ofNullable(policies.get(iteration.getKey() + 1))
          .flatMap(PolicyProof::state)
          .ifPresent(
              state -> {
                for (IterationMetrics row : iteration.getValue()) {
                  Double trained = state.statistics().get(row.getName());
                  if (trained != null && Double.compare(trained, row.getValue()) != 0) {
                    flaws.add(
                        Flaw.damaged(
                            run.metrics(),
                            "%s of iteration %d is %s, the update recorded %s"
                                .formatted(
                                    row.getName(), iteration.getKey(), row.getValue(), trained)));
                  }
                }
              });
    }
  }

  private void summary(RunSummary closing, List<Flaw> flaws) {
    metrics.stream()
        .filter(row -> row.getIteration() == closing.iterations())
        .filter(row -> row.getName().equals(MetricsFile.HELD_OUT + "accuracy"))
        .filter(row -> Double.compare(row.getValue(), closing.greedyAfter().rightShare()) != 0)
        .forEach(
            row ->
                flaws.add(
                    Flaw.damaged(
                        run.summary(),
                        "accuracy_after is %s, measured was %s"
                            .formatted(closing.greedyAfter().rightShare(), row.getValue()))));
    if (JsonFiles.checksum(run.summary(), "checksum") == SelfChecked.BROKEN) {
      flaws.add(Flaw.damaged(run.summary(), "it is not as it was written"));
    }
  }
}
