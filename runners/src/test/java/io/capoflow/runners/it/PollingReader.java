package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JacksonException;
import io.capoflow.schemas.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Somebody who reads a run again and again while it is made: every file that programs which open
 * tables see has to be whole, and so has every JSON file.
 */
final class PollingReader implements AutoCloseable {
  private static final int PAUSE_MILLIS = 200;

  /** Of a store that answers slowly, a reader must not take all the time. */
  private static final int PAUSES_PER_LOOK = 4;

  private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

  private final Path run;
  private final Set<Path> whole = new HashSet<>();
  private final ExecutorService thread = Executors.newSingleThreadExecutor();
  private final CountDownLatch over = new CountDownLatch(1);
  private final Future<Integer> seen;

  PollingReader(Path run) {
    this.run = run;
    this.seen = thread.submit(this::readOn);
  }

  private int readOn() throws IOException, InterruptedException {
    int read = 0;
    long pause = PAUSE_MILLIS;
    while (!over.await(pause, TimeUnit.MILLISECONDS)) {
      long begin = System.nanoTime();
      for (Path file : files()) {
        if (!whole.contains(file)) {
          read += read(file);
        }
      }
      long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
      pause = Math.max(PAUSE_MILLIS, PAUSES_PER_LOOK * took);
    }
    return read;
  }

  private List<Path> files() throws IOException {
    if (!Files.isDirectory(run)) {
      return List.of();
    }
    List<Path> visible = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(run)) {
      walk.filter(PollingReader::isShown).forEach(visible::add);
    } catch (UncheckedIOException | NoSuchFileException moved) {
      // What was listed is gone: the next look sees the rest.
      return visible;
    }
    return visible;
  }

  private static boolean isShown(Path file) {
    String name = file.getFileName() == null ? "" : file.getFileName().toString();
    return !name.startsWith(".")
        && (name.endsWith(".parquet") || name.endsWith(".json"))
        && !file.toString().contains("/.");
  }

  /** Parts and commits do not change once they are seen. */
  private static boolean isWrittenOnce(Path file) {
    String name = file.getFileName().toString();
    return name.startsWith("shard-") || name.startsWith("_shard-");
  }

  private int read(Path file) throws IOException {
    byte[] content;
    try {
      content = Files.readAllBytes(file);
    } catch (NoSuchFileException moved) {
      return 0;
    }
    if (file.toString().endsWith(".json")) {
      try {
        Json.STRICT.readTree(content);
      } catch (JacksonException e) {
        throw new AssertionError(file + " is no whole JSON file", e);
      }
    } else {
      assertThat(content).as(file.toString()).startsWith(MAGIC).endsWith(MAGIC);
    }
    if (isWrittenOnce(file)) {
      whole.add(file);
    }
    return 1;
  }

  /** Ends the reading. */
  @Override
  public void close() {
    over.countDown();
    try {
      assertThat(seen.get()).isPositive();
    } catch (ExecutionException e) {
      throw new AssertionError("a reader saw a file that is not whole", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } finally {
      thread.shutdown();
    }
  }
}
