package io.capoflow.pipelines.integrity;

import static java.util.Objects.requireNonNull;

import io.capoflow.transforms.storage.Flaw;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageCheck;
import io.capoflow.transforms.storage.StageProof;
import io.capoflow.transforms.storage.TrainerState;
import io.capoflow.transforms.storage.Trees;
import io.capoflow.transforms.train.PolicyCheck;
import io.capoflow.transforms.train.PolicyProof;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.function.LongConsumer;
import java.util.stream.Stream;

/**
 * Computes every digest of a run anew from its bytes, and holds the run's records to them: those
 * beside the content, and those in {@code run.json} and {@code summary.json}. Changes nothing; may
 * be run beside a driver.
 */
public final class RunCheck {
  private final RunDirectory run;
  private final int threads;
  private final LongConsumer progress;

  /**
   * A check of a run.
   *
   * @param threads that read and compute
   * @param progress is told the bytes of each file that was read, from any thread; {@link #bytes}
   *     of them in all
   */
  public RunCheck(RunDirectory run, int threads, LongConsumer progress) {
    this.run = requireNonNull(run, "run");
    this.threads = threads;
    this.progress = requireNonNull(progress, "progress");
  }

  /** Bytes that a check of a run reads: its rows and its policies. */
  public static long bytes(RunDirectory run) {
    return Stream.of("policy", "iterations", "evaluation", "problems")
        .map(run.root()::resolve)
        .filter(Files::isDirectory)
        .mapToLong(RunCheck::bytes)
        .sum();
  }

  private static long bytes(Path folder) {
    try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return files.filter(file -> !file.toString().endsWith(".json")).mapToLong(Trees::bytes).sum();
    } catch (UncheckedIOException | IOException e) {
      // A driver may take a file away while the folders are listed: progress is a guess then.
      return 0;
    }
  }

  /** Looks at the whole run. */
  public RunProof look() {
    ForkJoinPool pool = new ForkJoinPool(threads);
    try {
      return pool.submit(this::lookNow).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while checking " + run.root(), e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException failure
          ? failure
          : new IllegalStateException("cannot check " + run.root(), e.getCause());
    } finally {
      pool.shutdownNow();
    }
  }

  private RunProof lookNow() {
    RecordsCheck records = new RecordsCheck(run, progress);
    List<Flaw> flaws = new ArrayList<>(records.look());
    RunShape shape = records.shape();
    SortedMap<Integer, PolicyProof> policies = policies(shape);
    SortedMap<String, StageProof> stages = new TreeMap<>();
    places(shape).parallelStream()
        .map(place -> new Proven(place, place.check(progress)))
        .toList()
        .forEach(proven -> stages.put(proven.place().name(), proven.proof()));
    policies.replaceAll(
        (version, policy) ->
            ofAnotherRun(shape, RunDirectory.policyName(version), digest(policy))
                .or(
                    () ->
                        ofAnotherRun(
                            shape,
                            RunDirectory.policyFilesName(version),
                            policy.state().flatMap(TrainerState::filesDigest)))
                .map(found -> policy.with(Flaw.damaged(run.policies().directory(version), found)))
                .orElse(policy));
    stages.replaceAll(
        (name, stage) ->
            ofAnotherRun(shape, name, digest(stage))
                .map(found -> stage.with(Flaw.damaged(stage.directory(), found)))
                .orElse(stage));
    policies.values().forEach(policy -> flaws.addAll(policy.flaws()));
    stages.values().forEach(stage -> flaws.addAll(stage.flaws()));
    flaws.addAll(records.lookAt(policies, stages));
    return new RunProof(
        run, policies, stages, digests(policies, stages), flaws, records.mendable(), shape);
  }

  private SortedMap<Integer, PolicyProof> policies(RunShape shape) {
    PolicyCheck check = new PolicyCheck(run.policies(), progress);
    SortedMap<Integer, PolicyProof> policies = new TreeMap<>();
    shape.versions().parallelStream()
        .map(version -> check.look(version, () -> isNewest(version)))
        .toList()
        .forEach(proof -> policies.put(proof.version(), proof));
    return policies;
  }

  /** Training goes on from the newest version alone: of others the optimizer state may go. */
  private boolean isNewest(int version) {
    List<Integer> versions = run.policies().folders();
    return versions.stream().allMatch(other -> other <= version);
  }

  private record Place(String name, Path directory, boolean closed) {
    StageProof check(LongConsumer progress) {
      return new StageCheck(directory, closed, progress).look();
    }
  }

  private record Proven(Place place, StageProof proof) {}

  private List<Place> places(RunShape shape) {
    List<Place> places = new ArrayList<>();
    for (int iteration : shape.iterations()) {
      for (Stage<?> stage : shape.stages()) {
        places.add(
            new Place(
                RunDirectory.digestName(iteration, stage),
                run.stage(iteration, stage),
                shape.isClosed(iteration, stage)));
      }
    }
    for (int version : shape.evaluations()) {
      for (String name : RunDirectory.evaluationNames(version).keySet()) {
        places.add(new Place(name, run.root().resolve(name), shape.isClosed(version, name)));
      }
    }
    return places;
  }

  private static SortedMap<String, String> digests(
      SortedMap<Integer, PolicyProof> policies, SortedMap<String, StageProof> stages) {
    SortedMap<String, String> digests = new TreeMap<>();
    policies.forEach(
        (version, policy) ->
            digest(policy)
                .ifPresent(digest -> digests.put(RunDirectory.policyName(version), digest)));
    stages.forEach((name, stage) -> digest(stage).ifPresent(digest -> digests.put(name, digest)));
    return digests;
  }

  private static Optional<String> digest(PolicyProof policy) {
    return policy.state().filter(state -> policy.isProven()).map(state -> state.lineage().digest());
  }

  private static Optional<String> digest(StageProof stage) {
    return stage.manifest().flatMap(complete -> stage.digest());
  }

  /** Content that agrees with itself may still not be what the run recorded of it elsewhere. */
  private static Optional<String> ofAnotherRun(
      RunShape shape, String name, Optional<String> digest) {
    Optional<String> recorded = shape.recordedDigest(name);
    return digest
        .filter(found -> recorded.isPresent() && !recorded.get().equals(found))
        .map(
            found ->
                "its digest is %s, the run recorded %s".formatted(found, recorded.orElseThrow()));
  }

  static Optional<Long> size(Path file) {
    try {
      return Optional.of(Files.size(file));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }
}
