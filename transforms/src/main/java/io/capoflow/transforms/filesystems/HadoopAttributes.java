package io.capoflow.transforms.filesystems;

import static java.util.Objects.requireNonNull;

import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.hdfs.protocol.HdfsFileStatus;

/** What Hadoop says of a file. */
record HadoopAttributes(FileStatus status) implements BasicFileAttributes {
  HadoopAttributes {
    requireNonNull(status, "status");
  }

  @Override
  public FileTime lastModifiedTime() {
    return FileTime.fromMillis(status.getModificationTime());
  }

  @Override
  public FileTime lastAccessTime() {
    return FileTime.fromMillis(status.getAccessTime());
  }

  @Override
  public FileTime creationTime() {
    return lastModifiedTime();
  }

  @Override
  public boolean isRegularFile() {
    return status.isFile();
  }

  @Override
  public boolean isDirectory() {
    return status.isDirectory();
  }

  @Override
  public boolean isSymbolicLink() {
    return status.isSymlink();
  }

  @Override
  public boolean isOther() {
    return false;
  }

  @Override
  public long size() {
    return status.getLen();
  }

  /** The number that HDFS gives to a file, or what S3 makes of an object's content. */
  @Override
  public Object fileKey() {
    if (status instanceof HdfsFileStatus hdfs) {
      return hdfs.getFileId();
    }
    return status instanceof EtagSource object
        ? Optional.ofNullable(object.getEtag())
            .filter(tag -> !tag.isEmpty())
            .map(ContentTag::new)
            .orElse(null)
        : null;
  }
}
