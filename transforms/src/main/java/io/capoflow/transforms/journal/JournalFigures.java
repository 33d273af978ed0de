package io.capoflow.transforms.journal;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a journal holds.
 *
 * @param answers that count
 * @param requests that have any
 * @param models by the name that was asked for
 * @param duplicates answers that were paid for although another with their key counts
 * @param damagedLines that were passed over
 * @param writers processes that have kept an answer in it and have it open still
 * @param segments files of JSON lines
 * @param parquetFiles compacted ones
 * @param bytes of all its files
 * @param oldest when the first answer was written, in microseconds since 1970; 0 without any
 * @param newest when the last one was
 */
public record JournalFigures(
    long answers,
    long requests,
    Map<String, OfModel> models,
    long duplicates,
    long damagedLines,
    int writers,
    int segments,
    int parquetFiles,
    long bytes,
    long oldest,
    long newest) {
  public JournalFigures {
    models = Map.copyOf(models);
  }

  /**
   * Of the answers of one model.
   *
   * @param promptTokens read for them, each answer by itself
   * @param cachedTokens of these, those that the server had read before
   * @param tokens that the model wrote
   */
  public record OfModel(long answers, long promptTokens, long cachedTokens, long tokens) {
    private OfModel with(KeptAnswer answer) {
      return new OfModel(
          answers + 1,
          promptTokens + answer.answer().tokens().prompt(),
          cachedTokens + answer.answer().tokens().cached(),
          tokens + answer.answer().tokens().written());
    }
  }

  /**
   * Counts what a journal holds now; others may write to it meanwhile.
   *
   * @throws UserMistake when it is not there, or a file is damaged
   */
  public static JournalFigures of(Path folder) {
    Path place = PrivateFiles.existing(folder);
    try (JournalFiles files = JournalFiles.openAll(place)) {
      return count(place, files);
    } catch (IOException e) {
      throw PrivateFiles.unusable(folder, e);
    }
  }

  private static JournalFigures count(Path folder, JournalFiles files) throws IOException {
    AnswerMerge merged = files.merge();
    long answers = 0;
    long requests = 0;
    long oldest = 0;
    long newest = 0;
    String last = "";
    Map<String, OfModel> models = new TreeMap<>();
    while (merged.hasNext()) {
      KeptAnswer answer = merged.next();
      answers++;
      if (!answer.request().equals(last)) {
        requests++;
        last = answer.request();
      }
      oldest = oldest == 0 ? answer.written() : Math.min(oldest, answer.written());
      newest = Math.max(newest, answer.written());
      OfModel none = new OfModel(0, 0, 0, 0);
      models.merge(answer.model(), none.with(answer), (all, one) -> all.with(answer));
    }
    Origins origins = files.origins(merged);
    return new JournalFigures(
        answers,
        requests,
        models,
        origins.duplicates(),
        origins.damagedLines(),
        SegmentFiles.writers(folder),
        files.segments().size(),
        files.answers().size(),
        bytes(folder),
        oldest,
        newest);
  }

  private static long bytes(Path folder) throws IOException {
    long bytes = 0;
    for (Path file : JournalFiles.list(folder, Files::isRegularFile)) {
      bytes += JournalFiles.size(file).orElse(0);
    }
    return bytes;
  }
}
