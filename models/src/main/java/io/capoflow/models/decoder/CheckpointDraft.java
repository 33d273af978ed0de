package io.capoflow.models.decoder;

import io.capoflow.models.checkpoint.Safetensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Writes a checkpoint over another. Whatever fails while the new files are being written, a full
 * disk above all, the old checkpoint is untouched; then they take its files' places one by one,
 * weights first. Weights of the old checkpoint that no new file replaces are deleted, since readers
 * would take them for the new one's; files of other names stay where they are.
 */
final class CheckpointDraft {
  private static final Predicate<String> WEIGHTS =
      Pattern.compile(
              "model(-\\d{5}-of-\\d{5})?\\.safetensors|" + Pattern.quote(Safetensors.INDEX_FILE))
          .asMatchPredicate();

  private CheckpointDraft() {}

  /**
   * Fills the directory, which is created where it is missing.
   *
   * @param writer writes plain files, the weights among them, into the directory it is given
   */
  static void replace(Path directory, Consumer<Path> writer) {
    try {
      Files.createDirectories(directory);
      // Inside, so that a rename never crosses file systems.
      Path draft = Files.createTempDirectory(directory, ".saving-");
      try {
        writer.accept(draft);
        List<Path> weights = weights(draft);
        for (Path file : weights) {
          move(file, directory);
        }
        List<String> names = weights.stream().map(CheckpointDraft::name).toList();
        for (Path file : weights(directory)) {
          if (!names.contains(name(file))) {
            Files.delete(file);
          }
        }
        for (Path file : files(draft)) {
          move(file, directory);
        }
      } finally {
        for (Path file : files(draft)) {
          Files.delete(file);
        }
        Files.delete(draft);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("writing the checkpoint " + directory, e);
    }
  }

  private static void move(Path file, Path directory) throws IOException {
    Files.move(
        file,
        directory.resolve(file.getFileName()),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  private static List<Path> weights(Path directory) throws IOException {
    return files(directory).stream().filter(file -> WEIGHTS.test(name(file))).toList();
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }
}
