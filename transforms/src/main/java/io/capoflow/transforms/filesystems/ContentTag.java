package io.capoflow.transforms.filesystems;

import static java.util.Objects.requireNonNull;

import java.nio.file.attribute.BasicFileAttributes;

/**
 * What an object store makes of an object's content and tells of it: its {@code ETag}. An object of
 * another content has another; a copy of the same content may have the same. It is the {@link
 * BasicFileAttributes#fileKey} of an object.
 */
public record ContentTag(String value) {
  public ContentTag {
    requireNonNull(value, "value");
  }
}
