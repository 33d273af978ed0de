package io.capoflow.transforms.journal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Where a process finds the journal's answers. A file stays open once it was read: it can still be
 * read after somebody deleted it, since all of it is in another file by then. Thread-safe.
 *
 * <p>Lines are written, and files come and go, only under the folder's lock of files, and each line
 * has a later time than those before it. So whoever reads under that lock sees no line without
 * those that have more right than it, and what counts for a key never changes.
 */
final class JournalIndex implements AutoCloseable {
  private static final int OFFSET_BITS = 40;
  private static final int NONE = -1;

  private final Path folder;
  private final List<Segment> segments = new ArrayList<>();
  private final List<Long> forced = new ArrayList<>();
  private final Map<String, Integer> numbers = new HashMap<>();
  private final Map<String, AnswersFile> answers = new LinkedHashMap<>();

  /** Names of files of which all is indexed, with the bytes that they had. */
  private final Map<String, Long> known = new HashMap<>();

  private final LongTable places = new LongTable();

  /** When the answers were written that this process gave away. */
  private final LongTable given = new LongTable();

  /** The segment that this process writes to; it reads there only what is forced to disk. */
  private int own = NONE;

  private long lastWritten;
  private long damagedSince;

  JournalIndex(Path folder) {
    this.folder = folder;
  }

  /** Whether others added something since the last {@link #refresh}. */
  synchronized boolean isBehind() throws IOException {
    for (Path file : JournalFiles.list(folder, AnswersFile::isAnswers)) {
      if (!known.containsKey(file.getFileName().toString())) {
        return true;
      }
    }
    Set<String> missing = new HashSet<>(numbers.keySet());
    for (Path file : JournalFiles.list(folder, SegmentFiles::isSegment)) {
      Integer number = numbers.get(file.getFileName().toString());
      if (number == null) {
        return true;
      }
      missing.remove(file.getFileName().toString());
      try {
        if (number != own && Files.size(file) > segments.get(number).length()) {
          return true;
        }
      } catch (NoSuchFileException e) {
        return true;
      }
    }
    return !missing.isEmpty();
  }

  /** Reads what others added; the caller holds the folder's lock of files. */
  synchronized void refresh() throws IOException {
    refreshSegments();
    for (Path file : JournalFiles.list(folder, AnswersFile::isAnswers)) {
      String name = file.getFileName().toString();
      if (!known.containsKey(name)) {
        add(AnswersFile.open(file));
      }
    }
  }

  /** Adds a file, unless all that it was made of is indexed already. */
  private void add(AnswersFile file) throws IOException {
    known.put(file.name(), file.bytes());
    Origins origins = file.origins();
    boolean indexed =
        !origins.files().isEmpty()
            && origins.files().stream()
                .allMatch(source -> known.getOrDefault(source.name(), -1L) == source.bytes());
    if (indexed) {
      file.close();
    } else {
      answers.put(file.name(), file);
      lastWritten = Math.max(lastWritten, origins.lastWritten());
    }
  }

  private void refreshSegments() throws IOException {
    Set<String> there = new HashSet<>();
    for (Path file : JournalFiles.list(folder, SegmentFiles::isSegment)) {
      String name = file.getFileName().toString();
      there.add(name);
      Integer number = numbers.get(name);
      if (number == null) {
        number = add(new Segment(file, FileChannel.open(file, StandardOpenOption.READ)), 0);
      }
      if (number != own) {
        follow(number);
      }
    }
    numbers.keySet().retainAll(there);
  }

  private void follow(int number) throws IOException {
    segments
        .get(number)
        .follow(
            (offset, header, line) -> {
              lastWritten = Math.max(lastWritten, header.written());
              places.add(LongTable.key(header.prefix(), header.index()), place(number, offset));
            });
  }

  private int add(Segment segment, long forcedTo) {
    segments.add(segment);
    forced.add(forcedTo);
    numbers.put(segment.name(), segments.size() - 1);
    return segments.size() - 1;
  }

  private static long place(int number, long offset) {
    return (long) number << OFFSET_BITS | offset;
  }

  /** Adds the segment that this process writes to from now on. */
  synchronized void addOwn(Segment segment) {
    own = add(segment, Long.MAX_VALUE);
  }

  /** Reads what this process added to its segment and forced to disk. */
  synchronized void followOwn() throws IOException {
    follow(own);
  }

  /** The segment of this process is one of many from now on. */
  synchronized void disown() {
    if (own != NONE) {
      forced.set(own, segments.get(own).read());
      own = NONE;
    }
  }

  /** The latest time at which a known answer was written. */
  synchronized long lastWritten() {
    return lastWritten;
  }

  /** The answers that count, by index; the same ones for the life of this index. */
  Map<Integer, KeptAnswer> find(String request, int times) throws IOException {
    List<AnswersFile> files;
    synchronized (this) {
      files = List.copyOf(answers.values());
    }
    List<KeptAnswer> compacted = new ArrayList<>();
    for (AnswersFile file : files) {
      compacted.addAll(file.find(request));
    }
    Map<Integer, KeptAnswer> found = new HashMap<>();
    for (int i = 0; i < times; i++) {
      int index = i;
      List<KeptAnswer> all =
          Stream.concat(
                  inSegments(request, index).stream(),
                  compacted.stream().filter(answer -> answer.index() == index))
              .toList();
      if (!all.isEmpty()) {
        found.put(index, given(all));
      }
    }
    return found;
  }

  /** The answer with an index that counts. */
  Optional<KeptAnswer> findOne(String request, int index) throws IOException {
    List<KeptAnswer> all = new ArrayList<>(inSegments(request, index));
    List<AnswersFile> files;
    synchronized (this) {
      files = List.copyOf(answers.values());
    }
    for (AnswersFile file : files) {
      file.find(request).stream().filter(answer -> answer.index() == index).forEach(all::add);
    }
    return all.isEmpty() ? Optional.empty() : Optional.of(given(all));
  }

  private List<KeptAnswer> inSegments(String request, int index) throws IOException {
    List<Long> where = new ArrayList<>();
    synchronized (this) {
      places.forEach(LongTable.key(KeptAnswer.prefix(request), index), where::add);
    }
    List<KeptAnswer> found = new ArrayList<>();
    for (long place : where) {
      read(place)
          .filter(answer -> answer.request().equals(request) && answer.index() == index)
          .ifPresent(found::add);
    }
    return found;
  }

  /** Of all answers with a key the one that was given before; else the one that counts. */
  private synchronized KeptAnswer given(List<KeptAnswer> all) {
    KeptAnswer any = all.get(0);
    long key = LongTable.key(KeptAnswer.prefix(any.request()), any.index());
    long before = given.first(key);
    Optional<KeptAnswer> again =
        all.stream().filter(answer -> answer.written() == before).findFirst();
    KeptAnswer counting = again.orElseGet(() -> Collections.min(all, KeptAnswer.BY_RIGHT));
    if (before < 0) {
      given.add(key, counting.written());
    }
    return counting;
  }

  private Optional<KeptAnswer> read(long place) throws IOException {
    int number = (int) (place >>> OFFSET_BITS);
    long offset = place & ((1L << OFFSET_BITS) - 1);
    Segment segment;
    boolean safe;
    long length;
    synchronized (this) {
      segment = segments.get(number);
      length = segment.length();
      safe = offset < forced.get(number);
    }
    if (!safe) {
      // Its writer may not have come to it yet, and what is given away must outlive a power cut.
      segment.force();
      synchronized (this) {
        forced.set(number, Math.max(forced.get(number), length));
      }
    }
    Optional<KeptAnswer> found = segment.at(offset);
    if (found.isEmpty()) {
      synchronized (this) {
        damagedSince++;
      }
    }
    return found;
  }

  /** Lines that could not be read, or no longer. */
  synchronized long damaged() {
    return damagedSince + segments.stream().mapToLong(Segment::damaged).sum();
  }

  @Override
  public synchronized void close() {
    try {
      for (Segment segment : segments) {
        segment.close();
      }
      for (AnswersFile file : answers.values()) {
        file.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close the files of " + folder, e);
    }
  }
}
