package io.capoflow.transforms.journal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.JournalledAnswer;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.DraftFile;
import io.capoflow.transforms.storage.WriteFailures;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes the answers of a journal to one file, sorted by request and index, for others to read. */
public final class JournalExport {
  private JournalExport() {}

  /**
   * Writes a file, which its owner alone may read, over what may be there.
   *
   * @param output ends with {@code .parquet} or {@code .jsonl}
   * @param prompts whether what was asked is written, too
   * @return how many answers there are
   * @throws UserMistake when the journal is not there, a file is damaged, or the output cannot be
   *     written
   */
  public static long write(Path folder, Path output, boolean prompts) {
    boolean parquet = output.toString().endsWith(".parquet");
    if (!parquet && !output.toString().endsWith(".jsonl")) {
      throw new UserMistake("%s: name a file that ends with .parquet or .jsonl".formatted(output));
    }
    Path place = PrivateFiles.existing(folder);
    try (JournalFiles files = JournalFiles.openAll(place);
        DraftFile draft = new DraftFile(output)) {
      PrivateFiles.create(draft.path());
      AnswerMerge answers = files.merge();
      long count =
          parquet
              ? writeParquet(draft.path(), answers, prompts)
              : writeLines(draft.path(), answers, prompts);
      draft.commit();
      return count;
    } catch (IOException e) {
      throw WriteFailures.of(output, e);
    }
  }

  private static long writeParquet(Path file, AnswerMerge answers, boolean prompts)
      throws IOException {
    long count = 0;
    try (AnswersWriter writer = new AnswersWriter(file, () -> Origins.NONE)) {
      while (answers.hasNext()) {
        JournalledAnswer row = answers.next().row();
        writer.write(prompts ? row : JournalledAnswer.newBuilder(row).setAsked(null).build());
        count++;
      }
    }
    return count;
  }

  private static long writeLines(Path file, AnswerMerge answers, boolean prompts)
      throws IOException {
    long count = 0;
    try (BufferedWriter writer = Files.newBufferedWriter(file)) {
      while (answers.hasNext()) {
        KeptAnswer answer = answers.next();
        ObjectNode line = AnswerLine.object(answer);
        line.put("model", answer.model());
        if (!prompts) {
          line.remove(List.of("asked"));
        }
        writer.write(Json.ONE_LINE.writeValueAsString(line));
        writer.write('\n');
        count++;
      }
    }
    return count;
  }
}
