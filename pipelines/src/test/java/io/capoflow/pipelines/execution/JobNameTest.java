package io.capoflow.pipelines.execution;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class JobNameTest {
  private static final Path RUN = Path.of("/data/runs/one");

  @Test
  void itSaysWhatIsDoneAndForWhichDirectory() {
    assertThat(new JobName(RUN, "iteration 00003").text())
        .matches("one iteration 00003 \\[[0-9a-f]{12}]");
  }

  @Test
  void aDirectoryKnowsItsOwnJobsHoweverItIsWritten() {
    String job = new JobName(RUN, "iteration 00003").text();
    assertThat(JobName.isOf(Path.of("/data/runs/../runs/one"), job)).isTrue();
  }

  @Test
  void anotherDirectoryOfThatNameDoesNot() {
    String job = new JobName(RUN, "iteration 00003").text();
    assertThat(JobName.isOf(Path.of("/other/runs/one"), job)).isFalse();
    assertThat(JobName.isOf(RUN, "one iteration 00003")).isFalse();
    assertThat(JobName.isOf(RUN, job + " of somebody else")).isFalse();
  }
}
