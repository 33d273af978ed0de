package io.capoflow.pipelines.integrity;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.training.RunContent;
import io.capoflow.transforms.storage.Flaw;
import io.capoflow.transforms.storage.PolicyStore;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.StageProof;
import io.capoflow.transforms.train.PolicyProof;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the bytes of a run prove.
 *
 * @param policies by version
 * @param stages by the names of their digests, those of measurements included
 * @param digests recomputed from the bytes, by their fixed names; without those of what is damaged
 * @param flaws in the order of the run
 * @param mendable what of it could be computed again
 * @param shape what should be there
 */
public record RunProof(
    RunDirectory run,
    SortedMap<Integer, PolicyProof> policies,
    SortedMap<String, StageProof> stages,
    SortedMap<String, String> digests,
    List<Flaw> flaws,
    Mendable mendable,
    RunShape shape) {
  public RunProof {
    requireNonNull(mendable, "mendable");
    requireNonNull(shape, "shape");
    requireNonNull(run, "run");
    policies = Collections.unmodifiableSortedMap(new TreeMap<>(policies));
    stages = Collections.unmodifiableSortedMap(new TreeMap<>(stages));
    digests = Collections.unmodifiableSortedMap(new TreeMap<>(digests));
    flaws = List.copyOf(flaws);
  }

  /** Whether everything is as recorded, as far as there are records. */
  public boolean isWhole() {
    return flaws.stream().noneMatch(Flaw::isDamage);
  }

  /** What restores the run from one of its flaws. */
  public Mend mend(Flaw flaw) {
    return switch (flaw.kind()) {
      case UNPROVEN -> Mend.NONE;
      case EXTRA -> Mend.SET_ASIDE;
      case DAMAGED, MISSING ->
          isDroppable(flaw.file())
              ? Mend.SET_ASIDE
              : shape.isOpen(flaw.file())
                  ? Mend.GO_ON
                  : mendable.restores(run, flaw.file()) ? Mend.RECOMPUTE : Mend.RESTORE;
    };
  }

  /** Training goes on from the last version: the optimizer state of others is kept for comfort. */
  private boolean isDroppable(Path file) {
    return file.getFileName().toString().equals(PolicyStore.optimizerFile())
        && !policies.isEmpty()
        && !file.startsWith(run.policies().directory(policies.lastKey()));
  }

  /** A file without which nothing can be computed again, and that no computation restores. */
  public Optional<Path> unmendable() {
    return flaws.stream()
        .filter(flaw -> flaw.isDamage() && mend(flaw) == Mend.RESTORE)
        .map(Flaw::file)
        .filter(file -> file.equals(run.run()) || file.equals(run.recipe()))
        .findFirst();
  }

  /** A flaw's file, by its path in the run. */
  public String place(Flaw flaw) {
    return run.nameOf(flaw.file());
  }

  /** What the run recorded of its content. */
  RunContent content() {
    return shape.content();
  }

  /** The digest that is recorded under a name, apart from what it is of. */
  Optional<String> recordedDigest(String name) {
    return shape.recordedDigest(name);
  }
}
