package io.capoflow.models.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir Path directory;

  @Test
  void whatIsWrittenIsRead() {
    Path file = directory.resolve("model.safetensors");
    TreeMap<String, TensorData> tensors = new TreeMap<>();
    tensors.put("weight", floats(new long[] {2, 3}, 1f, -2f, 3.5f, 0f, Float.NaN, 7f));
    tensors.put("scalar", floats(new long[] {}, 42f));
    tensors.put("empty", floats(new long[] {0, 4}));
    tensors.put("half", raw("BF16", new long[] {3}, 6));
    tensors.put("count", raw("I64", new long[] {1}, 8));
    tensors.put("mask", raw("BOOL", new long[] {5}, 5));

    Safetensors.write(file, tensors, Map.of("origin", "test"));

    assertEqual(Safetensors.read(file), tensors);
  }

  @Property(tries = 30)
  void anyBytesSurviveTheJourney(@ForAll @Size(max = 40) byte[] bytes) throws IOException {
    Path file = Files.createTempFile("tensors", ".safetensors");
    TreeMap<String, TensorData> tensors = new TreeMap<>();
    tensors.put("bytes", new TensorData("U8", new long[] {bytes.length}, ByteBuffer.wrap(bytes)));
    tensors.put("wide \"quoted\" ✓", raw("F64", new long[] {2, 1}, 16));
    Safetensors.write(file, tensors, Map.of());
    assertEqual(Safetensors.read(file), tensors);
    Files.delete(file);
  }

  @Test
  void theFileIsLaidOutAsTheFormatAsks() throws IOException {
    Path file = directory.resolve("one.safetensors");
    TreeMap<String, TensorData> tensors = new TreeMap<>();
    tensors.put("a", floats(new long[] {1}, 1f));
    Safetensors.write(file, tensors, Map.of());

    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    int headerLength = (int) bytes.getLong();
    assertThat(headerLength % 8).isZero();
    byte[] header = new byte[headerLength];
    bytes.get(header);
    assertThat(new String(header, StandardCharsets.UTF_8).stripTrailing())
        .isEqualTo(
            "{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}");
    assertThat(bytes.getFloat()).isEqualTo(1f);
    assertThat(bytes.hasRemaining()).isFalse();
  }

  @Test
  void replacingAFileLeavesEarlierMappingsIntact() {
    Path file = directory.resolve("m.safetensors");
    Safetensors.write(file, new TreeMap<>(Map.of("a", floats(new long[] {1}, 1f))), Map.of());
    SortedMap<String, TensorData> before = Safetensors.read(file);
    Safetensors.write(file, new TreeMap<>(Map.of("a", floats(new long[] {1}, 2f))), Map.of());
    assertThat(before.get("a").bytes().getFloat(0)).isEqualTo(1f);
    assertThat(Safetensors.read(file).get("a").bytes().getFloat(0)).isEqualTo(2f);
  }

  @Test
  void tensorsBeyondTwoGibibytesOfFileAreMapped() throws IOException {
    long begin = 3L << 30;
    Path file = directory.resolve("large.safetensors");
    StringBuilder header = new StringBuilder("{");
    for (int i = 0; i < 3; i++) {
      header.append(
          String.format(
              "\"pad%d\":{\"dtype\":\"U8\",\"shape\":[%d],\"data_offsets\":[%d,%d]},",
              i, 1L << 30, (long) i << 30, (i + 1L) << 30));
    }
    header.append(
        "\"far\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":["
            + begin
            + ","
            + (begin + 4)
            + "]}}");
    byte[] bytes = header.toString().getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.write(prefix(bytes.length));
      sparse.write(bytes);
      sparse.seek(8 + bytes.length + begin);
      sparse.write(new byte[] {0, 0, 0x20, 0x41}); // 10f
    }
    assertThat(Safetensors.read(file).get("far").bytes().getFloat(0)).isEqualTo(10f);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'w':{'dtype':'F32','shape':[2],'data_offsets':[0,4]}} | 4 | tensor w of dtype F32 and shape [2] does not fill",
        "{'w':{'dtype':'F32','shape':[2],'data_offsets':[0,8]}} | 4 | tensor w ends at data byte 8 of 4",
        "{'w':{'dtype':'X9','shape':[1],'data_offsets':[0,4]}} | 4 | tensor w has unknown dtype",
        "{'w':{'dtype':'F32','shape':[1],'data_offsets':[4,0]}} | 4 | tensor w has data_offsets [4,0]",
        "{'w':{'dtype':'F32','shape':[-1],'data_offsets':[0,4]}} | 4 | tensor w has shape [-1]",
        "{'w':{'dtype':'F32','shape':[1.5],'data_offsets':[0,4]}} | 4 | tensor w has shape [1.5]",
        "{'w':{'dtype':'F32','shape':[4611686018427387904,4],'data_offsets':[0,0]}} | 0 | tensor w of dtype F32",
        "{'w':{'dtype':'F32','data_offsets':[0,4]}} | 4 | tensor w has no shape",
        "{'v':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'w':{'dtype':'F32','shape':[1],'data_offsets':[4,8]}} | 8 | tensor w overlaps tensor v",
        "{'v':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'w':{'dtype':'F32','shape':[1],'data_offsets':[8,12]}} | 12 | tensor w leaves a hole after tensor v",
        "{'w':{'dtype':'F32','shape':[1],'data_offsets':[0,4]}} | 6 | 2 bytes follow tensor w",
        "{'w':{'dtype':'F32','shape':[1],'data_offsets':[0,4]},'w':{}} | 4 | the header is not JSON (Duplicate field 'w'",
        "[1] | 0 | the header is no JSON object",
        "{} x | 0 | the header is not JSON",
      })
  void aMalformedFileIsNamedWithItsTensor(String header, int dataBytes, String expected)
      throws IOException {
    Path file = directory.resolve("bad.safetensors");
    byte[] text = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + text.length + dataBytes);
    bytes.put(prefix(text.length)).put(text);
    Files.write(file, bytes.array());
    assertThatThrownBy(() -> Safetensors.read(file))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(expected);
  }

  @Test
  void everyTruncationOfAFileIsRefused() throws IOException {
    Path file = directory.resolve("whole.safetensors");
    Safetensors.write(
        file, new TreeMap<>(Map.of("a", floats(new long[] {3}, 1f, 2f, 3f))), Map.of());
    byte[] whole = Files.readAllBytes(file);
    Path cut = directory.resolve("cut.safetensors");
    for (int length = 0; length < whole.length; length++) {
      Files.write(cut, java.util.Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Safetensors.read(cut))
          .isInstanceOf(UserMistake.class)
          .hasMessageContaining("cut.safetensors");
    }
  }

  @Test
  void shardsAreReadThroughTheirIndex() throws IOException {
    Safetensors.write(
        directory.resolve("m-1.safetensors"),
        new TreeMap<>(Map.of("a", floats(new long[] {1}, 1f))),
        Map.of());
    Safetensors.write(
        directory.resolve("m-2.safetensors"),
        new TreeMap<>(Map.of("b", floats(new long[] {1}, 2f))),
        Map.of());
    writeIndex("{'weight_map':{'b':'m-2.safetensors','a':'m-1.safetensors'}}");

    SortedMap<String, TensorData> tensors = Safetensors.readCheckpoint(directory);

    assertThat(tensors.keySet()).containsExactly("a", "b");
    assertThat(tensors.get("b").bytes().getFloat(0)).isEqualTo(2f);
  }

  @Test
  void anIndexThatDoesNotFitItsShardsIsRefused() throws IOException {
    Safetensors.write(
        directory.resolve("m-1.safetensors"),
        new TreeMap<>(Map.of("a", floats(new long[] {1}, 1f))),
        Map.of());
    writeIndex("{'weight_map':{'a':'m-1.safetensors','z':'m-1.safetensors'}}");
    assertCheckpointRefused("tensor z is missing");
    writeIndex("{'weight_map':{'a':'m-3.safetensors'}}");
    assertCheckpointRefused("m-3.safetensors");
    writeIndex("{'weight_map':{'a':'../m-1.safetensors'}}");
    assertCheckpointRefused("no plain file name");
    writeIndex("{'weight_map':{}}");
    assertCheckpointRefused("names no tensors");
    Safetensors.write(
        directory.resolve("m-1.safetensors"),
        new TreeMap<>(Map.of("a", floats(new long[] {1}, 1f), "extra", floats(new long[] {1}, 1f))),
        Map.of());
    writeIndex("{'weight_map':{'a':'m-1.safetensors'}}");
    assertCheckpointRefused("tensor extra is not placed there");
  }

  @Test
  void aDirectoryWithoutAModelIsRefused() {
    assertCheckpointRefused("no model here");
  }

  @Test
  void aTensorWhoseBytesDoNotFitItsShapeIsNotWritten() {
    TreeMap<String, TensorData> tensors = new TreeMap<>(Map.of("a", raw("F32", new long[] {2}, 4)));
    assertThatThrownBy(
            () -> Safetensors.write(directory.resolve("x.safetensors"), tensors, Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("tensor a has 4 bytes, its shape asks for 8");
    assertThat(directory.resolve("x.safetensors")).doesNotExist();
  }

  private void assertCheckpointRefused(String expected) {
    assertThatThrownBy(() -> Safetensors.readCheckpoint(directory))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(expected);
  }

  private void writeIndex(String json) throws IOException {
    Files.writeString(directory.resolve(Safetensors.INDEX_FILE), json.replace('\'', '"'));
  }

  private static byte[] prefix(long length) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array();
  }

  private static TensorData floats(long[] shape, float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putFloat(value);
    }
    return new TensorData("F32", shape, bytes.flip());
  }

  private static TensorData raw(String dtype, long[] shape, int length) {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    for (int i = 0; i < length; i++) {
      bytes.put((byte) (17 * i + 3));
    }
    return new TensorData(dtype, shape, bytes.flip());
  }

  private static void assertEqual(
      SortedMap<String, TensorData> actual, SortedMap<String, TensorData> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    actual.forEach(
        (name, tensor) -> {
          TensorData other = expected.get(name);
          assertThat(tensor.dtype()).isEqualTo(other.dtype());
          assertThat(tensor.shape()).isEqualTo(other.shape());
          assertThat(tensor.bytes().isReadOnly()).isTrue();
          assertThat(tensor.bytes().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
          assertThat(tensor.bytes().duplicate().rewind())
              .isEqualTo(other.bytes().duplicate().rewind());
        });
  }
}
