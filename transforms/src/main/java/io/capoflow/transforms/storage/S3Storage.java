package io.capoflow.transforms.storage;

import static java.util.Objects.requireNonNull;

import io.capoflow.transforms.filesystems.S3Provider;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * S3 and what speaks its language. An object is whole or not there, and a write may ask that there
 * is none yet ({@code If-None-Match: *}). Folders are not renamed: a small object, created once,
 * says which attempt's folder is the one, and whoever finds it moves the files that are not in
 * their place yet, the seal last.
 */
enum S3Storage implements RunStorage {
  INSTANCE;

  /** A folder's commit: {@code _v00003.folder.json} beside {@code v00003/}. */
  private record Named(String folder) {
    Named {
      requireNonNull(folder, "folder");
    }
  }

  @Override
  public boolean createExclusively(Path target, byte[] content) throws IOException {
    return S3Provider.createIfAbsent(target, content);
  }

  @Override
  public void replace(Path target, byte[] content) throws IOException {
    Files.write(target, content);
  }

  @Override
  public void force(Path path) {}

  @Override
  public boolean nameFolder(Path attempt, Path target, String seal) throws IOException {
    byte[] commit = JsonFiles.bytes(new Named(attempt.getFileName().toString()));
    boolean won = Durable.createExclusively(commitOf(target), commit);
    if (won) {
      finishFolder(target, seal);
    }
    return won;
  }

  @Override
  public void finishFolder(Path target, String seal) throws IOException {
    Path commit = commitOf(target);
    if (Files.exists(target.resolve(seal)) || !Files.exists(commit)) {
      return;
    }
    String name = JsonFiles.read(commit, Named.class).folder();
    Path attempt = target.resolveSibling(name);
    if (!attempt.equals(attempt.normalize()) || !name.startsWith(".")) {
      throw RunAdvice.damaged(commit, "\"%s\" is no attempt's folder".formatted(name));
    }
    for (Path file : files(attempt)) {
      String inside = attempt.relativize(file).toString();
      if (!inside.equals(seal)) {
        take(file, target.resolve(inside));
      }
    }
    take(attempt.resolve(seal), target.resolve(seal));
    Durable.deleteTree(attempt);
  }

  /** Another process may do the same at the same time, and one may have been killed half-way. */
  private static void take(Path file, Path place) throws IOException {
    try {
      Files.move(file, place);
    } catch (FileAlreadyExistsException e) {
      Files.deleteIfExists(file);
    } catch (FileSystemException e) {
      if (!Files.exists(place)) {
        throw e;
      }
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        if (Files.isDirectory(entry)) {
          files.addAll(files(entry));
        } else {
          files.add(entry);
        }
      }
    } catch (NoSuchFileException takenMeanwhile) {
      return List.of();
    }
    return files;
  }

  private static Path commitOf(Path target) {
    return target.resolveSibling("_" + target.getFileName() + ".folder.json");
  }
}
