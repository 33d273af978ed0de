package io.capoflow.pipelines.integrity;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.KeptFile;
import io.capoflow.transforms.storage.Links;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.SetAside;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageProof;
import io.capoflow.transforms.storage.StageRepair;
import io.capoflow.transforms.storage.Trees;
import io.capoflow.transforms.train.StartingPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * A run directory in a run directory, in which what is lost is computed again. It has the run's
 * name, which is in the rows, and holds what is whole by links. It is gone once this is closed.
 */
final class Scratch implements AutoCloseable {
  private static final String FOLDER = ".repair";

  private final RunDirectory run;
  private final RunDirectory scratch;

  private Scratch(RunDirectory run, RunDirectory scratch) {
    this.run = run;
    this.scratch = scratch;
  }

  /** A fresh one, in place of what a killed repair left. */
  static Scratch of(RunDirectory run) {
    Path folder = run.root().resolve(FOLDER);
    Trees.delete(folder);
    Scratch scratch =
        new Scratch(run, RunDirectory.at(folder.resolve(run.root().getFileName().toString())));
    scratch.linkFile(run.run(), scratch.scratch.run());
    scratch.linkFile(run.recipe(), scratch.scratch.recipe());
    return scratch;
  }

  RunDirectory directory() {
    return scratch;
  }

  void linkProblems() {
    linkFile(run.rejectedProblems(), scratch.rejectedProblems());
    linkFile(run.heldOutProblems(), scratch.heldOutProblems());
    linkFile(run.trainingProblems(), scratch.trainingProblems());
  }

  /** Takes a file of problems that was made again, where it is the recorded one. */
  void takeProblems(Path file, KeptFile recorded, SetAside aside) {
    Path made = scratch.root().resolve(run.nameOf(file));
    try {
      if (recorded == null || !recorded.sha256().equals(Digests.ofFile(made))) {
        throw new UserMistake(
            "%s: made again, it is not what was recorded: take it from a copy of the run"
                .formatted(file));
      }
      Files.createDirectories(file.getParent());
      Path draft = file.resolveSibling("." + file.getFileName() + ".tmp");
      Files.copy(made, draft, StandardCopyOption.REPLACE_EXISTING);
      aside.take(file);
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot restore " + file, e);
    }
  }

  void start(Path checkpoint) {
    StartingPolicy.commit(scratch.policies(), checkpoint);
  }

  /** Links a version of the run, unless it is here. */
  void link(int version) {
    Path target = scratch.policies().directory(version);
    if (Files.exists(target)) {
      return;
    }
    try {
      Links.linkTree(run.policies().directory(version), target);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot link " + target, e);
    }
  }

  /** Forgets a version: the run's own is linked when it is needed again. */
  void forget(int version) {
    Trees.delete(scratch.policies().directory(version));
  }

  void linkStages(RunProof proof, int iteration, List<? extends Stage<?>> stages) {
    for (Stage<?> stage : stages) {
      String name = RunDirectory.digestName(iteration, stage);
      link(proof, name, stage, scratch.stage(iteration, stage));
    }
  }

  void linkEvaluation(RunProof proof, int version) {
    RunDirectory.evaluationNames(version)
        .forEach((name, stage) -> link(proof, name, stage, scratch.root().resolve(name)));
  }

  private static void link(RunProof proof, String name, Stage<?> stage, Path folder) {
    StageProof whole = proof.stages().get(name);
    new StageRepair(whole, stage, proof.recordedDigest(name)).linkTo(folder);
  }

  private void linkFile(Path file, Path name) {
    try {
      // Older runs lack some.
      if (Files.exists(file)) {
        Links.link(file, name);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot link " + file, e);
    }
  }

  @Override
  public void close() {
    Trees.delete(scratch.root().getParent());
  }
}
