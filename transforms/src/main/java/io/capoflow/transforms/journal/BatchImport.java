package io.capoflow.transforms.journal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.capoflow.models.endpoint.BatchFile;
import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatCall;
import io.capoflow.models.journal.Journal;
import io.capoflow.models.journal.JournalSource;
import io.capoflow.schemas.UserMistake;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Takes the results of a batch into a journal. What is there already is not written again. */
public final class BatchImport {
  private static final int GROUP = 1 << 10;

  private final Path requests;
  private final Map<String, Place> places = new HashMap<>();
  private final Map<String, Long> failures = new TreeMap<>();
  private final List<CompletableFuture<ChatAnswer>> writing = new ArrayList<>();
  private long kept;
  private long known;
  private long lines;

  private record Place(long offset, int bytes) {}

  private BatchImport(Path requests) {
    this.requests = requireNonNull(requests, "requests");
  }

  /**
   * What came of it.
   *
   * @param lines of the results
   * @param kept answers that the journal did not have
   * @param known answers that it had
   * @param failures lines without an answer, by reason
   */
  public record Result(long lines, long kept, long known, Map<String, Long> failures) {
    public Result {
      failures = Map.copyOf(failures);
    }
  }

  /**
   * Reads results.
   *
   * @param results lines as OpenAI's batches and {@code vllm run-batch} write them
   * @param requests the lines that asked, see {@link BatchFile#line}
   * @throws UserMistake when a file is not there, a request was changed, or the journal cannot be
   *     written
   */
  public static Result run(JournalSource journal, Path results, Path requests) {
    BatchImport batch = new BatchImport(requests);
    batch.indexRequests();
    try (Journal open = journal.open();
        RandomAccessFile asked = new RandomAccessFile(requests.toFile(), "r");
        BufferedReader lines = Files.newBufferedReader(results)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank()) {
          batch.take(line, asked, open);
        }
      }
      batch.awaitWritten();
    } catch (IOException e) {
      throw unreadable(results, e);
    }
    return new Result(batch.lines, batch.kept, batch.known, batch.failures);
  }

  /** Where the line of each call is: the file itself may be larger than memory. */
  private void indexRequests() {
    try (InputStream input = new BufferedInputStream(Files.newInputStream(requests), 1 << 16)) {
      long offset = 0;
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (int next = input.read(); next >= 0 || line.size() > 0; next = input.read()) {
        if (next >= 0 && next != '\n') {
          line.write(next);
        } else {
          Place place = new Place(offset, line.size());
          BatchFile.name(line.toString(UTF_8)).ifPresent(name -> places.put(name, place));
          offset += line.size() + 1;
          line.reset();
        }
      }
    } catch (IOException e) {
      throw unreadable(requests, e);
    }
  }

  private static UserMistake unreadable(Path file, IOException failure) {
    return new UserMistake(
        failure instanceof NoSuchFileException
            ? "%s is not there: name an existing file".formatted(file)
            : "%s cannot be read: %s".formatted(file, failure),
        failure);
  }

  private void take(String line, RandomAccessFile asked, Journal journal) throws IOException {
    lines++;
    Optional<String> name = BatchFile.name(line);
    Optional<Place> place = name.map(places::get);
    if (place.isEmpty()) {
      fail(name.isEmpty() ? "no JSON with a custom_id" : "a custom_id that nothing was asked by");
      return;
    }
    ChatCall call = call(asked, place.get());
    BatchFile.Result result = BatchFile.result(line, call);
    if (result instanceof BatchFile.Result.Answered answered) {
      keep(call, answered.answers(), journal);
    } else if (result instanceof BatchFile.Result.Failed failed) {
      fail(failed.reason());
    }
  }

  private ChatCall call(RandomAccessFile asked, Place place) throws IOException {
    byte[] line = new byte[place.bytes()];
    asked.seek(place.offset());
    asked.readFully(line);
    try {
      return BatchFile.call(new String(line, UTF_8));
    } catch (IllegalArgumentException e) {
      throw new UserMistake(
          "%s, the line at byte %d: %s; give the file that journal requests wrote"
              .formatted(requests, place.offset(), e.getMessage()),
          e);
    }
  }

  private void keep(ChatCall call, List<ChatAnswer> answers, Journal journal) {
    Map<Integer, ChatAnswer> there =
        journal.find(call.request().digest(), call.first() + call.choices());
    for (int i = 0; i < answers.size(); i++) {
      int index = call.first() + i;
      if (there.containsKey(index)) {
        known++;
      } else {
        kept++;
        writing.add(journal.keep(call.request(), index, answers.get(i)));
      }
    }
    if (writing.size() >= GROUP) {
      awaitWritten();
    }
  }

  private void awaitWritten() {
    try {
      writing.forEach(CompletableFuture::join);
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException failure ? failure : e;
    }
    writing.clear();
  }

  private void fail(String reason) {
    failures.merge(reason, 1L, Long::sum);
  }
}
