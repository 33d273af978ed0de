package io.capoflow.pipelines.critiques.export;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.DraftFile;
import io.capoflow.transforms.storage.Durable;
import io.capoflow.transforms.storage.WriteFailures;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;

/**
 * An export of a dataset while it is written: JSON lines, UTF-8, in the order in which rows are
 * added. The file appears when it is committed, whole and on the disk, in place of an older one;
 * until then readers see what was there before. Holds one row at a time. For one thread.
 *
 * <pre>{@code
 * try (DatasetExport export = DatasetExport.open(dataset, ExportSettings.of(SFT), prompts)) {
 *   rows.forEach(export::add);
 *   ExportCounts counts = export.commit();
 * }
 * }</pre>
 *
 * <p>The same rows give the same bytes.
 */
public final class DatasetExport implements Closeable {
  /** The name that readers take for the split to train on. */
  private static final String NAME = "train.jsonl";

  private final Path file;
  private final RowExporter exporter;
  private final DraftFile draft;
  private final OutputStream output;
  private final Map<LeftOut, Long> leftOut = new EnumMap<>(LeftOut.class);
  private long written;

  private DatasetExport(Path file, RowExporter exporter, DraftFile draft, OutputStream output) {
    this.file = file;
    this.exporter = exporter;
    this.draft = draft;
    this.output = output;
  }

  /**
   * Begins an export.
   *
   * @param dataset the dataset's directory
   * @param prompts asked for {@link ExportFormat#SFT} alone
   * @throws UserMistake when its folder cannot be written to
   */
  public static DatasetExport open(Path dataset, ExportSettings settings, CritiquePrompts prompts) {
    Path file = file(dataset, settings.format());
    RowExporter exporter = new RowExporter(settings, prompts);
    DraftFile draft = new DraftFile(file);
    try {
      Path folder = file.toAbsolutePath().getParent();
      Files.createDirectories(folder);
      Durable.sync(folder.getParent());
      return new DatasetExport(
          file, exporter, draft, new BufferedOutputStream(Files.newOutputStream(draft.path())));
    } catch (IOException e) {
      throw WriteFailures.of(file, e);
    }
  }

  /** Where the export of a dataset lies: {@code exports/<format>/train.jsonl}. */
  public static Path file(Path dataset, ExportFormat format) {
    return requireNonNull(dataset, "dataset")
        .resolve("exports")
        .resolve(format.text())
        .resolve(NAME);
  }

  /**
   * Writes a row, or leaves it out and counts why.
   *
   * @throws UserMistake when the row has no labels by the rule that was asked for, when the prompt
   *     of its critique is not the one that the critic was shown, or when the disk is full
   */
  public void add(CritiquedRollout row) {
    ExportedRow exported = exporter.of(row);
    if (exported instanceof ExportedRow.Missing missing) {
      leftOut.merge(missing.reason(), 1L, Long::sum);
    } else if (exported instanceof ExportedRow.Written line) {
      write(line.fields());
      written++;
    }
  }

  private void write(JsonNode fields) {
    try {
      // By way of a text, in which what is no whole character becomes a question mark.
      output.write(Json.ONE_LINE.writeValueAsString(fields).getBytes(UTF_8));
      output.write('\n');
    } catch (JacksonException e) {
      throw new IllegalArgumentException("cannot be written as JSON", e);
    } catch (IOException e) {
      throw WriteFailures.of(file, e);
    }
  }

  /**
   * Puts the file in its place.
   *
   * @return what became of the rows
   * @throws UserMistake when the disk is full
   */
  public ExportCounts commit() {
    try {
      output.close();
      draft.commit();
    } catch (IOException e) {
      throw WriteFailures.of(file, e);
    }
    return new ExportCounts(written, leftOut);
  }

  /** Deletes what was not committed. */
  @Override
  public void close() {
    try (draft) {
      output.close();
    } catch (IOException e) {
      throw WriteFailures.of(file, e);
    }
  }
}
