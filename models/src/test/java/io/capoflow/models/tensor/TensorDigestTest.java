package io.capoflow.models.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.checkpoint.TensorData;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TensorDigestTest {
  @Test
  void namesTypesShapesAndBytesAllCount() {
    List<Map<String, TensorData>> different =
        List.of(
            Map.of(),
            Map.of("a", tensor("F32", new long[] {1}, 1, 2, 3, 4)),
            Map.of("b", tensor("F32", new long[] {1}, 1, 2, 3, 4)),
            Map.of("a", tensor("I32", new long[] {1}, 1, 2, 3, 4)),
            Map.of("a", tensor("F32", new long[] {1, 1}, 1, 2, 3, 4)),
            Map.of("a", tensor("F32", new long[] {}, 1, 2, 3, 4)),
            Map.of("a", tensor("F32", new long[] {1}, 1, 2, 3, 5)));
    Set<String> digests = new HashSet<>();
    different.forEach(tensors -> digests.add(TensorDigest.of(new TreeMap<>(tensors))));
    assertThat(digests).hasSameSizeAs(different);
  }

  @Test
  void aBuffersPositionDoesNotCount() {
    TensorData tensor = tensor("U8", new long[] {2}, 7, 8);
    String digest = TensorDigest.of(new TreeMap<>(Map.of("a", tensor)));
    tensor.bytes().get();
    assertThat(TensorDigest.of(new TreeMap<>(Map.of("a", tensor)))).isEqualTo(digest);
  }

  private static TensorData tensor(String dtype, long[] shape, int... bytes) {
    ByteBuffer buffer = ByteBuffer.allocate(bytes.length);
    for (int value : bytes) {
      buffer.put((byte) value);
    }
    return new TensorData(dtype, shape, buffer.flip());
  }
}
