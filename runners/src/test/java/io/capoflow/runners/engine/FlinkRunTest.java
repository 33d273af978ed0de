package io.capoflow.runners.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.pipelines.execution.JobName;
import io.capoflow.settings.recipe.ExecutionSection.Runner;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.flink.client.program.ContextEnvironment;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.configuration.RestOptions;
import org.apache.flink.core.execution.DefaultExecutorServiceLoader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("deprecation") // Beam's batch pipelines still run on Flink's DataSet API.
class FlinkRunTest {
  @AfterEach
  void endTheProgram() {
    ContextEnvironment.unsetAsContext();
  }

  @Test
  void aProgramOfItsOwnIsNobodysGuest() throws IOException {
    assertThat(FlinkRun.configuration()).isEmpty();
    assertThat(FlinkRun.isGuest()).isFalse();
    try (EnginePipelines ours = EnginePipelines.of(Runner.FLINK, 1)) {
      ours.create(new JobName(Path.of("test"), "is made by a Flink of ours"));
      assertThat(FlinkRun.configuration()).isEmpty();
    }
  }

  @Test
  void flinkRunTellsWhereItsClusterIs() {
    beginAs("remote");
    assertThat(FlinkRun.configuration())
        .get()
        .extracting(found -> found.get(RestOptions.ADDRESS))
        .isEqualTo("jobs.example");
    assertThat(FlinkRun.isGuest()).isFalse();
  }

  @Test
  void inAJobManagerNoProcessMayBeEnded() {
    beginAs("embedded");
    assertThat(FlinkRun.isGuest()).isTrue();
  }

  private static void beginAs(String target) {
    Configuration configuration = new Configuration();
    configuration.set(DeploymentOptions.TARGET, target);
    configuration.set(RestOptions.ADDRESS, "jobs.example");
    ContextEnvironment.setAsContext(
        new DefaultExecutorServiceLoader(),
        configuration,
        FlinkRunTest.class.getClassLoader(),
        false,
        true);
  }
}
