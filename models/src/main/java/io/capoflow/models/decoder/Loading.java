package io.capoflow.models.decoder;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.ScalarType;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which model {@link ModelLoader} opens, where, and what for.
 *
 * <pre>{@code
 * ModelLoader.load(Loading.forUse(directory, "cpu"));
 * ModelLoader.load(Loading.forTraining(directory, "cuda").withAdapter(lora, seed).in(BF16));
 * }</pre>
 *
 * @param directory a Hugging Face checkpoint's or an adapter's, whose base {@link
 *     io.capoflow.models.checkpoint.ModelDirectory} finds
 * @param device as {@link io.capoflow.models.tensor.Torch#device} reads it
 * @param training whether a learner changes the model
 * @param precision in which the model computes; empty: in the type of its file. Weights that are
 *     trained are wide in either
 * @param adapter the form of the adapter that is trained; {@link LoraSettings#NONE}: train whatever
 *     the directory holds
 * @param seed keys the draws of a fresh adapter
 */
public record Loading(
    Path directory,
    String device,
    boolean training,
    Optional<Precision> precision,
    LoraSettings adapter,
    long seed) {
  public Loading {
    requireNonNull(directory, "directory");
    requireNonNull(device, "device");
    requireNonNull(precision, "precision");
    if (adapter.isAdapter() && !training) {
      throw new IllegalArgumentException("an adapter is asked for where nothing is trained");
    }
  }

  /**
   * To sample and to score. The weights keep the dtype of their file.
   *
   * <p>An adapter is merged into its base, so that it costs nothing in use; but into a base in half
   * precision, whose rounding would swallow a part of it, it is not.
   */
  public static Loading forUse(Path directory, String device) {
    return new Loading(directory, device, false, Optional.empty(), LoraSettings.NONE, 0);
  }

  /**
   * To train: half-precision weights are widened to float32, without which small steps vanish. Of
   * an adapter's directory the adapter alone is trained, in float32, and the base stays as it is
   * stored.
   */
  public static Loading forTraining(Path directory, String device) {
    return new Loading(directory, device, true, Optional.empty(), LoraSettings.NONE, 0);
  }

  /**
   * The same with the weights that are only read as a model of that precision computes with them.
   */
  public Loading in(Precision precision) {
    return new Loading(directory, device, training, Optional.of(precision), adapter, seed);
  }

  /**
   * The same to train an adapter of that form, where the settings ask for one. A checkpoint gets a
   * fresh one, which changes nothing before the first step; a directory that holds an adapter of
   * another form is refused.
   *
   * @param seed keys a fresh adapter's draws
   */
  public Loading withAdapter(LoraSettings lora, long seed) {
    return new Loading(directory, device, training, precision, lora, seed);
  }

  /**
   * In which type weights are held.
   *
   * @param stored the narrowest type that holds them all as they are in the file
   * @param learned whether a learner changes them
   */
  ScalarType held(ScalarType stored, boolean learned) {
    return learned
        ? Precision.trained(stored)
        : precision.map(wanted -> wanted.of(stored)).orElse(stored);
  }
}
