package io.capoflow.models.checkpoint;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.Locations;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of models that lie elsewhere, copied to this machine, since tensors are mapped into memory.
 * A copy is known by its address and by what tells the file's content there: its key (an object's
 * tag, a number of HDFS), size and time. Processes of one machine share the copies. The folders
 * that were used last are kept, a file that is mapped stays readable when its folder goes.
 *
 * <p>They lie in {@code capoflow-models-USER} of the directory for temporary files. Thread-safe,
 * also between processes.
 */
public final class LocalCopies {
  /** A base, a reference, a critic, and policy versions that come and go. */
  private static final int FOLDERS = 8;

  private static final int BLOCK = 1 << 20;
  private static final Logger LOG = LoggerFactory.getLogger(LocalCopies.class);

  private LocalCopies() {}

  /**
   * The file on this machine: itself, or its copy.
   *
   * @throws Cancelled when the thread is interrupted while it is copied
   */
  public static Path of(Path file) throws IOException {
    return Locations.isLocal(file) ? file : of(file, root());
  }

  private static Path root() {
    return Path.of(
        System.getProperty("java.io.tmpdir"),
        "capoflow-models-" + System.getProperty("user.name", "nobody"));
  }

  static Path of(Path file, Path root) throws IOException {
    BasicFileAttributes there = Files.readAttributes(file, BasicFileAttributes.class);
    Path folder = root.resolve(hash(requireNonNull(file.getParent()).toString()));
    String content =
        "%s %s %d %d"
            .formatted(file, there.fileKey(), there.size(), there.lastModifiedTime().toMillis());
    Path copy = folder.resolve(hash(content) + "-" + file.getFileName());
    Files.createDirectories(folder);
    Files.setLastModifiedTime(folder, FileTime.from(Instant.now()));
    if (!Files.isRegularFile(copy)) {
      copy(file, copy, there.size());
      keepLast(root);
    }
    return copy;
  }

  private static String hash(String text) {
    return UUID.nameUUIDFromBytes(text.getBytes(StandardCharsets.UTF_8)).toString();
  }

  private static void copy(Path file, Path copy, long size) throws IOException {
    Path partial = copy.resolveSibling(copy.getFileName() + "." + UUID.randomUUID() + ".partial");
    try {
      try (InputStream from = Files.newInputStream(file);
          OutputStream to = Files.newOutputStream(partial)) {
        byte[] block = new byte[BLOCK];
        for (int count = from.read(block); count >= 0; count = from.read(block)) {
          Cancelled.throwIfInterrupted("copying a model's files");
          to.write(block, 0, count);
        }
      } catch (ClosedByInterruptException e) {
        throw new Cancelled("copying a model's files", e);
      }
      if (Files.size(partial) != size) {
        throw new IOException(
            "%s has %d bytes, of which %d came".formatted(file, size, Files.size(partial)));
      }
      Files.move(partial, copy, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private static void keepLast(Path root) throws IOException {
    List<Used> folders = new ArrayList<>();
    for (Path folder : entries(root)) {
      try {
        folders.add(new Used(folder, Files.getLastModifiedTime(folder)));
      } catch (NoSuchFileException deletedByAnother) {
        LOG.debug("{} is gone: another process deleted it", folder);
      }
    }
    folders.sort(Comparator.comparing(Used::time).reversed());
    for (Used folder : folders.subList(Math.min(FOLDERS, folders.size()), folders.size())) {
      for (Path file : entries(folder.path())) {
        Files.deleteIfExists(file);
      }
      Files.deleteIfExists(folder.path());
    }
  }

  private record Used(Path path, FileTime time) {}

  private static List<Path> entries(Path folder) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      entries.forEach(found::add);
    } catch (NoSuchFileException deletedByAnother) {
      return List.of();
    }
    return found;
  }
}
