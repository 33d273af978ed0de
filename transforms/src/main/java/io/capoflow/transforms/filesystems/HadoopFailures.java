package io.capoflow.transforms.filesystems;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.apache.hadoop.fs.ParentNotDirectoryException;
import org.apache.hadoop.fs.PathIsNotEmptyDirectoryException;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.security.AccessControlException;

/** What Hadoop's failures are called in Java's own file systems. */
final class HadoopFailures {
  private HadoopFailures() {}

  static IOException of(Path path, IOException failure) {
    IOException told =
        failure instanceof RemoteException remote ? remote.unwrapRemoteException() : failure;
    if (told instanceof FileSystemException known) {
      return known;
    }
    return (IOException) named(path.toString(), told).initCause(told);
  }

  private static IOException named(String path, IOException failure) {
    if (isInterrupt(failure)) {
      Thread.currentThread().interrupt();
      return new ClosedByInterruptException();
    }
    if (failure instanceof FileNotFoundException) {
      return new NoSuchFileException(path);
    }
    if (failure instanceof org.apache.hadoop.fs.FileAlreadyExistsException) {
      return new FileAlreadyExistsException(path);
    }
    if (failure instanceof PathIsNotEmptyDirectoryException) {
      return new DirectoryNotEmptyException(path);
    }
    String reason = String.valueOf(failure.getMessage()).lines().findFirst().orElse("");
    if (failure instanceof AccessControlException) {
      return new AccessDeniedException(path, null, reason);
    }
    if (failure instanceof ParentNotDirectoryException) {
      return new FileSystemException(path, null, "what it lies in is no folder");
    }
    return new FileSystemException(path, null, reason);
  }

  private static boolean isInterrupt(IOException failure) {
    return failure instanceof ClosedByInterruptException
        || (failure instanceof InterruptedIOException
            && !(failure instanceof SocketTimeoutException)
            && failure.getCause() instanceof InterruptedException);
  }
}
