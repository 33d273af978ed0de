package io.capoflow.transforms.journal;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.journal.Journal;
import io.capoflow.models.journal.JournalSource;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A journal that is a folder of files, which is made where it is not there. All openings of one
 * process share one index, and one segment, which is made when the first answer is kept; the last
 * that is closed closes them. Immutable.
 *
 * @param folder where it is
 */
public record JournalFolder(String folder) implements JournalSource {
  private static final Map<Path, Shared> OPEN = new HashMap<>();

  private static final class Shared {
    private final FileJournal journal;
    private int users;

    Shared(FileJournal journal) {
      this.journal = journal;
    }
  }

  public JournalFolder {
    requireNonNull(folder, "folder");
  }

  public JournalFolder(Path folder) {
    this(folder.toString());
  }

  @Override
  public Journal open() {
    Path place = PrivateFiles.folder(Path.of(folder));
    synchronized (OPEN) {
      Shared shared = OPEN.get(place);
      if (shared == null) {
        shared = new Shared(FileJournal.open(place));
        OPEN.put(place, shared);
      }
      shared.users++;
      return new Opening(place, shared.journal);
    }
  }

  private static void closeOne(Path place) {
    Optional<FileJournal> unused = Optional.empty();
    synchronized (OPEN) {
      Shared shared = OPEN.get(place);
      shared.users--;
      if (shared.users == 0) {
        OPEN.remove(place);
        unused = Optional.of(shared.journal);
      }
    }
    // Outside: it waits for those who take answers, and they may open and close journals.
    unused.ifPresent(FileJournal::close);
  }

  /** One of a process's openings; closing twice is harmless. */
  private static final class Opening implements Journal {
    private final Path place;
    private final FileJournal journal;
    private boolean closed;

    Opening(Path place, FileJournal journal) {
      this.place = place;
      this.journal = journal;
    }

    @Override
    public Map<Integer, ChatAnswer> find(String request, int times) {
      return journal.find(request, times);
    }

    @Override
    public CompletableFuture<ChatAnswer> keep(ChatRequest request, int index, ChatAnswer answer) {
      return journal.keep(request, index, answer);
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        closeOne(place);
      }
    }
  }
}
