package io.capoflow.models.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.capoflow.models.checkpoint.TensorBytes;
import io.capoflow.models.checkpoint.TensorData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class NamedTensorsTest {
  private static TorchScript script;

  @BeforeAll
  static void compile() {
    script = TorchScript.compile(List.of("tensor_bytes.py"), Map.of());
  }

  @AfterAll
  static void close() {
    script.close();
  }

  @Test
  void everyTypeComesBackBitForBitHoweverItsBytesAreDivided() {
    for (ScalarType type : ScalarType.values()) {
      int bytes = 15 * type.bytes();
      TensorData whole = new TensorData(type.name(), new long[] {5, 3}, pattern(bytes));
      List<ByteBuffer> parts =
          IntStream.iterate(0, at -> at < bytes, at -> at + 8)
              .mapToObj(at -> whole.bytes().slice(at, Math.min(8, bytes - at)))
              .toList();
      TensorData divided = new TensorData(type.name(), new long[] {5, 3}, TensorBytes.of(parts));
      try (NamedTensors tensors = copy(Map.of("a", divided))) {
        for (SortedMap<String, TensorData> read : List.of(tensors.data(), tensors.view())) {
          assertThat(read.get("a").dtype()).isEqualTo(type.name());
          assertThat(read.get("a").shape()).containsExactly(5, 3);
          assertThat(read.get("a").content().length()).isEqualTo(bytes);
          assertThat(read.get("a").bytes()).isEqualTo(whole.bytes());
        }
      }
    }
  }

  @Test
  void aTensorThatTravelsInSeveralPartsArrivesWhole() {
    // Two and a half times what goes at once.
    int bytes = 5 << 25;
    TensorData tensor = new TensorData("BF16", new long[] {bytes / 2}, pattern(bytes));
    try (NamedTensors tensors = copy(Map.of("a", tensor))) {
      assertThat(tensors.view().get("a").content().parts()).hasSize(3);
      assertThat(tensors.view().get("a").bytes().mismatch(tensor.bytes())).isEqualTo(-1);
    }
  }

  @Test
  void aViewShowsTheTensorsAsTheyAreWhenRead() {
    ByteBuffer ones = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    ones.putFloat(1).putFloat(1);
    try (NamedTensors tensors =
        copy(Map.of("a", new TensorData("F32", new long[] {2}, ones.flip())))) {
      SortedMap<String, TensorData> view = tensors.view();
      SortedMap<String, TensorData> copy = tensors.data();
      tensors.arrays().get(0).muli(tensors.arrays().get(0).duplicate().addi(2));
      assertThat(view.get("a").bytes().getFloat(4)).isEqualTo(3);
      assertThat(copy.get("a").bytes().getFloat(4)).isEqualTo(1);
    }
  }

  @Test
  void noTensorIsNarrowed() {
    TensorData half = new TensorData("F16", new long[] {1}, ByteBuffer.wrap(new byte[] {0, 0x3c}));
    TensorData brain =
        new TensorData("BF16", new long[] {1}, ByteBuffer.wrap(new byte[] {(byte) 0x80, 0x3f}));
    try (NamedTensors tensors = copy(Map.of("a", half, "b", brain))) {
      assertThat(tensors.type()).isEqualTo(ScalarType.F32);
      assertThat(tensors.view().get("a").bytes().getFloat(0)).isEqualTo(1);
      assertThat(tensors.view().get("b").bytes().getFloat(0)).isEqualTo(1);
    }
  }

  private static NamedTensors copy(Map<String, TensorData> tensors) {
    TreeMap<String, TensorData> sorted = new TreeMap<>(tensors);
    return NamedTensors.copyOf(script, Device.cpu(), List.copyOf(sorted.keySet()), sorted);
  }

  /** Bytes that are no NaN in any type, whose payload a conversion could change. */
  private static ByteBuffer pattern(int bytes) {
    ByteBuffer pattern = ByteBuffer.allocate(bytes);
    for (int i = 0; i < bytes; i++) {
      pattern.put((byte) (i * 7 % 60));
    }
    return pattern.flip();
  }
}
