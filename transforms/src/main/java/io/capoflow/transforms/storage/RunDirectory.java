package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Locations;
import io.capoflow.schemas.UserMistake;
import java.io.File;
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
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * The layout of a run's directory, which is also its checkpoint.
 *
 * <pre>
 * recipe.yaml  run.json  summary.json  metrics.parquet  problems-rejected.parquet
 * problems/{train,held-out}.parquet
 * policy/v00000/…
 * iterations/00003/{rollouts,verdicts,critiques,votes,credits}/shard-00012-….parquet, _manifest.json
 * evaluation/v00010/{greedy,sampled}/{rollouts,verdicts}/…
 * </pre>
 *
 * No folder is called {@code name=value}: programs that read Parquet take that for a column, and
 * rows have a column {@code iteration}. Earlier code did call an iteration's folder {@code
 * iteration=00003}. Such a folder stays where it is and is read as any other; an iteration that was
 * begun in it goes on in it, and those after it get folders of today.
 *
 * <p>Immutable and serializable: workers carry it.
 */
public final class RunDirectory implements Serializable {
  /** The passes of a measurement: how its responses were sampled. */
  public static final List<String> PASSES = List.of("greedy", "sampled");

  /** Stages that are kept of each pass of a measurement. */
  private static final List<Stage<?>> MEASURED = List.of(Stage.ROLLOUTS, Stage.VERDICTS);

  private static final String ITERATIONS = "iterations";
  private static final String EVALUATION = "evaluation";
  private static final String REPAIR = ".repair";
  private static final String EARLIER_ITERATION = "iteration=";
  private static final Pattern NUMBER = Pattern.compile("\\d{5,}");

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
   * The run that a file or directory lies in, by the layout alone; empty where it lies in none.
   * What a repair computes in a run lies in that run.
   */
  static Optional<RunDirectory> holding(Path file) {
    for (Path directory = file.toAbsolutePath().normalize().getParent();
        directory != null;
        directory = directory.getParent()) {
      boolean begun =
          Files.isRegularFile(directory.resolve("recipe.yaml"))
              && Files.isDirectory(directory.resolve("policy"));
      if (!isOfARepair(directory) && (begun || Files.isDirectory(directory.resolve(ITERATIONS)))) {
        return Optional.of(at(directory));
      }
    }
    return Optional.empty();
  }

  private static boolean isOfARepair(Path directory) {
    Path parent = directory.getParent();
    return parent != null && parent.endsWith(REPAIR);
  }

  /** The folder that a repair works in and deletes at its end. */
  private Path repair() {
    return root().resolve(REPAIR);
  }

  /**
   * Whether training goes on where it is run on: there is no summary yet, or an iteration has begun
   * whose policy is not committed. By the names of files alone.
   */
  public boolean isUnderWay() {
    if (!Files.exists(summary())) {
      return true;
    }
    List<Integer> begun = iterations();
    List<Integer> committed = policies().versions();
    return !begun.isEmpty()
        && !committed.isEmpty()
        && begun.get(begun.size() - 1) >= committed.get(committed.size() - 1);
  }

  /**
   * Creates the directory where it is missing, makes this process its only driver and deletes what
   * killed attempts and repairs left.
   *
   * @throws UserMistake when it cannot be written, or another driver holds it
   */
  public RunLock lock() {
    return lock(RunLock.Arrival.plain());
  }

  /** The same, by a driver that comes otherwise. */
  public RunLock lock(RunLock.Arrival arrival) {
    try {
      Files.createDirectories(root());
    } catch (IOException e) {
      throw new UserMistake(
          "the run directory %s cannot be made (%s): choose another with --run".formatted(root, e),
          e);
    }
    RunLock lock = RunLock.acquire(root(), "--run", arrival);
    lock.whileHeld(
        () -> {
          policies().sweep();
          Trees.delete(repair());
        });
    return lock;
  }

  public Path root() {
    return Locations.of(root);
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

  /** The run's own copy of its held-out problems. */
  public Path heldOutProblems() {
    return trainingProblems().resolveSibling("held-out.parquet");
  }

  public Path rejectedProblems() {
    return root().resolve("problems-rejected.parquet");
  }

  /** The path of a file in the run, with {@code /}: the same wherever the run lies. */
  public String nameOf(Path file) {
    return root().relativize(file).toString().replace(File.separatorChar, '/');
  }

  public PolicyStore policies() {
    return new PolicyStore(root().resolve("policy"));
  }

  /** Where an iteration lies or would lie. */
  public Path iteration(int iteration) {
    // Nothing makes such a folder any more, so where one is it holds what was committed first. What
    // made them knew no other file system than this machine's.
    Path earlier = root().resolve(EARLIER_ITERATION + Keys.iteration(iteration));
    return Locations.isLocal(earlier) && Files.isDirectory(earlier)
        ? earlier
        : root().resolve(ITERATIONS).resolve(Keys.iteration(iteration));
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
    return StageManifest.rows(
        stage(iteration, stage), stage.type(), completeManifest(iteration, stage));
  }

  /**
   * The manifest of a complete stage.
   *
   * @throws UserMistake when the stage is not complete
   */
  public StageManifest completeManifest(int iteration, Stage<?> stage) {
    Path directory = stage(iteration, stage);
    return StageManifest.find(directory)
        .orElseThrow(
            () ->
                new UserMistake(
                    "%s has no _manifest.json, so the stage is not complete: %s"
                        .formatted(directory, RunAdvice.complete(this))));
  }

  /** Where a version's measurements on held-out problems lie or would lie. */
  public Path evaluation(int version) {
    return root().resolve(EVALUATION).resolve(Keys.policyVersion(version));
  }

  /** Iterations that have begun, ascending. */
  public List<Integer> iterations() {
    SortedSet<Integer> iterations = new TreeSet<>();
    for (String name : names(root())) {
      if (name.startsWith(EARLIER_ITERATION)) {
        number(name.substring(EARLIER_ITERATION.length())).ifPresent(iterations::add);
      }
    }
    for (String name : names(root().resolve(ITERATIONS))) {
      number(name).ifPresent(iterations::add);
    }
    return List.copyOf(iterations);
  }

  /** Policy versions of which a measurement has begun, ascending. */
  public List<Integer> evaluations() {
    SortedSet<Integer> versions = new TreeSet<>();
    for (String name : names(root().resolve(EVALUATION))) {
      if (name.startsWith("v")) {
        number(name.substring(1)).ifPresent(versions::add);
      }
    }
    return List.copyOf(versions);
  }

  private static Optional<Integer> number(String name) {
    return NUMBER.matcher(name).matches() ? Optional.of(Integer.parseInt(name)) : Optional.empty();
  }

  private static List<String> names(Path directory) {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      entries.forEach(entry -> names.add(entry.getFileName().toString()));
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + directory, e);
    }
    return names;
  }

  /** The name of a stage's digest: {@code iterations/00003/rollouts}, wherever its folder lies. */
  public static String digestName(int iteration, Stage<?> stage) {
    return ITERATIONS + "/" + Keys.iteration(iteration) + "/" + stage.folder();
  }

  /**
   * Content digests of all that is complete, by their fixed names: {@code
   * iterations/00000/rollouts}, {@code policy/v00001}.
   */
  public SortedMap<String, String> digests() {
    SortedMap<String, String> digests = new TreeMap<>();
    for (int iteration : iterations()) {
      digests.putAll(stageDigests(iteration));
    }
    for (int version : policies().versions()) {
      digests.putAll(policyDigest(version));
    }
    return digests;
  }

  /**
   * Digests of all that is complete, by their fixed names, those of measurements among them. A
   * stage or measurement whose manifest does not agree with its commits is left out, and so is a
   * measurement whose manifest cannot be read.
   *
   * @param wanted which names: the others are not looked at
   * @throws UserMistake when a stage's manifest or a policy's record cannot be read
   */
  public SortedMap<String, String> agreedDigests(Predicate<String> wanted) {
    SortedMap<String, String> digests = new TreeMap<>();
    for (int iteration : iterations()) {
      for (Stage<?> stage : Stage.ALL) {
        String name = digestName(iteration, stage);
        if (wanted.test(name)) {
          StageManifest.agreedDigest(stage(iteration, stage))
              .ifPresent(digest -> digests.put(name, digest));
        }
      }
    }
    for (int version : evaluations()) {
      evaluationNames(version).keySet().stream()
          .filter(wanted)
          .forEach(name -> agreedMeasurement(name).ifPresent(digest -> digests.put(name, digest)));
    }
    for (int version : policies().versions()) {
      if (wanted.test(policyName(version))) {
        digests.putAll(policyDigest(version));
      }
      if (wanted.test(policyFilesName(version))) {
        digests.putAll(policyFiles(version));
      }
    }
    return digests;
  }

  /** One that cannot be read is measured again where it is needed. */
  private Optional<String> agreedMeasurement(String name) {
    try {
      return StageManifest.agreedDigest(root().resolve(name));
    } catch (UserMistake unreadable) {
      return Optional.empty();
    }
  }

  /**
   * Those of an iteration's stages, and of tensors and files of the policy that it read and the one
   * that it committed.
   */
  public SortedMap<String, String> digests(int iteration) {
    SortedMap<String, String> digests = new TreeMap<>(stageDigests(iteration));
    digests.putAll(policyDigest(iteration));
    digests.putAll(policyDigest(iteration + 1));
    digests.putAll(policyFiles(iteration));
    digests.putAll(policyFiles(iteration + 1));
    return digests;
  }

  private Map<String, String> stageDigests(int iteration) {
    Map<String, String> digests = new TreeMap<>();
    for (Stage<?> stage : Stage.ALL) {
      StageManifest.find(stage(iteration, stage))
          .ifPresent(manifest -> digests.put(digestName(iteration, stage), manifest.digest()));
    }
    return digests;
  }

  private Map<String, String> policyDigest(int version) {
    return policies()
        .find(version)
        .map(state -> Map.of(policyName(version), state.lineage().digest()))
        .orElse(Map.of());
  }

  private Map<String, String> policyFiles(int version) {
    return policies()
        .find(version)
        .flatMap(TrainerState::filesDigest)
        .map(digest -> Map.of(policyFilesName(version), digest))
        .orElse(Map.of());
  }

  /** The name of the digest of a policy's files: its own digest covers tensors alone. */
  public static String policyFilesName(int version) {
    return policyName(version) + "/files";
  }

  /** The name of a policy's digest. */
  public static String policyName(int version) {
    return "policy/" + Keys.policyVersion(version);
  }

  /**
   * The stages that a measurement of a version keeps, by the names of their digests, which are also
   * their paths in the run.
   */
  public static SortedMap<String, Stage<?>> evaluationNames(int version) {
    SortedMap<String, Stage<?>> names = new TreeMap<>();
    for (String pass : PASSES) {
      for (Stage<?> stage : MEASURED) {
        names.put(
            EVALUATION + "/" + Keys.policyVersion(version) + "/" + pass + "/" + stage.folder(),
            stage);
      }
    }
    return names;
  }

  /** Content digests of what a measurement of a version kept, by their fixed names. */
  public SortedMap<String, String> evaluationDigests(int version) {
    SortedMap<String, String> digests = new TreeMap<>();
    for (String name : evaluationNames(version).keySet()) {
      StageManifest.find(root().resolve(name))
          .ifPresent(manifest -> digests.put(name, manifest.digest()));
    }
    return digests;
  }
}
