package io.capoflow.transforms.journal;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.journal.Journal;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.ProcessThreads;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.WriteFailures;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process's one view of a journal: an index of all files, and from the first answer that it keeps
 * a segment that it writes to. Whoever only looks leaves the folder as it was, but for a lock.
 * Answers are written in groups: what has queued up while a group was forced to disk is the next
 * group.
 *
 * <p>All files are read and written on threads of the journal's own. Its channels are everybody's,
 * and an interrupt closes the channel that the interrupted thread uses; Flink cancels by
 * interrupts.
 */
final class FileJournal implements Journal {
  private static final Logger LOG = LoggerFactory.getLogger(FileJournal.class);
  private static final int GROUP_ANSWERS = 1 << 10;

  private final Path folder;
  private final LongSupplier clock;
  private final FolderLock files;
  private final JournalIndex index;
  private final LinkedBlockingQueue<Job> queue = new LinkedBlockingQueue<>();
  private final Thread writer;
  private final ExecutorService readers;
  private Optional<OwnSegment> own = Optional.empty();
  private Optional<CompletableFuture<Compaction.Result>> tidied = Optional.empty();
  private final AtomicLong groups = new AtomicLong();
  private boolean closing;

  private sealed interface Job {}

  private record Keep(KeptAnswer answer, CompletableFuture<ChatAnswer> kept) implements Job {}

  private record Stop() implements Job {}

  private FileJournal(Path folder, LongSupplier clock) {
    this.folder = folder;
    this.clock = clock;
    this.files = FolderLock.ofFiles(folder);
    this.index = new JournalIndex(folder);
    this.writer = ProcessThreads.named("capoflow-journal").newThread(this::write);
    // No more threads than there are callers, each of which waits for its own.
    this.readers = Executors.newCachedThreadPool(ProcessThreads.named("capoflow-journal-reader"));
  }

  /**
   * Opens a folder that is there.
   *
   * @throws UserMistake when it cannot be read or written
   */
  static FileJournal open(Path folder) {
    return open(folder, () -> ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()));
  }

  /**
   * Opens a folder with a clock of one's own.
   *
   * @param clock microseconds since 1970
   */
  static FileJournal open(Path folder, LongSupplier clock) {
    FileJournal journal = new FileJournal(folder, clock);
    boolean opened = false;
    try {
      opened = journal.onReader(journal::start);
    } finally {
      if (!opened) {
        journal.letGo();
      }
    }
    journal.writer.start();
    return journal;
  }

  private boolean start() throws IOException {
    if (!Files.isWritable(folder)) {
      // Better now than when the first answer is paid for.
      throw new AccessDeniedException(folder.toString());
    }
    try (FolderLock.Held held = files.take()) {
      index.refresh();
    }
    return true;
  }

  private void letGo() {
    readers.shutdown();
    tidied.ifPresent(CompletableFuture::join);
    abandon();
    index.close();
  }

  private interface Reading<T> {
    T read() throws IOException;
  }

  /** Reads on a thread that is not interrupted; the one that waits may be. */
  private <T> T onReader(Reading<T> reading) {
    CompletableFuture<T> read = new CompletableFuture<>();
    try {
      readers.execute(
          () -> {
            try {
              read.complete(reading.read());
            } catch (IOException e) {
              read.completeExceptionally(PrivateFiles.unusable(folder, e));
            } catch (RuntimeException | Error e) {
              read.completeExceptionally(e);
            }
          });
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("the journal is closed: " + folder, e);
    }
    try {
      return read.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw e;
    }
  }

  private OwnSegment begin() throws IOException {
    OwnSegment begun = OwnSegment.create(folder);
    index.addOwn(begun.segment());
    own = Optional.of(begun);
    return begun;
  }

  @Override
  public Map<Integer, ChatAnswer> find(String request, int times) {
    return onReader(() -> findHere(request, times));
  }

  private Map<Integer, ChatAnswer> findHere(String request, int times) throws IOException {
    Map<Integer, ChatAnswer> found = known(request, times);
    if (found.size() < times && index.isBehind()) {
      try (FolderLock.Held held = files.take()) {
        index.refresh();
      }
      found = known(request, times);
    }
    return found;
  }

  private Map<Integer, ChatAnswer> known(String request, int times) throws IOException {
    Map<Integer, ChatAnswer> found = new HashMap<>();
    index.find(request, times).forEach((i, kept) -> found.put(i, kept.answer()));
    return found;
  }

  @Override
  public CompletableFuture<ChatAnswer> keep(ChatRequest request, int index, ChatAnswer answer) {
    String asked = request.canonical();
    KeptAnswer unwritten =
        new KeptAnswer(
            Digests.ofBytes(asked.getBytes(UTF_8)),
            index,
            0,
            KeptAnswer.storable(asked),
            KeptAnswer.storable(answer));
    CompletableFuture<ChatAnswer> kept = new CompletableFuture<>();
    synchronized (queue) {
      if (closing) {
        return CompletableFuture.failedFuture(
            new IllegalStateException("the journal is closed: " + folder));
      }
      queue.add(new Keep(unwritten, kept));
    }
    return kept;
  }

  private void write() {
    boolean stopped = false;
    while (!stopped) {
      List<Job> jobs = new ArrayList<>();
      try {
        jobs.add(queue.take());
      } catch (InterruptedException e) {
        // Nobody else has this thread: what is queued is owed to those who wait for it.
        continue;
      }
      queue.drainTo(jobs, GROUP_ANSWERS - 1);
      List<Keep> group = new ArrayList<>();
      for (Job job : jobs) {
        if (job instanceof Keep keep) {
          group.add(keep);
        } else {
          stopped = true;
        }
      }
      if (!group.isEmpty()) {
        try {
          commit(group);
          tidyOnce();
        } catch (RuntimeException | Error e) {
          // Whoever waits hears of it, and the next group may do better.
          fail(group, e);
        }
      }
    }
    letGo();
  }

  /** Where the first answer was written; on another thread, so that the next ones need not wait. */
  private void tidyOnce() {
    if (tidied.isEmpty() && own.isPresent()) {
      tidied =
          Optional.of(
              CompletableFuture.supplyAsync(() -> Compaction.runWhereWorthwhile(folder), readers)
                  .exceptionally(
                      failure -> {
                        // The answers are safe where they are.
                        LOG.warn("{} is not compacted: {}", folder, failure.toString());
                        return Compaction.Result.NOTHING;
                      }));
    }
  }

  private void commit(List<Keep> group) {
    List<ChatAnswer> counting;
    try {
      counting = written(group);
    } catch (IOException e) {
      Path file = own.map(OwnSegment::file).orElse(folder);
      abandon();
      fail(group, WriteFailures.of(file, e));
      return;
    }
    for (int i = 0; i < group.size(); i++) {
      group.get(i).kept().complete(counting.get(i));
    }
  }

  /** The answers that count, in the order of the group, once all of it is on the disk. */
  private List<ChatAnswer> written(List<Keep> group) throws IOException {
    OwnSegment segment;
    try (FolderLock.Held held = files.take()) {
      if (own.isPresent() && !Files.exists(own.get().file())) {
        // Somebody emptied the folder: what is written to a file without a name is lost.
        abandon();
      }
      segment = own.isPresent() ? own.get() : begin();
      index.refresh();
      long time = Math.max(clock.getAsLong(), index.lastWritten() + 1);
      List<KeptAnswer> stamped = new ArrayList<>(group.size());
      for (Keep keep : group) {
        stamped.add(keep.answer().writtenAt(time));
        time++;
      }
      segment.append(stamped);
    }
    segment.force();
    groups.incrementAndGet();
    index.followOwn();
    List<ChatAnswer> counting = new ArrayList<>(group.size());
    for (Keep keep : group) {
      counting.add(
          index
              .findOne(keep.answer().request(), keep.answer().index())
              .orElseThrow(() -> new IOException("what was written is not there"))
              .answer());
    }
    return counting;
  }

  private static void fail(List<Keep> group, Throwable failure) {
    group.forEach(keep -> keep.kept().completeExceptionally(failure));
  }

  /**
   * Leaves a segment whose last write failed as it is: its last line may be torn, and a next one
   * would be damaged by that. Lines that are whole are answers.
   */
  private void abandon() {
    index.disown();
    own.ifPresent(OwnSegment::abandon);
    own = Optional.empty();
  }

  /** How often answers were forced to disk. */
  long groups() {
    return groups.get();
  }

  /** Lines of this process's files that cannot be read. */
  long damaged() {
    return index.damaged();
  }

  @Override
  public void close() {
    synchronized (queue) {
      if (closing) {
        return;
      }
      closing = true;
      queue.add(new Stop());
    }
    if (Thread.currentThread() == writer) {
      // By whoever waited for an answer: the writer ends once it is back from there.
      return;
    }
    boolean interrupted = false;
    while (writer.isAlive()) {
      try {
        writer.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
