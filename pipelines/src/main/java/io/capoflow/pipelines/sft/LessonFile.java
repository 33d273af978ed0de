package io.capoflow.pipelines.sft;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import io.capoflow.worlds.lessons.Lesson;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of lessons, one JSON object a line. Holds where each lesson lies, and reads it when it is
 * asked for. Thread-safe.
 */
final class LessonFile implements Closeable {
  private static final int NAMED_FAULTS = 3;

  private final Path file;
  private final FileChannel channel;
  private final List<Place> places;

  /**
   * Where a lesson lies.
   *
   * @param line from 1
   * @param offset of its first byte
   * @param bytes of the line, its end left out
   */
  private record Place(long line, long offset, int bytes) {}

  private LessonFile(Path file, FileChannel channel, List<Place> places) {
    this.file = file;
    this.channel = channel;
    this.places = places;
  }

  /**
   * Opens a file, and reads all of it once; blank lines are passed over.
   *
   * @throws UserMistake when it is not there, holds no lesson, or a line is none: the first few are
   *     named with their numbers
   */
  static LessonFile open(Path file) {
    requireNonNull(file, "file");
    if (!Files.isRegularFile(file)) {
      throw new UserMistake("%s is not there: name a file of lessons".formatted(file));
    }
    try {
      List<Place> places = places(file);
      if (places.isEmpty()) {
        throw new UserMistake("%s holds no lesson: give it one JSON object a line".formatted(file));
      }
      return new LessonFile(file, FileChannel.open(file), places);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  private static List<Place> places(Path file) throws IOException {
    List<Place> places = new ArrayList<>();
    List<String> faults = new ArrayList<>();
    long faulty = 0;
    long offset = 0;
    long number = 0;
    try (InputStream input = new BufferedInputStream(Files.newInputStream(file))) {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      for (boolean more = true; more; ) {
        more = readLine(input, line);
        number++;
        byte[] bytes = line.toByteArray();
        if (!isBlank(bytes)) {
          try {
            LessonRow.read(bytes);
            places.add(new Place(number, offset, bytes.length));
          } catch (LessonRow.BadLessonException e) {
            faulty++;
            if (faults.size() < NAMED_FAULTS) {
              faults.add("%s:%d: %s".formatted(file, number, e.getMessage()));
            }
          }
        }
        offset += bytes.length + 1L;
      }
    }
    if (faulty > 0) {
      throw new UserMistake(
          "%s%s; mend or delete what is no lesson"
              .formatted(
                  String.join("; ", faults),
                  faulty > faults.size() ? "; and %d more".formatted(faulty - faults.size()) : ""));
    }
    return List.copyOf(places);
  }

  /** Fills the buffer with a line, and says whether its end was a line feed. */
  private static boolean readLine(InputStream input, ByteArrayOutputStream line)
      throws IOException {
    line.reset();
    for (int next = input.read(); next >= 0; next = input.read()) {
      if (next == '\n') {
        return true;
      }
      line.write(next);
    }
    return false;
  }

  private static boolean isBlank(byte[] line) {
    for (byte each : line) {
      if (each != ' ' && each != '\t' && each != '\r') {
        return false;
      }
    }
    return true;
  }

  /** How many lessons it holds, at least 1. */
  int size() {
    return places.size();
  }

  /** Where a lesson lies, for people. */
  String place(int lesson) {
    return file + ":" + places.get(lesson).line();
  }

  /**
   * A lesson.
   *
   * @param lesson from 0, in the order of the file
   * @throws UserMistake when the file was changed since it was opened
   */
  Lesson read(int lesson) {
    Place place = places.get(lesson);
    try {
      ByteBuffer bytes = ByteBuffer.allocate(place.bytes());
      while (bytes.hasRemaining()) {
        if (channel.read(bytes, place.offset() + bytes.position()) < 0) {
          throw changed(lesson, new IOException("the file ends before it"));
        }
      }
      return LessonRow.read(bytes.array());
    } catch (LessonRow.BadLessonException e) {
      throw changed(lesson, e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  private UserMistake changed(int lesson, Exception cause) {
    return new UserMistake(
        "%s: is no lesson any more; start again, and leave the file as it is meanwhile"
            .formatted(place(lesson)),
        cause);
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close " + file, e);
    }
  }
}
