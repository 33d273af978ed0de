package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.RejectedRow;
import io.capoflow.transforms.storage.ParquetRows;
import io.capoflow.transforms.storage.WriteFailures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Rows that cannot be used: counted, and written in batches as they come. For one thread. */
final class Rejections {
  private static final int ROWS_A_FILE = 4_096;
  private static final String FOLDER = "rejected";

  private final Optional<Path> folder;
  private final List<RejectedRow> batch = new ArrayList<>();
  private Optional<RejectedRow> first = Optional.empty();
  private int files;
  private long count;

  /**
   * Rejections beside arrivals.
   *
   * @param arriving folder of these; empty where rows are only counted
   */
  Rejections(Optional<Path> arriving) {
    this.folder = arriving.map(path -> path.resolve(FOLDER));
  }

  void add(RejectedRow row) {
    requireNonNull(row, "row");
    first = first.or(() -> Optional.of(row));
    count++;
    if (folder.isPresent()) {
      batch.add(row);
      if (batch.size() == ROWS_A_FILE) {
        flush();
      }
    }
  }

  private void flush() {
    if (!batch.isEmpty()) {
      Path target = folder.orElseThrow();
      create(target);
      ParquetRows.replace(
          target.resolve(String.format(Locale.ROOT, "%05d.parquet", files++)),
          RejectedRow.class,
          batch);
      batch.clear();
    }
  }

  long count() {
    return count;
  }

  Optional<RejectedRow> first() {
    return first;
  }

  /**
   * Puts the rows into a table, in place of those of the same name.
   *
   * @param name that the files begin with
   */
  void moveTo(Path table, String name) {
    flush();
    if (folder.isEmpty()) {
      return;
    }
    delete(table, name);
    if (files > 0) {
      create(table);
    }
    for (int file = 0; file < files; file++) {
      String number = String.format(Locale.ROOT, "%05d.parquet", file);
      try {
        Files.move(
            folder.get().resolve(number),
            table.resolve(name + "-" + number),
            StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        throw WriteFailures.of(table, e);
      }
    }
  }

  /** The files of a table that begin with a name. */
  static List<Path> files(Path table, String name) {
    if (!Files.isDirectory(table)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(table)) {
      return files
          .filter(file -> file.getFileName().toString().matches(name + "-\\d{5,}\\.parquet"))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list " + table, e);
    }
  }

  private static void create(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw WriteFailures.of(folder, e);
    }
  }

  /** Deletes the files of a table that begin with a name. */
  static void delete(Path table, String name) {
    for (Path file : files(table, name)) {
      try {
        Files.delete(file);
      } catch (IOException e) {
        throw WriteFailures.of(file, e);
      }
    }
  }
}
