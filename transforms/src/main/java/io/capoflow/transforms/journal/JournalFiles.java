package io.capoflow.transforms.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Files of a journal, open for reading. Those that a compaction left over when it was killed are
 * not among them.
 */
final class JournalFiles implements AutoCloseable {
  private final List<Segment> segments = new ArrayList<>();
  private final List<AnswersFile> answers = new ArrayList<>();
  private final List<AnswersFile.Rows> reading = new ArrayList<>();
  private final List<Path> leftOver = new ArrayList<>();

  private JournalFiles() {}

  /**
   * Opens files; the caller holds the folder's lock of files.
   *
   * @param segments which
   */
  static JournalFiles open(Path folder, SegmentFilter segments) throws IOException {
    JournalFiles opened = new JournalFiles();
    boolean done = false;
    try {
      Set<String> copied = new HashSet<>();
      for (Path file : list(folder, AnswersFile::isAnswers)) {
        AnswersFile answers = AnswersFile.open(file);
        opened.answers.add(answers);
        answers.origins().files().forEach(source -> copied.add(source.name()));
      }
      for (Path file : list(folder, SegmentFiles::isSegment)) {
        if (copied.contains(file.getFileName().toString())) {
          opened.leftOver.add(file);
        } else if (segments.opens(file)) {
          opened.segments.add(new Segment(file, FileChannel.open(file, StandardOpenOption.READ)));
        }
      }
      for (AnswersFile file : List.copyOf(opened.answers)) {
        if (copied.contains(file.name())) {
          opened.leftOver.add(file.file());
          opened.answers.remove(file);
          file.close();
        }
      }
      done = true;
      return opened;
    } finally {
      if (!done) {
        opened.close();
      }
    }
  }

  /** Opens all files, as they are now. */
  static JournalFiles openAll(Path folder) throws IOException {
    try (FolderLock.Held held = FolderLock.ofFiles(folder).take()) {
      return open(folder, segment -> true);
    }
  }

  /** Which segments are opened. */
  interface SegmentFilter {
    boolean opens(Path segment) throws IOException;
  }

  /** Files of one kind, in the order of their names. */
  static List<Path> list(Path folder, DirectoryStream.Filter<Path> kind) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(folder, kind)) {
      all.forEach(files::add);
    }
    files.sort(null);
    return files;
  }

  /** Bytes of a file; empty where it is gone, as it may be when no lock is held. */
  static OptionalLong size(Path file) throws IOException {
    try {
      return OptionalLong.of(Files.size(file));
    } catch (NoSuchFileException e) {
      return OptionalLong.empty();
    }
  }

  List<Segment> segments() {
    return List.copyOf(segments);
  }

  List<AnswersFile> answers() {
    return List.copyOf(answers);
  }

  /** Files of which all is in others. */
  List<Path> leftOver() {
    return List.copyOf(leftOver);
  }

  /** Closes Parquet files, which are of no interest. */
  void leaveOut(List<AnswersFile> some) throws IOException {
    answers.removeAll(some);
    for (AnswersFile file : some) {
      file.close();
    }
  }

  /** All answers in order, of each key the one that counts. */
  AnswerMerge merge() throws IOException {
    List<Iterator<KeptAnswer>> files = new ArrayList<>();
    for (Segment segment : segments) {
      files.add(new SegmentRows(segment));
    }
    for (AnswersFile file : answers) {
      AnswersFile.Rows rows = file.rows();
      reading.add(rows);
      files.add(rows);
    }
    return new AnswerMerge(files);
  }

  /** What is known of files that were merged to their end. */
  Origins origins(AnswerMerge merged) {
    List<Origins.Source> sources = new ArrayList<>();
    long damaged = 0;
    long duplicates = merged.duplicates();
    long lastWritten = merged.lastWritten();
    for (Segment segment : segments) {
      sources.add(new Origins.Source(segment.name(), segment.length()));
      damaged += segment.damaged();
    }
    for (AnswersFile file : answers) {
      sources.add(new Origins.Source(file.name(), file.bytes()));
      damaged += file.origins().damagedLines();
      duplicates += file.origins().duplicates();
      lastWritten = Math.max(lastWritten, file.origins().lastWritten());
    }
    return new Origins(sources, duplicates, damaged, lastWritten);
  }

  @Override
  public void close() throws IOException {
    for (AnswersFile.Rows rows : reading) {
      rows.close();
    }
    for (Segment segment : segments) {
      segment.close();
    }
    for (AnswersFile file : answers) {
      file.close();
    }
  }
}
