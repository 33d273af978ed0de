package io.capoflow.models.learning;

import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A checkpoint of {@code make_reference_checkpoints.py} and what its independent model said on it.
 */
final class ReferenceCase {
  private static final int NO_TOKEN = 255;

  private final Path directory;
  private final SortedMap<String, TensorData> expected;

  private ReferenceCase(Path directory) {
    this.directory = directory;
    this.expected = Safetensors.read(directory.resolve("expected.safetensors"));
  }

  /** Where the script wrote to. */
  static Path root() {
    try {
      return Path.of(ReferenceCase.class.getResource("/reference").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  static List<ReferenceCase> all() {
    try (Stream<Path> cases = Files.list(root())) {
      return cases.filter(Files::isDirectory).sorted().map(ReferenceCase::new).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path directory() {
    return directory;
  }

  /** Rows of token ids, without what pads them. */
  int[][] tokens(String name) {
    TensorData tensor = expected.get(name);
    ByteBuffer bytes = tensor.bytes();
    int width = (int) tensor.shape()[1];
    return IntStream.range(0, (int) tensor.shape()[0])
        .mapToObj(
            row ->
                IntStream.range(row * width, (row + 1) * width)
                    .map(i -> Byte.toUnsignedInt(bytes.get(i)))
                    .takeWhile(token -> token != NO_TOKEN)
                    .toArray())
        .toArray(int[][]::new);
  }

  float[] numbers(String name) {
    var floats = expected.get(name).bytes().asFloatBuffer();
    float[] numbers = new float[floats.remaining()];
    floats.get(numbers);
    return numbers;
  }

  /** Rows of numbers, each as long as a row of tokens. */
  float[][] numbers(String name, int[][] tokens) {
    int width = (int) expected.get(name).shape()[1];
    float[] flat = numbers(name);
    return IntStream.range(0, tokens.length)
        .mapToObj(row -> Arrays.copyOfRange(flat, row * width, row * width + tokens[row].length))
        .toArray(float[][]::new);
  }

  /** Whole numbers, which the script stores as floats. */
  int[] integers(String name) {
    float[] numbers = numbers(name);
    return IntStream.range(0, numbers.length).map(i -> (int) numbers[i]).toArray();
  }

  @Override
  public String toString() {
    return directory.getFileName().toString();
  }
}
