package io.capoflow.models.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorData;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tensor over 2 GiB from file to device and back. Takes 2 GiB of memory and of disk. */
class LargeTensorIT {
  private static final long LENGTH = (2L << 30) + 64;

  @TempDir Path directory;

  @Test
  void aTensorBeyondTwoGibibytesIsLoadedAndSaved() throws Exception {
    Path sparse = directory.resolve("sparse.safetensors");
    byte[] header =
        "{\"w\":{\"dtype\":\"BF16\",\"shape\":[2,%d],\"data_offsets\":[0,%d]}}"
            .formatted(LENGTH / 4, LENGTH)
            .getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile file = new RandomAccessFile(sparse.toFile(), "rw")) {
      file.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).array());
      file.write(header);
      file.write(new byte[] {0, 0x40}); // 2
      file.seek(8 + header.length + LENGTH - 2);
      file.write(new byte[] {0x40, 0x40}); // 3
    }
    Path saved = directory.resolve("saved");
    Files.createDirectories(saved);
    try (TorchScript script = TorchScript.compile(List.of("tensor_bytes.py"), Map.of());
        NamedTensors tensors =
            NamedTensors.copyOf(script, Device.cpu(), List.of("w"), Safetensors.read(sparse))) {
      Safetensors.writeCheckpoint(saved, tensors.view(), Safetensors.SHARD_BYTES);
    }

    TensorData tensor = Safetensors.readCheckpoint(saved).get("w");
    List<ByteBuffer> parts = new ArrayList<>();
    tensor.content().parts().forEach(parts::add);
    assertThat(tensor.shape()).containsExactly(2, LENGTH / 4);
    assertThat(tensor.content().length()).isEqualTo(LENGTH);
    assertThat(parts.get(0).getShort(0)).isEqualTo((short) 0x4000);
    assertThat(parts.get(0).getShort(2)).isZero();
    ByteBuffer last = parts.get(parts.size() - 1);
    assertThat(last.getShort(last.limit() - 2)).isEqualTo((short) 0x4040);
    assertThat(last.getShort(last.limit() - 4)).isZero();
  }
}
