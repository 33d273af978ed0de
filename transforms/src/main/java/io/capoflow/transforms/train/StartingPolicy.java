package io.capoflow.transforms.train;

import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.tensor.TensorDigest;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.PolicyVersion;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.PolicyStore;
import io.capoflow.transforms.storage.TrainerState;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Makes a checkpoint directory the run's policy v00000. */
public final class StartingPolicy {
  private StartingPolicy() {}

  /**
   * Copies the checkpoint's weights, configuration and tokenizer, and commits them; an optimizer
   * state in it is left behind.
   *
   * @return v00000, also where it was committed before
   * @throws UserMistake when the directory holds no checkpoint
   */
  public static PolicyVersion commit(PolicyStore policies, Path checkpoint) {
    return policies
        .commit(
            0,
            directory -> {
              copy(checkpoint, directory);
              return TrainerState.start(
                  Keys.policyVersion(0), TensorDigest.of(Safetensors.readCheckpoint(directory)));
            })
        .version();
  }

  /**
   * Refuses what no run can start from.
   *
   * @throws UserMistake when the directory is not there or holds an adapter
   */
  public static void requireCheckpoint(Path checkpoint) {
    if (!Files.isDirectory(checkpoint)) {
      throw new UserMistake(
          "policy.path %s is no directory: name one with config.json, *.safetensors and tokenizer.json"
              .formatted(checkpoint));
    }
    if (ModelDirectory.of(checkpoint).isAdapter()) {
      throw new UserMistake(
          "policy.path %s is an adapter: make it a checkpoint first, with capoflow merge --model %s --output DIR"
              .formatted(checkpoint, checkpoint));
    }
  }

  private static void copy(Path checkpoint, Path directory) throws IOException {
    requireCheckpoint(checkpoint);
    try (DirectoryStream<Path> files = Files.newDirectoryStream(checkpoint)) {
      for (Path file : files) {
        if (Files.isRegularFile(file) && belongsToModel(file.getFileName().toString())) {
          Files.copy(file, directory.resolve(file.getFileName()));
        }
      }
    }
  }

  private static boolean belongsToModel(String name) {
    return !name.startsWith(".")
        && !name.equals(PolicyStore.optimizerFile())
        && !name.equals("trainer_state.json");
  }
}
