package io.capoflow.models.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The estimate against the kernel's count of a process' resident pages, at their peak. */
class MemoryEstimateTest {
  @TempDir Path directory;

  @Test
  void workTakesAboutWhatIsEstimated() throws IOException, InterruptedException {
    assumeTrue(
        Files.isWritable(PeakMemory.CLEAR),
        () -> "SKIPPED: no " + PeakMemory.CLEAR + " to reset a peak with");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xms256m",
            "-Xmx256m",
            "-XX:+AlwaysPreTouch",
            "-Dai.djl.pytorch.num_threads=1",
            "-cp",
            System.getProperty("java.class.path"),
            PeakMemory.class.getName(),
            directory.toString());
    // What is freed goes back to the kernel at once, so that growth is what is held.
    builder.environment().put("MALLOC_MMAP_THRESHOLD_", "65536");
    builder.environment().put("OMP_WAIT_POLICY", "PASSIVE");
    Process process = builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .toList();

    assertThat(process.waitFor()).as("%s", lines).isZero();
    assertThat(lines).hasSize(4);
    SoftAssertions softly = new SoftAssertions();
    for (String line : lines) {
      String[] words = line.split(" ", -1);
      double ratio = Double.parseDouble(words[2]) / Double.parseDouble(words[1]);
      softly.assertThat(ratio).as("%s, measured over estimated", line).isBetween(0.75, 1.35);
    }
    softly.assertAll();
  }
}
