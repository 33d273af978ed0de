package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Locations;
import io.capoflow.schemas.PolicyVersion;
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
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The policy versions of a run, each committed exactly once.
 *
 * <p>A version is written into a hidden directory, forced to disk, and appears under its name once,
 * as {@link RunStorage#nameFolder} says of its file system: then the loser deletes its own and
 * returns the winner's. Thread-safe, also between processes.
 */
public final class PolicyStore implements Serializable {
  private static final String STATE = "trainer_state.json";
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final Pattern VERSION = Pattern.compile("v(\\d{5,})");
  private static final Pattern DRAFT = Pattern.compile("\\.v(\\d{5,})-.*");

  private final String directory;

  /** Writes a version's files. */
  @FunctionalInterface
  public interface Writer {
    /**
     * Writes weights, configuration and tokenizer into an empty directory.
     *
     * @return what {@code trainer_state.json} will hold, beside the digests of the files
     */
    TrainerState write(Path directory) throws IOException;

    /** Hears that what was written is not what is committed: another attempt was faster. */
    default void beaten() {}
  }

  /** A store in this directory, which need not exist yet. */
  public PolicyStore(Path directory) {
    this.directory = directory.toString();
  }

  public Path directory() {
    return Locations.of(directory);
  }

  /** Where a version lies or would lie. */
  public Path directory(int version) {
    return directory().resolve(Keys.policyVersion(version));
  }

  /** A committed version. */
  public Optional<TrainerState> find(int version) {
    finish(directory(version));
    return JsonFiles.find(directory(version).resolve(STATE), TrainerState.class);
  }

  private static void finish(Path version) {
    try {
      RunStorage.of(version).finishFolder(version, STATE);
    } catch (IOException e) {
      throw WriteFailures.of(version, e);
    }
  }

  /** A committed version as the record that flows. */
  public Optional<PolicyVersion> version(int version) {
    return find(version).map(TrainerState::version);
  }

  /** Whether a directory is named and committed as a version is. */
  static boolean isVersion(Path directory) {
    return VERSION.matcher(directory.getFileName().toString()).matches()
        && Files.isRegularFile(directory.resolve(STATE));
  }

  /** Committed versions, ascending. */
  public List<Integer> versions() {
    return folders().stream()
        .filter(version -> Files.exists(directory(version).resolve(STATE)))
        .toList();
  }

  /** Versions of which there is a folder, committed or not, ascending. */
  public List<Integer> folders() {
    return list().stream()
        .map(entry -> VERSION.matcher(entry.getFileName().toString()))
        .filter(Matcher::matches)
        .map(matcher -> Integer.parseInt(matcher.group(1)))
        .sorted()
        .toList();
  }

  /**
   * Commits a version, unless it is committed.
   *
   * @param writer called only when the version is not committed yet
   * @return what is committed: this call's version or an earlier winner's
   * @throws Cancelled when the thread is interrupted while it writes: the version is whole then or
   *     not there
   */
  public TrainerState commit(int version, Writer writer) {
    requireNonNull(writer, "writer");
    Optional<TrainerState> committed = find(version);
    if (committed.isPresent()) {
      return committed.get();
    }
    Path attempt = draft(version);
    try {
      TrainerState state = write(writer, attempt);
      Faults.at("train/before-commit");
      RunLock.requireHeld(attempt);
      if (!RunStorage.of(attempt).nameFolder(attempt, directory(version), STATE)) {
        Durable.deleteTree(attempt);
        writer.beaten();
        return find(version).orElseThrow();
      }
      Faults.at("train/after-commit");
      return state;
    } catch (IOException e) {
      throw unwritable(version, attempt, e);
    } catch (UncheckedIOException e) {
      throw unwritable(version, attempt, e.getCause());
    } catch (Cancelled e) {
      deleteAfter(e, attempt);
      throw e;
    }
  }

  /** Tensors are written into files of this machine, and go from there where the run lies. */
  private static TrainerState write(Writer writer, Path attempt) throws IOException {
    if (Locations.isLocal(attempt)) {
      Files.createDirectories(attempt);
      TrainerState state = seal(writer.write(attempt), attempt);
      Durable.syncTree(attempt);
      return state;
    }
    Path here = Files.createTempDirectory("capoflow-policy-");
    try {
      TrainerState state = seal(writer.write(here), here);
      Links.linkTree(here, attempt);
      return state;
    } finally {
      Durable.deleteTree(here);
    }
  }

  /** What a writer made of a version that it could not finish takes room: a disk may be full. */
  private RuntimeException unwritable(int version, Path attempt, IOException failure) {
    deleteAfter(failure, attempt);
    return WriteFailures.of(directory(version), failure);
  }

  private static void deleteAfter(Exception failure, Path attempt) {
    try {
      Durable.deleteTree(attempt);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  /**
   * Whether a committed version's {@code trainer_state.json} is as it was written.
   *
   * @throws UserMistake when the version is not committed
   */
  public SelfChecked checksum(int version) {
    return JsonFiles.checksum(directory(version).resolve(STATE), "files");
  }

  /** Records the bytes of a version, those of its record included, and writes the record. */
  private static TrainerState seal(TrainerState written, Path directory) throws IOException {
    TrainerState unsigned = written.withFiles(files(directory)).withChecksum("");
    return JsonFiles.writeChecked(directory.resolve(STATE), unsigned, unsigned::withChecksum);
  }

  /**
   * SHA-256 of each file of a version but its {@code trainer_state.json}, in lower-case
   * hexadecimal, by its path in the version's directory.
   *
   * @throws IOException when one cannot be read
   */
  public static SortedMap<String, String> files(Path version) throws IOException {
    SortedMap<String, String> files = new TreeMap<>();
    try (Stream<Path> walk = Files.walk(version)) {
      for (Path file : walk.filter(Files::isRegularFile).toList()) {
        String name = version.relativize(file).toString().replace(File.separatorChar, '/');
        if (!name.equals(STATE)) {
          files.put(name, Digests.ofFile(file));
        }
      }
    }
    return files;
  }

  /** A new folder's name beside a version, which the next driver deletes where it is left. */
  public Path draft(int version) {
    return directory().resolve("." + Keys.policyVersion(version) + "-" + Durable.attempt());
  }

  /** Deletes what killed attempts left. Only for the driver, while it holds the run's lock. */
  public void sweep() {
    try {
      for (Path entry : list()) {
        Matcher draft = DRAFT.matcher(entry.getFileName().toString());
        if (draft.matches()) {
          // It may be one that is committed, and not in its place yet.
          finish(directory(Integer.parseInt(draft.group(1))));
          Durable.deleteTree(entry);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot clean " + directory, e);
    }
  }

  /**
   * Drops optimizer states that training no longer needs.
   *
   * @param keep newest versions whose state is kept, at least 1
   */
  public void retainOptimizerStates(int keep) {
    if (keep < 1) {
      throw new UserMistake(
          "retention.optimizer_states is %d: keep at least 1, training goes on from it"
              .formatted(keep));
    }
    List<Integer> versions = versions();
    try {
      for (int version : versions.subList(0, Math.max(0, versions.size() - keep))) {
        Files.deleteIfExists(directory(version).resolve(OPTIMIZER));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot drop old optimizer states in " + directory, e);
    }
  }

  /** File name of a version's record, {@link TrainerState}. */
  public static String stateFile() {
    return STATE;
  }

  /** File name of a version's optimizer state. */
  public static String optimizerFile() {
    return OPTIMIZER;
  }

  private List<Path> list() {
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory())) {
      stream.forEach(entries::add);
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + directory, e);
    }
    return entries;
  }
}
