package io.capoflow.pipelines.integrity;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.steps.StepSplitter;
import io.capoflow.models.steps.StepSplitters;
import io.capoflow.pipelines.metrics.MetricsFile;
import io.capoflow.pipelines.metrics.RunSummary;
import io.capoflow.pipelines.training.RunContent;
import io.capoflow.pipelines.training.RunRecord;
import io.capoflow.pipelines.training.SessionFacts;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.IterationMetrics;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.Flaw;
import io.capoflow.transforms.storage.KeptFile;
import io.capoflow.transforms.storage.ParquetRows;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.SelfChecked;
import io.capoflow.transforms.storage.StageProof;
import io.capoflow.transforms.train.PolicyProof;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.LongConsumer;

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
      readable(
          run.summary(),
          flaws,
          () -> {
            RunSummary closing = RunSummary.read(run.summary());
            if (RunSummary.checksum(run.summary()) == SelfChecked.BROKEN) {
              flaws.add(Flaw.damaged(run.summary(), "it is not as it was written"));
            } else {
              summary = Optional.of(closing);
            }
          });
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
    readable(
        run.recipe(),
        flaws,
        () -> {
          BoundRecipe<TrainingRecipe> kept =
              RecipeBinder.of(TrainingRecipe.class).readKept(run.recipe());
          recipe = Optional.of(kept.settings());
          // A session that was killed before it wrote the record has written the recipe.
          if (!content.recipeSha256().isEmpty()
              && !kept.digest().equals(RunRecord.recipeDigest(run))) {
            sha256(run.recipe(), content.recipeSha256(), flaws);
          }
        });
  }

  private void problems(List<Flaw> flaws) {
    content.files().forEach((name, kept) -> kept(run.root().resolve(name), kept, flaws));
    if (content.files().isEmpty() && shape().hasBegun()) {
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
    } catch (NoSuchFileException e) {
      flaws.add(Flaw.missing(file, "the file is gone"));
    } catch (IOException e) {
      flaws.add(Flaw.damaged(file, "it cannot be read (" + e.getMessage() + ")"));
    }
  }

  private static void readable(Path file, List<Flaw> flaws, Runnable reading) {
    try {
      reading.run();
    } catch (UserMistake | UncheckedIOException unreadable) {
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
    if (!Files.exists(run.summary()) && shape().isMeasuredToItsEnd()) {
      flaws.add(Flaw.missing(run.summary(), "the run came to its end, and its summary is gone"));
    }
    return flaws;
  }

  private void figures(
      SortedMap<Integer, PolicyProof> policies,
      SortedMap<String, StageProof> stages,
      List<Flaw> flaws) {
    if (Files.exists(run.metrics())) {
      flaws.addAll(new FiguresCheck(run, splitter(), metrics).look(policies, stages));
    } else if (shape().committed() > 0) {
      flaws.add(Flaw.missing(run.metrics(), "the figures of the run are gone"));
    }
  }

  /** None where another program made the figures, which may define them otherwise. */
  private Optional<StepSplitter> splitter() {
    try {
      return content.digests().isEmpty() || !SessionFacts.areOfThisProgram(run)
          ? Optional.empty()
          : recipe.map(settings -> StepSplitters.named(settings.critique().splitter()));
    } catch (UserMistake notLoaded) {
      return Optional.empty();
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
  }
}
