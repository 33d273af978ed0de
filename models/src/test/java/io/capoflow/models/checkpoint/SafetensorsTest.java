package io.capoflow.models.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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

  @Test
  void aTensorBeyondTwoGibibytesIsMappedInParts() throws IOException {
    long length = (5L << 30) + 6;
    Path file = directory.resolve("one.safetensors");
    byte[] header =
        ("{\"w\":{\"dtype\":\"BF16\",\"shape\":["
                + length / 2
                + "],\"data_offsets\":[0,"
                + length
                + "]}}")
            .getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.write(prefix(header.length));
      sparse.write(header);
      sparse.write(new byte[] {1, 2});
      sparse.seek(8 + header.length + length - 2);
      sparse.write(new byte[] {3, 4});
    }

    TensorData tensor = Safetensors.read(file).get("w");

    List<ByteBuffer> parts = new ArrayList<>();
    tensor.content().parts().forEach(parts::add);
    assertThat(tensor.content().length()).isEqualTo(length);
    assertThat(parts.stream().mapToLong(ByteBuffer::limit).sum()).isEqualTo(length);
    assertThat(parts).hasSize(3).allSatisfy(part -> assertThat(part.isDirect()).isTrue());
    assertThat(parts.get(0).getShort(0)).isEqualTo((short) 0x0201);
    assertThat(parts.get(2).getShort(parts.get(2).limit() - 2)).isEqualTo((short) 0x0403);
    assertThatThrownBy(tensor::bytes)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(Long.toString(length));
  }

  @Test
  void aTensorInPartsIsWrittenAsOne() {
    Path file = directory.resolve("parts.safetensors");
    TensorData whole = raw("U8", new long[] {21}, 21);
    ByteBuffer bytes = whole.bytes();
    TensorData divided =
        new TensorData(
            "U8",
            new long[] {21},
            TensorBytes.of(List.of(bytes.slice(0, 8), bytes.slice(8, 8), bytes.slice(16, 5))));
    Safetensors.write(file, new TreeMap<>(Map.of("a", divided)), Map.of());
    assertEqual(Safetensors.read(file), new TreeMap<>(Map.of("a", whole)));
    assertThat(divided.bytes()).isEqualTo(whole.bytes());
    assertThatThrownBy(() -> TensorBytes.of(List.of(bytes.slice(0, 7), bytes.slice(7, 8))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aCheckpointThatExceedsAShardIsDivided() throws IOException {
    TreeMap<String, TensorData> tensors = new TreeMap<>();
    tensors.put("a", raw("F32", new long[] {2}, 8));
    tensors.put("b", raw("BF16", new long[] {2}, 4));
    tensors.put("c", raw("F32", new long[] {5}, 20));
    tensors.put("d", raw("BF16", new long[] {6}, 12));
    Safetensors.writeCheckpoint(directory, tensors, 12);

    assertThat(Safetensors.read(directory.resolve("model-00001-of-00003.safetensors")).keySet())
        .containsExactly("a", "b");
    assertThat(Safetensors.read(directory.resolve("model-00002-of-00003.safetensors")).keySet())
        .containsExactly("c");
    assertThat(Safetensors.read(directory.resolve("model-00003-of-00003.safetensors")).keySet())
        .containsExactly("d");
    assertThat(directory.resolve(Safetensors.SINGLE_FILE)).doesNotExist();
    assertThat(new ObjectMapper().readTree(directory.resolve(Safetensors.INDEX_FILE).toFile()))
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"metadata": {"total_size": 44},
                     "weight_map": {
                       "a": "model-00001-of-00003.safetensors",
                       "b": "model-00001-of-00003.safetensors",
                       "c": "model-00002-of-00003.safetensors",
                       "d": "model-00003-of-00003.safetensors"}}
                    """));
    assertEqual(Safetensors.readCheckpoint(directory), tensors);
    assertThat(Safetensors.fileOf(directory, "c"))
        .isEqualTo(directory.resolve("model-00002-of-00003.safetensors"));
    assertThat(Safetensors.fileOf(directory, "z"))
        .isEqualTo(directory.resolve(Safetensors.INDEX_FILE));
  }

  @Test
  void aTruncatedShardIsNamedWithItsTensor() throws IOException {
    TreeMap<String, TensorData> tensors = new TreeMap<>();
    tensors.put("a", raw("F32", new long[] {2}, 8));
    tensors.put("b", raw("F32", new long[] {5}, 20));
    Safetensors.writeCheckpoint(directory, tensors, 8);
    Path shard = directory.resolve("model-00002-of-00002.safetensors");
    try (RandomAccessFile file = new RandomAccessFile(shard.toFile(), "rw")) {
      file.setLength(file.length() - 3);
    }
    assertCheckpointRefused(shard + ": tensor b ends at data byte 20 of 17; the file is truncated");
  }

  @Test
  void aCheckpointThatFitsAShardIsOneFile() {
    TreeMap<String, TensorData> tensors =
        new TreeMap<>(Map.of("a", raw("F64", new long[] {2}, 16)));
    Safetensors.writeCheckpoint(directory, tensors, 16);
    assertThat(directory.resolve(Safetensors.INDEX_FILE)).doesNotExist();
    assertEqual(Safetensors.read(directory.resolve(Safetensors.SINGLE_FILE)), tensors);
  }

  @Test
  void anIndexTellsOneFileOfWeightsFromOthers() throws IOException {
    TreeMap<String, TensorData> tensors =
        new TreeMap<>(Map.of("a", raw("F64", new long[] {2}, 16)));
    Safetensors.writeCheckpoint(directory, tensors, 16);
    Safetensors.write(directory.resolve("optimizer.safetensors"), tensors, Map.of());
    Safetensors.indexCheckpoint(directory);
    assertThat(new ObjectMapper().readTree(directory.resolve(Safetensors.INDEX_FILE).toFile()))
        .isEqualTo(
            new ObjectMapper()
                .readTree(
                    """
                    {"metadata": {"total_size": 16}, "weight_map": {"a": "model.safetensors"}}
                    """));
    assertEqual(Safetensors.readCheckpoint(directory), tensors);

    writeIndex("{'weight_map':{'b':'m.safetensors'}}");
    Safetensors.indexCheckpoint(directory);
    assertThat(directory.resolve(Safetensors.INDEX_FILE)).content().contains("m.safetensors");
  }

  @Test
  void everyByteOfAFileIsWhereHuggingFacesLibraryPutsIt() throws IOException {
    Path file = directory.resolve("mixed.safetensors");
    TreeMap<String, TensorData> tensors = new TreeMap<>();
    tensors.put("a", raw("BF16", new long[] {3}, 6));
    tensors.put("b", floats(new long[] {1, 2}, 1f, -2f));
    tensors.put("c", raw("U8", new long[] {1}, 1));
    tensors.put("d", floats(new long[] {}, 0.5f));
    Safetensors.write(file, tensors, Map.of());

    // Metadata first, then the widest elements first and by name; no blanks but the padding.
    String header =
        "{'__metadata__':{'format':'pt'},"
            + "'b':{'dtype':'F32','shape':[1,2],'data_offsets':[0,8]},"
            + "'d':{'dtype':'F32','shape':[],'data_offsets':[8,12]},"
            + "'a':{'dtype':'BF16','shape':[3],'data_offsets':[12,18]},"
            + "'c':{'dtype':'U8','shape':[1],'data_offsets':[18,19]}}";
    byte[] text = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    int padded = (text.length + 7) / 8 * 8;
    ByteBuffer expected = ByteBuffer.allocate(8 + padded + 19).order(ByteOrder.LITTLE_ENDIAN);
    expected.putLong(padded).put(text);
    while (expected.position() < 8 + padded) {
      expected.put((byte) ' ');
    }
    expected.putFloat(1f).putFloat(-2f).putFloat(0.5f);
    expected.put(new byte[] {3, 20, 37, 54, 71, 88}).put((byte) 3);
    assertThat(file).hasBinaryContent(expected.array());
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
