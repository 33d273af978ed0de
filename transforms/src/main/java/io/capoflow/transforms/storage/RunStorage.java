package io.capoflow.transforms.storage;

import io.capoflow.transforms.filesystems.HdfsProvider;
import io.capoflow.transforms.filesystems.S3Provider;
import java.io.IOException;
import java.nio.file.Path;

/**
 * What a run asks of a file system beyond {@link java.nio.file.Files}: that a whole file is created
 * once. Of several callers that create a file one wins, and a caller that is killed at any point
 * leaves nothing under the name.
 *
 * <pre>
 *                    this machine      HDFS                  S3
 * a file, once       hard link         rename, not over      conditional write
 * a file, replaced   rename            rename                write
 * a folder, once     rename            rename, not over      a commit names the attempt's folder,
 *                                                            whose files are then renamed
 * what is written    is forced         is forced at close    is there at close
 * </pre>
 *
 * Thread-safe, also between processes and machines.
 */
interface RunStorage {
  /** That of the file system on which a path lies. */
  static RunStorage of(Path path) {
    if (S3Provider.holds(path)) {
      return S3Storage.INSTANCE;
    }
    return HdfsProvider.holds(path) ? HdfsStorage.INSTANCE : LocalStorage.INSTANCE;
  }

  /**
   * Creates a file with its whole content, unless it exists. A caller that never heard whether it
   * won may find its own file: {@link Durable#createExclusively} compares.
   *
   * @return whether this call knows that it created it
   */
  boolean createExclusively(Path target, byte[] content) throws IOException;

  /** Creates or replaces a file in one step: readers see the old content or the new. */
  void replace(Path target, byte[] content) throws IOException;

  /** Forces a closed file's or a folder's content to disk. */
  void force(Path path) throws IOException;

  /**
   * Gives a whole folder its name, unless that is taken.
   *
   * @param seal the file in it that is there last: a folder that has it is whole
   * @return whether this call gave it the name
   */
  boolean nameFolder(Path attempt, Path target, String seal) throws IOException;

  /**
   * Ends what a process that was killed within {@link #nameFolder} had begun: a folder that is
   * named, and not whole yet. Nothing where there is none.
   */
  void finishFolder(Path target, String seal) throws IOException;
}
