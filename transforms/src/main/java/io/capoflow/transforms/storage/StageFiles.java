package io.capoflow.transforms.storage;

import io.capoflow.schemas.Locations;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The names of the files in a stage's folder, so chosen that the folder is a table.
 *
 * <pre>
 * shard-00012-8d5d8782-a7ab.parquet                 a part: rows that a commit names
 * _shard-00012.cd0ba03b790a974c.commit.json         the commit of a shard for one memo key
 * _manifest.json                                    the stage is complete
 * .shard-00012-8d5d8782-a7ab.parquet.tmp            the draft of a part
 * </pre>
 *
 * pandas, pyarrow, Spark and parquet-java pass over names that begin with {@code _} or {@code .};
 * DuckDB, which does not, is given {@code *.parquet}. So bookkeeping begins with one of the two,
 * and a draft does not end with {@code .parquet} either.
 *
 * <p>Earlier code wrote commits and manifests without the {@code _}: such files are read as well.
 */
final class StageFiles {
  private static final String MANIFEST = "_manifest.json";
  private static final String EARLIER_MANIFEST = "manifest.json";
  private static final Pattern COMMIT =
      Pattern.compile("_?shard-(\\d{5,})\\.[0-9a-f]{16}\\.commit\\.json");
  private static final Pattern PART = Pattern.compile("shard-\\d{5,}-[0-9a-f-]+\\.parquet");
  private static final Pattern DRAFT = Pattern.compile("\\..*\\.tmp");

  private StageFiles() {}

  /** Where a stage's manifest is, or is to be written. */
  static Path manifest(Path stage) {
    return written(stage, MANIFEST, EARLIER_MANIFEST);
  }

  /** Where the commit of a shard is, or is to be written. */
  static Path commit(Path stage, int shard, String memoKey) {
    String name = shard(shard) + "." + memoKey.substring(0, 16) + ".commit.json";
    return written(stage, "_" + name, name);
  }

  /** The name of a part that no other attempt writes. */
  static String newPart(int shard) {
    return shard(shard) + "-" + Durable.attempt() + ".parquet";
  }

  /**
   * Holds a name that was read from a file to what a part of a shard is called: such a name is
   * opened and deleted, and a path could reach anywhere.
   *
   * @return the name
   * @throws IllegalArgumentException when it is another
   */
  static String requirePart(int shard, String name) {
    if (!isPartOf(shard, name)) {
      throw new IllegalArgumentException(
          "part \"%s\" is no file name of a part of shard %d".formatted(name, shard));
    }
    return name;
  }

  /** The name under which a part is written, and which it has until it is committed. */
  static String draft(String part) {
    return "." + part + ".tmp";
  }

  static boolean isCommit(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".json") && COMMIT.matcher(name).matches();
  }

  /** Whether programs that open the folder as a table read this file. */
  static boolean isPart(Path file) {
    return PART.matcher(file.getFileName().toString()).matches();
  }

  /** Whether a name is one of a part of a shard. */
  static boolean isPartOf(int shard, String name) {
    return PART.matcher(name).matches() && name.startsWith(shard(shard) + "-");
  }

  /** Whether this is the draft of anything. */
  static boolean isDraft(Path file) {
    return DRAFT.matcher(file.getFileName().toString()).matches();
  }

  /** The shard that a commit is of. */
  static int shardOf(Path commit) {
    Matcher matcher = COMMIT.matcher(commit.getFileName().toString());
    if (!matcher.matches()) {
      throw new IllegalArgumentException("no commit file: " + commit);
    }
    return Integer.parseInt(matcher.group(1));
  }

  /** The commits of a shard that are there, for whatever memo key. */
  static List<Path> commits(Path stage, int shard) {
    String name = shard(shard) + ".";
    try (Stream<Path> files = Files.list(stage)) {
      return files.filter(file -> isNamed(file, name) && isCommit(file)).toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + stage, e);
    }
  }

  private static boolean isNamed(Path file, String beginning) {
    String name = file.getFileName().toString();
    return name.startsWith(beginning, name.startsWith("_") ? 1 : 0);
  }

  /**
   * The file under its name of today, unless it is there under its earlier one alone: code that
   * wrote those knew no other file system than this machine's.
   */
  private static Path written(Path stage, String name, String earlier) {
    Path file = stage.resolve(name);
    return Locations.isLocal(stage) && !Files.exists(file) && Files.exists(stage.resolve(earlier))
        ? stage.resolve(earlier)
        : file;
  }

  private static String shard(int shard) {
    return String.format(Locale.ROOT, "shard-%05d", shard);
  }
}
