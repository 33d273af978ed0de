package io.capoflow.transforms.journal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The segment that this process writes to. For one thread. */
final class OwnSegment {
  private static final Logger LOG = LoggerFactory.getLogger(OwnSegment.class);

  private final SegmentFiles.Written written;
  private final Segment segment;
  private long end;

  private OwnSegment(SegmentFiles.Written written) {
    this.written = written;
    this.segment = new Segment(written.file(), written.channel());
  }

  /** Makes one; the caller holds the folder's lock of files. */
  static OwnSegment create(Path folder) throws IOException {
    return new OwnSegment(SegmentFiles.create(folder));
  }

  /** As this process's index reads it: by the same channel, see {@link SegmentFiles}. */
  Segment segment() {
    return segment;
  }

  Path file() {
    return written.file();
  }

  /** Writes lines; the caller holds the folder's lock of files. They may not be on the disk yet. */
  void append(List<KeptAnswer> answers) throws IOException {
    ByteArrayOutputStream lines = new ByteArrayOutputStream();
    answers.forEach(answer -> lines.writeBytes(AnswerLine.encode(answer)));
    ByteBuffer rest = ByteBuffer.wrap(lines.toByteArray());
    while (rest.hasRemaining()) {
      end += written.channel().write(rest, end);
    }
  }

  /** Forces what was written to the disk. */
  void force() throws IOException {
    written.channel().force(false);
  }

  /**
   * Gives up its lock: nothing more is written. It is deleted where nothing was written at all, and
   * can be read until its index is closed. Never fails: the system drops the lock with the process,
   * and a file without a line harms nobody.
   */
  void abandon() {
    try {
      try {
        if (end == 0) {
          Files.deleteIfExists(file());
        }
      } finally {
        written.release();
      }
    } catch (IOException e) {
      LOG.warn("{} is left behind: {}", file(), e.toString());
    }
  }
}
