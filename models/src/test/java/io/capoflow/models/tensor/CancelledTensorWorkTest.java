package io.capoflow.models.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.checkpoint.Safetensors;
import io.capoflow.models.checkpoint.TensorBytes;
import io.capoflow.models.checkpoint.TensorData;
import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.Digests;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whoever loads, digests or saves tensors hears between them that he is cancelled. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class CancelledTensorWorkTest {
  private static final int TENSORS = 8;

  @TempDir Path directory;
  private final AtomicInteger read = new AtomicInteger();
  private final CountDownLatch inside = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);

  @Test
  void loadingEnds() throws Exception {
    try (TorchScript script = TorchScript.compile(List.of("tensor_bytes.py"), Map.of())) {
      assertCancelledWithin(
          data ->
              NamedTensors.copyOf(script, Torch.device("cpu"), List.copyOf(data.keySet()), data)
                  .close());
    }
  }

  @Test
  void digestingEnds() throws Exception {
    assertCancelledWithin(
        data -> {
          String unused = TensorDigest.of(data);
        });
  }

  @Test
  void savingEndsAndLeavesNothing() throws Exception {
    Path file = directory.resolve("model.safetensors");
    assertCancelledWithin(data -> Safetensors.write(file, data, Map.of()));
  }

  @Test
  void readingAFileEnds() throws IOException {
    Path file = directory.resolve("model.safetensors");
    SortedMap<String, TensorData> tensors = new TreeMap<>();
    tensors.put("a", new TensorData("F32", new long[] {2}, ByteBuffer.allocate(8)));
    Safetensors.write(file, tensors, Map.of());
    for (Runnable work :
        List.<Runnable>of(
            () -> Safetensors.read(file),
            () -> Safetensors.metadata(file),
            () -> {
              try {
                String unused = Digests.ofFile(file);
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            })) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(work::run).isInstanceOf(Cancelled.class);
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(Safetensors.read(file)).containsOnlyKeys("a");
  }

  /** A digest does not depend on how bytes are cut, be it for a look at the interrupt. */
  @Test
  void blocksOfADigestAreOneTensor() {
    ByteBuffer whole = ByteBuffer.allocate(NamedTensors.PART_BYTES + 24);
    whole.putLong(NamedTensors.PART_BYTES, 7).putLong(0, 9);
    long[] shape = {whole.limit()};
    List<ByteBuffer> halves =
        Stream.of(whole.slice(0, 16), whole.slice(16, whole.limit() - 16)).toList();
    SortedMap<String, TensorData> one = new TreeMap<>();
    one.put("a", new TensorData("U8", shape, whole));
    SortedMap<String, TensorData> cut = new TreeMap<>();
    cut.put("a", new TensorData("U8", shape, TensorBytes.of(halves)));
    assertThat(TensorDigest.of(cut)).isEqualTo(TensorDigest.of(one));
    // As sha256sum says of name, dtype, shape and bytes.
    MessageDigest sha = Digests.sha256();
    sha.update(new byte[] {0, 0, 0, 1, 'a', 0, 0, 0, 2, 'U', '8', 0, 0, 0, 1});
    sha.update(ByteBuffer.allocate(8).putLong(0, whole.limit()));
    sha.update(whole.duplicate().rewind());
    assertThat(TensorDigest.of(one)).isEqualTo(HexFormat.of().formatHex(sha.digest()));
  }

  private void assertCancelledWithin(Consumer<SortedMap<String, TensorData>> work)
      throws InterruptedException {
    SortedMap<String, TensorData> data = new TreeMap<>();
    for (int i = 0; i < TENSORS; i++) {
      data.put("tensor" + i, new TensorData("F32", new long[] {4}, noted()));
    }
    FutureTask<?> working = new FutureTask<>(() -> work.accept(data), null);
    Thread thread = new Thread(working, "working");
    thread.start();
    inside.await();
    thread.interrupt();
    goOn.countDown();

    assertThatThrownBy(working::get).hasCauseInstanceOf(Cancelled.class);
    thread.join();
    assertThat(read).hasValueLessThan(TENSORS);
    assertThat(directory).isEmptyDirectory();
  }

  /** Bytes whose third reader waits until he is interrupted. */
  private TensorBytes noted() {
    return new TensorBytes() {
      @Override
      public long length() {
        return 16;
      }

      @Override
      public Iterable<ByteBuffer> parts() {
        if (read.incrementAndGet() == 3) {
          inside.countDown();
          try {
            goOn.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        }
        return List.of(ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN));
      }
    };
  }
}
