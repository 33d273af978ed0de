package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Keys;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * The layout of a run's directory, which is also its checkpoint.
 *
 * <pre>
 * recipe.yaml  run.json  summary.json  metrics.parquet  problems-rejected.parquet
 * problems/{train,held-out}.parquet
 * policy/v00000/…
 * iteration=00003/{rollouts,verdicts,critiques,votes,credits}/shard-00012-….parquet, manifest.json
 * </pre>
 *
 * Immutable and serializable: workers carry it.
 */
public final class RunDirectory implements Serializable {
  private static final Pattern ITERATION = Pattern.compile("iteration=(\\d{5,})");

  private final String root;

  private RunDirectory(Path root) {
    this.root = root.toString();
  }

  /** The layout under this directory; touches no file. */
  public static RunDirectory at(Path root) {
    return new RunDirectory(requireNonNull(root, "root").toAbsolutePath().normalize());
  }

  /** The run that a policy's directory is a version of, by the layout and its record alone. */
  public static Optional<RunDirectory> ofPolicy(Path version) {
    Path directory = version.toAbsolutePath().normalize();
    Path policies = directory.getParent();
    if (policies == null || policies.getParent() == null) {
      return Optional.empty();
    }
    return Optional.of(at(policies.getParent()))
        .filter(run -> policies.equals(run.root().resolve("policy")))
        .filter(run -> PolicyStore.isVersion(directory))
        .filter(run -> Files.isRegularFile(run.run()) && Files.isRegularFile(run.recipe()));
  }

  /**
   * Creates the directory where it is missing, makes this process its only driver and deletes what
   * killed attempts left.
   *
   * @throws UserMistake when it cannot be written, or another driver holds it
   */
  public RunLock lock() {
    try {
      Files.createDirectories(root());
    } catch (IOException e) {
      throw new UserMistake(
          "the run directory %s cannot be made (%s): choose another with --run".formatted(root, e),
          e);
    }
    RunLock lock = RunLock.acquire(root());
    policies().sweep();
    return lock;
  }

  public Path root() {
    return Path.of(root);
  }

  /** The resolved recipe. */
  public Path recipe() {
    return root().resolve("recipe.yaml");
  }

  /** Versions and seed of the run. */
  public Path run() {
    return root().resolve("run.json");
  }

  public Path summary() {
    return root().resolve("summary.json");
  }

  public Path metrics() {
    return root().resolve("metrics.parquet");
  }

  /** The run's own copy of its training problems, written after that of its held-out ones. */
  public Path trainingProblems() {
    return root().resolve("problems").resolve("train.parquet");
  }

  public Path rejectedProblems() {
    return root().resolve("problems-rejected.parquet");
  }

  public PolicyStore policies() {
    return new PolicyStore(root().resolve("policy"));
  }

  public Path iteration(int iteration) {
    return root().resolve(Keys.iteration(iteration));
  }

  public Path stage(int iteration, Stage<?> stage) {
    return iteration(iteration).resolve(stage.folder());
  }

  public <T extends SpecificRecordBase> ShardStore<T> shards(int iteration, Stage<T> stage) {
    return new ShardStore<>(stage(iteration, stage), stage);
  }

  /**
   * All rows of a complete stage.
   *
   * @throws UserMistake when the stage is not complete
   */
  public <T extends SpecificRecordBase> List<T> rows(int iteration, Stage<T> stage) {
    Path directory = stage(iteration, stage);
    StageManifest manifest =
        StageManifest.find(directory)
            .orElseThrow(
                () ->
                    new UserMistake(
                        "%s has no manifest.json: the stage is not complete, run the training on"
                            .formatted(directory)));
    return StageManifest.rows(directory, stage.type(), manifest);
  }

  /** Iterations that have begun, ascending. */
  public List<Integer> iterations() {
    List<Integer> iterations = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root())) {
      for (Path entry : entries) {
        Matcher matcher = ITERATION.matcher(entry.getFileName().toString());
        if (matcher.matches()) {
          iterations.add(Integer.parseInt(matcher.group(1)));
        }
      }
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + root, e);
    }
    iterations.sort(null);
    return iterations;
  }

  /**
   * Content digests of all that is complete, by their fixed names: {@code
   * iteration=00000/rollouts}, {@code policy/v00001}.
   */
  public SortedMap<String, String> digests() {
    Map<String, String> digests = new TreeMap<>();
    for (int iteration : iterations()) {
      for (Stage<?> stage : Stage.ALL) {
        StageManifest.find(stage(iteration, stage))
            .ifPresent(
                manifest ->
                    digests.put(
                        Keys.iteration(iteration) + "/" + stage.folder(), manifest.digest()));
      }
    }
    PolicyStore policies = policies();
    for (int version : policies.versions()) {
      policies
          .find(version)
          .ifPresent(
              state ->
                  digests.put("policy/" + Keys.policyVersion(version), state.lineage().digest()));
    }
    return new TreeMap<>(digests);
  }
}
