/**
 * HDFS and S3 as file systems of Java: {@link java.nio.file.Files} reads, lists and moves there as
 * it does here. What Java's own interface does not promise, that a whole file is created once, is
 * asked of {@code transforms.storage}.
 */
package io.capoflow.transforms.filesystems;
