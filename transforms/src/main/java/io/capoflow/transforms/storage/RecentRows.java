package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.avro.specific.SpecificRecordBase;

/**
 * Rows that this process committed lately, for those who read them at once: the learner, and the
 * figures of an iteration. A part that is still the file that was written is not read again, which
 * right after its commit would only read the system's cache; any other one is.
 *
 * <p>Holds what was committed last, up to a share of the heap. Thread-safe.
 */
public final class RecentRows {
  /** Of the heap, at most so much. */
  private static final int SHARE_OF_HEAP = 8;

  /** Boxed numbers and texts take so many times their canonical bytes. */
  private static final int HEAP_BYTES = 12;

  private static final RecentRows OF_PROCESS =
      new RecentRows(Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);

  private final long most;
  // In the order in which they were committed.
  private final Map<Path, Entry> entries = new LinkedHashMap<>();
  private long held;

  private record Entry(FileMark file, PartRows committed, List<?> rows, long bytes) {}

  /**
   * None.
   *
   * @param most bytes that rows take, as they are estimated
   */
  RecentRows(long most) {
    this.most = most;
  }

  /** Those of this process. */
  static RecentRows ofProcess() {
    return OF_PROCESS;
  }

  /**
   * Keeps the rows of a part.
   *
   * @param file mark of the part as it was written
   * @param canonicalBytes of all rows
   */
  synchronized void keep(
      Path part,
      FileMark file,
      PartRows committed,
      List<? extends SpecificRecordBase> rows,
      long canonicalBytes) {
    requireNonNull(rows, "rows");
    Path key = part.toAbsolutePath();
    remove(key);
    Entry entry = new Entry(file, committed, List.copyOf(rows), HEAP_BYTES * canonicalBytes);
    if (entry.bytes() > most) {
      return;
    }
    entries.put(key, entry);
    held += entry.bytes();
    Iterator<Entry> oldest = entries.values().iterator();
    while (held > most) {
      held -= oldest.next().bytes();
      oldest.remove();
    }
  }

  /** The rows that must be in a part; empty where it is another file by now, or none are kept. */
  <T extends SpecificRecordBase> Optional<List<T>> find(
      Path part, PartRows committed, Class<T> type) {
    Entry entry;
    synchronized (this) {
      entry = entries.get(part.toAbsolutePath());
    }
    if (entry == null
        || !entry.committed().equals(committed)
        || !FileMark.of(part).equals(Optional.of(entry.file()))) {
      return Optional.empty();
    }
    return Optional.of(entry.rows().stream().map(type::cast).toList());
  }

  /** Lets those of this process go: nobody will read them. */
  public static void release() {
    OF_PROCESS.clear();
  }

  private synchronized void clear() {
    entries.clear();
    held = 0;
  }

  private void remove(Path key) {
    Entry before = entries.remove(key);
    if (before != null) {
      held -= before.bytes();
    }
  }
}
