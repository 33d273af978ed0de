package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.decoder.DecoderMemory;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.tensor.ScalarType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The estimate against the kernel's count of a process' resident pages, at their peak, and against
 * a heap that holds no more than that.
 */
class MemoryEstimateTest {
  private static final long MEBIBYTE = 1L << 20;

  /** Heap that a process needs beside what the estimate is of. */
  private static final long ALL_ELSE = 48 * MEBIBYTE;

  @TempDir Path directory;

  @Test
  void workTakesAboutWhatIsEstimated() throws IOException, InterruptedException {
    assumeTrue(
        Files.isWritable(PeakMemory.CLEAR),
        () -> "SKIPPED: no " + PeakMemory.CLEAR + " to reset a peak with");
    List<String> lines =
        run(
            PeakMemory.class,
            List.of("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch"),
            directory.toString());

    assertThat(lines).hasSize(6);
    SoftAssertions softly = new SoftAssertions();
    for (String line : lines) {
      String[] words = line.split(" ", -1);
      double ratio = Double.parseDouble(words[2]) / Double.parseDouble(words[1]);
      softly.assertThat(ratio).as("%s, measured over estimated", line).isBetween(0.75, 1.35);
    }
    softly.assertAll();
  }

  @Test
  void aVersionIsSavedInTheHeapThatIsEstimated() throws IOException, InterruptedException {
    DecoderConfig config = TinyModels.config(true, 2, 900_000);
    Path checkpoint = TinyModels.writeZeros(directory.resolve("checkpoint"), config);
    DecoderMemory memory = new DecoderMemory(config, ScalarType.F32);
    long heap = memory.saving(LoraSettings.NONE) + ALL_ELSE;
    // One copy of all that learns and its moments would not fit.
    assertThat(3 * memory.weights()).isGreaterThan(heap + ALL_ELSE);

    List<String> lines =
        run(
            SavingInLittleHeap.class,
            List.of("-Xmx" + heap / MEBIBYTE + "m"),
            checkpoint.toString(),
            directory.toString());

    assertThat(lines).singleElement().asString().matches("[0-9a-f]{64}");
    assertThat(Files.size(directory.resolve("version/optimizer.safetensors")))
        .isGreaterThan(2 * memory.weights());
    assertThat(Files.size(directory.resolve("merged/model.safetensors")))
        .isGreaterThan(2 * memory.weights());
  }

  /** Lines that a process printed, which must end well. */
  private static List<String> run(Class<?> main, List<String> options, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    command.addAll(
        List.of(
            "-Dai.djl.pytorch.num_threads=1",
            "-cp",
            System.getProperty("java.class.path"),
            main.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    // What is freed goes back to the kernel at once, so that growth is what is held.
    builder.environment().put("MALLOC_MMAP_THRESHOLD_", "65536");
    builder.environment().put("OMP_WAIT_POLICY", "PASSIVE");
    Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();
    assertThat(process.waitFor()).as("%s", lines).isZero();
    return lines;
  }
}
