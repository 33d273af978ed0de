package io.capoflow.transforms.train;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.models.decoder.ModelDigest;
import io.capoflow.models.lora.PeftConfig;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.Flaw;
import io.capoflow.transforms.storage.PolicyStore;
import io.capoflow.transforms.storage.SelfChecked;
import io.capoflow.transforms.storage.TrainerState;
import io.capoflow.transforms.storage.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * Proves a policy version from its bytes: each file by the SHA-256 that the version's record holds,
 * the tensors by the version's digest where the optimizer state that it covers is still there.
 * Changes nothing. Takes the same memory however large the model is. Files are read in parallel on
 * the fork-join pool that it is called from.
 */
public final class PolicyCheck {
  private final PolicyStore store;
  private final LongConsumer progress;

  /**
   * A check of versions in a store.
   *
   * @param progress is told the bytes of each file that was read, from any thread
   */
  public PolicyCheck(PolicyStore store, LongConsumer progress) {
    this.store = requireNonNull(store, "store");
    this.progress = requireNonNull(progress, "progress");
  }

  /**
   * Looks at a version that should be there.
   *
   * @param keepsOptimizerState whether the run still needs its optimizer state, asked where it is
   *     not there: older ones are dropped
   */
  public PolicyProof look(int version, BooleanSupplier keepsOptimizerState) {
    Path directory = store.directory(version);
    if (!Files.isDirectory(directory)) {
      return new PolicyProof(
          version,
          Optional.empty(),
          false,
          false,
          List.of(Flaw.missing(directory, "the folder is gone")));
    }
    List<Flaw> flaws = new ArrayList<>();
    Optional<TrainerState> state = state(version, flaws);
    boolean proven = false;
    if (state.isPresent()) {
      files(directory, state.get(), keepsOptimizerState, flaws);
      boolean computed = tensors(directory, state.get(), flaws);
      proven =
          (computed || !state.get().files().isEmpty()) && flaws.stream().noneMatch(Flaw::isDamage);
    }
    Path optimizer = directory.resolve(PolicyStore.optimizerFile());
    boolean hasOptimizer =
        Files.exists(optimizer) && flaws.stream().noneMatch(flaw -> flaw.file().equals(optimizer));
    return new PolicyProof(version, state, hasOptimizer, proven, flaws);
  }

  private Optional<TrainerState> state(int version, List<Flaw> flaws) {
    Path file = store.directory(version).resolve(PolicyStore.stateFile());
    try {
      Optional<TrainerState> state = store.find(version);
      if (state.isEmpty()) {
        flaws.add(Flaw.missing(file, "the version's record is gone"));
        return Optional.empty();
      }
      if (store.checksum(version) == SelfChecked.BROKEN) {
        flaws.add(Flaw.damaged(file, "it is not as it was written"));
        return Optional.empty();
      }
      return state;
    } catch (UserMistake unreadable) {
      flaws.add(Flaw.damaged(file, "it cannot be read"));
      return Optional.empty();
    } catch (UncheckedIOException e) {
      flaws.add(Flaw.damaged(file, "it cannot be read (" + e.getCause().getMessage() + ")"));
      return Optional.empty();
    }
  }

  private void files(
      Path directory, TrainerState state, BooleanSupplier keepsOptimizerState, List<Flaw> flaws) {
    SortedMap<String, String> recorded = state.files();
    if (recorded.isEmpty()) {
      flaws.add(
          Flaw.unproven(
              directory,
              "an earlier version of CapoFlow recorded no digests of files: configuration and"
                  + " tokenizer cannot be proven"));
      return;
    }
    flaws.addAll(
        recorded.entrySet().parallelStream()
            .map(
                entry ->
                    file(directory.resolve(entry.getKey()), entry.getValue(), keepsOptimizerState))
            .flatMap(Optional::stream)
            .toList());
    TreeSet<String> extra = new TreeSet<>(names(directory));
    extra.removeAll(recorded.keySet());
    extra.remove(PolicyStore.stateFile());
    extra.forEach(
        name ->
            flaws.add(Flaw.extra(directory.resolve(name), "the version was committed without")));
  }

  private Optional<Flaw> file(Path file, String recorded, BooleanSupplier keepsOptimizerState) {
    try {
      long bytes = Files.size(file);
      String found = Digests.ofFile(file);
      progress.accept(bytes);
      return found.equals(recorded)
          ? Optional.empty()
          : Optional.of(
              Flaw.damaged(file, "its SHA-256 is %s, recorded %s".formatted(found, recorded)));
    } catch (NoSuchFileException e) {
      boolean dropped =
          file.getFileName().toString().equals(PolicyStore.optimizerFile())
              && !keepsOptimizerState.getAsBoolean();
      return dropped ? Optional.empty() : Optional.of(Flaw.missing(file, "the file is gone"));
    } catch (IOException e) {
      return Optional.of(Flaw.damaged(file, "it cannot be read (" + e.getMessage() + ")"));
    }
  }

  /**
   * Looks at the tensors, unless a file's digest has proven them wrong already.
   *
   * @return whether their digest could be computed
   */
  private boolean tensors(Path directory, TrainerState state, List<Flaw> flaws) {
    if (flaws.stream().anyMatch(Flaw::isDamage)) {
      return false;
    }
    Path optimizer = directory.resolve(PolicyStore.optimizerFile());
    boolean isStart = state.lineage().parent().isEmpty();
    if (!isStart && !Files.exists(optimizer)) {
      optimizerDropped(directory, state, flaws);
      return false;
    }
    try {
      ModelDirectory files = ModelDirectory.of(directory);
      SortedMap<String, TensorData> memory =
          isStart
              ? Collections.unmodifiableSortedMap(new TreeMap<>())
              : Safetensors.read(optimizer);
      String digest = ModelDigest.ofTrained(files, memory);
      if (!digest.equals(state.lineage().digest())) {
        flaws.add(
            Flaw.damaged(
                directory,
                "its tensors have digest %s, recorded %s"
                    .formatted(digest, state.lineage().digest())));
      }
      if (state.files().isEmpty()) {
        progress.accept(bytes(directory));
      }
      return true;
    } catch (UserMistake unreadable) {
      if (!isStart && !Files.exists(optimizer)) {
        optimizerDropped(directory, state, flaws);
      } else if (!isForItsBase(directory, state)) {
        flaws.add(Flaw.damaged(directory, unreadable.getMessage()));
      }
    } catch (UncheckedIOException e) {
      if (!(e.getCause() instanceof NoSuchFileException) && !isForItsBase(directory, state)) {
        flaws.add(Flaw.damaged(directory, "it cannot be read (" + e.getMessage() + ")"));
      }
    }
    return false;
  }

  /** Training drops older optimizer states, and may do so while this looks. */
  private static void optimizerDropped(Path directory, TrainerState state, List<Flaw> flaws) {
    if (state.files().isEmpty()) {
      flaws.add(
          Flaw.unproven(
              directory,
              "its digest covers an optimizer state that was dropped: its weights cannot be"
                  + " proven"));
    }
  }

  /** Whether a failure is the base's: the files of an adapter itself hold what was recorded. */
  private static boolean isForItsBase(Path directory, TrainerState state) {
    return !state.files().isEmpty() && PeftConfig.isIn(directory);
  }

  private static List<String> names(Path directory) {
    try (Stream<Path> walk = Files.walk(directory)) {
      return walk.filter(Files::isRegularFile)
          .map(file -> directory.relativize(file).toString())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + directory, e);
    }
  }

  private static long bytes(Path directory) {
    return names(directory).stream().map(directory::resolve).mapToLong(Trees::bytes).sum();
  }
}
