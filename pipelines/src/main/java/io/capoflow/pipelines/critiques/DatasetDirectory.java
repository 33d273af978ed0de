package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.critiques.Edition.EditionCritic;
import io.capoflow.pipelines.critiques.card.DatasetCard;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Locations;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.JsonFiles;
import io.capoflow.transforms.storage.RunLock;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.Trees;
import java.io.File;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The layout of a critique dataset's directory.
 *
 * <pre>
 * README.md  statistics.json the dataset's card, and its figures
 * dataset.json               what was added and how it is judged
 * rollouts/                  a table: what was taken in
 * critiques/                 a table: what a critic says; critiques-1a2b3c4d/ of another critic
 * votes/  dataset/           tables of an edition; votes-1a2b3c4d/, dataset-1a2b3c4d/ of another
 * rejected/                  a table: rows that could not be used
 * exports/                   the dataset as trainers read it
 * journal/                   the answers of critics behind servers
 * recipes/dataset/           how the critics of an edition were asked, a file for each
 * </pre>
 *
 * A table's new parts are hidden until all of them are there, and then appear one by one. Immutable
 * and serializable: workers carry it.
 */
public final class DatasetDirectory implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final String RECORD = "dataset.json";
  private static final String ROLLOUTS = "rollouts";
  private static final String RECIPES = "recipes";
  private static final Stage<GivenRollout> GIVEN =
      new Stage<>(ROLLOUTS, "take-in", GivenRollout.class);

  private final String root;

  private DatasetDirectory(Path root) {
    this.root = root.toString();
  }

  /** The layout under this directory; touches no file. */
  public static DatasetDirectory at(Path root) {
    return new DatasetDirectory(requireNonNull(root, "root").toAbsolutePath().normalize());
  }

  /** Whether a directory is a dataset's, by its record. */
  public static boolean isOne(Path directory) {
    return Files.isRegularFile(directory.resolve(RECORD));
  }

  public Path root() {
    return Locations.of(root);
  }

  /** What was added and how it is judged. */
  public Path record() {
    return root().resolve(RECORD);
  }

  /** The dataset's card. */
  public Path card() {
    return root().resolve(DatasetCard.FILE);
  }

  /** The card's figures. */
  Path statistics() {
    return root().resolve(DatasetCard.STATISTICS_FILE);
  }

  /** The answers of critics behind servers. */
  public Path journal() {
    return root().resolve("journal");
  }

  /**
   * The recipe by which an edition asked a critic.
   *
   * @param dataset folder of the edition's rows
   * @param critiques folder of the critic's critiques
   */
  Path recipe(String dataset, String critiques) {
    return root().resolve(RECIPES).resolve(dataset).resolve(critiques + ".yaml");
  }

  /**
   * SHA-256 of what lies beside the tables and is ours, in lower-case hexadecimal, by path. The
   * card is not among it: its owner may add to it.
   */
  SortedMap<String, String> fileDigests() {
    SortedMap<String, String> digests = new TreeMap<>();
    for (Path place : List.of(statistics(), rejected(), root().resolve(RECIPES))) {
      if (Files.exists(place)) {
        try (Stream<Path> files = Files.walk(place)) {
          for (Path file : files.filter(Files::isRegularFile).toList()) {
            digests.put(
                root().relativize(file).toString().replace(File.separatorChar, '/'),
                Digests.ofFile(file));
          }
        } catch (IOException e) {
          throw new UncheckedIOException("cannot read " + place, e);
        }
      }
    }
    return digests;
  }

  /** The table of rows that could not be used. */
  Path rejected() {
    return table("rejected");
  }

  /** What the names of files begin with that are of one addition. */
  static String additionName(int addition) {
    return String.format(Locale.ROOT, "addition-%05d", addition);
  }

  /** Rollouts that are read and not yet in their table. */
  Path arriving() {
    return root().resolve(".arriving");
  }

  /** Where a rebuild works. */
  Path rebuilt() {
    return root().resolve(".rebuild");
  }

  Path table(String folder) {
    return root().resolve(folder);
  }

  /** How many shards of a table are committed, whatever its rows. */
  int committed(String folder) {
    return new ShardStore<>(table(folder), GIVEN).committed();
  }

  ShardStore<GivenRollout> rollouts() {
    return new ShardStore<>(table(ROLLOUTS), GIVEN).hiddenUntilClosed();
  }

  ShardStore<Critique> critiques(EditionCritic critic) {
    return store(critic.table(), "critique", Critique.class);
  }

  ShardStore<StepVotes> votes(Edition edition) {
    return store(edition.votesTable(), "vote", StepVotes.class);
  }

  ShardStore<CritiquedRollout> dataset(Edition edition) {
    return store(edition.datasetTable(), "describe", CritiquedRollout.class);
  }

  private <T extends org.apache.avro.specific.SpecificRecordBase> ShardStore<T> store(
      String folder, String verb, Class<T> type) {
    return new ShardStore<>(table(folder), new Stage<>(folder, verb, type)).hiddenUntilClosed();
  }

  /**
   * Has {@code datasets.load_dataset} open a table by its folder: it passes over names that begin
   * with a dot, and would read our bookkeeping, which begins with one underscore, as rows.
   */
  void describeToHub(String table) {
    JsonFiles.writeText(
        table(table).resolve(".huggingface.yaml"),
        "configs:\n- config_name: default\n  data_files: \"*.parquet\"\n");
  }

  /**
   * Creates the directory where it is missing, makes this process its only driver and deletes what
   * killed rebuilds left.
   *
   * @throws UserMistake when it cannot be written, another driver holds it, or it holds other
   *     things
   */
  public RunLock lock() {
    return lock(RunLock.Arrival.plain());
  }

  /** The same, by a driver that comes otherwise. */
  RunLock lock(RunLock.Arrival arrival) {
    try {
      Files.createDirectories(root());
      requireOurs();
    } catch (IOException e) {
      throw new UserMistake(
          "the directory %s cannot be made (%s): choose another with --output"
              .formatted(root, reason(e)),
          e);
    }
    RunLock lock = RunLock.acquire(root(), "--output", arrival);
    lock.whileHeld(() -> Trees.delete(rebuilt()));
    return lock;
  }

  private static String reason(IOException failure) {
    if (failure instanceof FileAlreadyExistsException) {
      return "a file is there";
    }
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    }
    return failure instanceof FileSystemException refused && refused.getReason() != null
        ? refused.getReason()
        : "the file system has no place for it";
  }

  private void requireOurs() throws IOException {
    if (isOne(root())) {
      return;
    }
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root())) {
      for (Path entry : entries) {
        // A journal may be put there first, with answers that were paid for elsewhere.
        if (!entry.equals(journal()) && !entry.getFileName().toString().startsWith(".")) {
          throw new UserMistake(
              "%s is no critique dataset, and holds %s: choose a new or empty directory with --output"
                  .formatted(root, entry.getFileName()));
        }
      }
    }
  }
}
