package io.capoflow.transforms.train;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.Flaw;
import io.capoflow.transforms.storage.Links;
import io.capoflow.transforms.storage.PolicyStore;
import io.capoflow.transforms.storage.SetAside;
import io.capoflow.transforms.storage.TrainerState;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Restores a policy version from one that was trained again. For the driver, while it holds the
 * run's lock.
 */
public final class PolicyRepair {
  private final PolicyStore store;
  private final SetAside aside;

  public PolicyRepair(PolicyStore store, SetAside aside) {
    this.store = requireNonNull(store, "store");
    this.aside = requireNonNull(aside, "aside");
  }

  /**
   * Takes what a version lacks from the same version in another store.
   *
   * @param recordedDigest of the version, apart from its own record; empty where there is none
   * @param recordedFiles digest of the version's files, likewise, see {@link
   *     TrainerState#filesDigest}
   * @param keepsOptimizerState whether the run still needs its optimizer state
   * @throws UserMistake when what was trained is not what was recorded, or nothing was recorded;
   *     then nothing is taken
   */
  public void takeFrom(
      PolicyStore trained,
      PolicyProof proof,
      Optional<String> recordedDigest,
      Optional<String> recordedFiles,
      boolean keepsOptimizerState) {
    int version = proof.version();
    Path directory = store.directory(version);
    Path source = trained.directory(version);
    TrainerState computed = trained.find(version).orElseThrow();
    Optional<String> own = proof.state().map(state -> state.lineage().digest());
    String recorded =
        recordedDigest
            .or(() -> own)
            .orElseThrow(
                () ->
                    new UserMistake(
                        "%s: nothing records what it held, so that it cannot be restored: take the folder from a copy of the run"
                            .formatted(directory)));
    requireSame(directory, "its digest", computed.lineage().digest(), recorded);
    try {
      // A version of another run may be whole in itself.
      if (own.filter(recorded::equals).isPresent()) {
        takeFiles(source, directory, proof, computed.files(), keepsOptimizerState);
      } else {
        recordedFiles.ifPresent(
            files ->
                requireSame(
                    directory,
                    "the digest of its files",
                    computed.filesDigest().orElse(""),
                    files));
        Path draft = store.draft(version);
        Links.linkTree(source, draft);
        if (!keepsOptimizerState) {
          Files.deleteIfExists(draft.resolve(PolicyStore.optimizerFile()));
        }
        aside.take(directory);
        Files.move(draft, directory, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot restore " + directory, e);
    }
  }

  private void takeFiles(
      Path source,
      Path directory,
      PolicyProof proof,
      SortedMap<String, String> computed,
      boolean keepsOptimizerState)
      throws IOException {
    SortedMap<String, String> recorded = proof.state().orElseThrow().files();
    List<Path> lost =
        proof.flaws().stream()
            .filter(flaw -> flaw.kind() == Flaw.Kind.DAMAGED || flaw.kind() == Flaw.Kind.MISSING)
            .map(Flaw::file)
            .toList();
    // An older version's flaw is of its tensors, wherever they lie: all of its files are taken.
    List<String> names =
        lost.contains(directory)
            ? computed.keySet().stream()
                .filter(name -> keepsOptimizerState || !name.equals(PolicyStore.optimizerFile()))
                .toList()
            : lost.stream().map(file -> directory.relativize(file).toString()).toList();
    for (String name : names) {
      Optional<String> wanted = Optional.ofNullable(recorded.get(name));
      if (wanted.isPresent()) {
        requireSame(
            directory.resolve(name), "its SHA-256", computed.getOrDefault(name, ""), wanted.get());
      }
    }
    for (String name : names) {
      if (Files.exists(source.resolve(name))) {
        Path draft = directory.resolve("." + name + ".tmp");
        Files.deleteIfExists(draft);
        Links.link(source.resolve(name), draft);
        aside.take(directory.resolve(name));
        Files.move(draft, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
      }
    }
  }

  private static void requireSame(Path file, String what, String computed, String recorded) {
    if (!computed.equals(recorded)) {
      throw new UserMistake(
          "%s: trained again, %s is %s, recorded %s: this program, its libraries or this processor compute other bits than those that made the run; repair it there, or take it from a copy"
              .formatted(file, what, computed, recorded));
    }
  }
}
