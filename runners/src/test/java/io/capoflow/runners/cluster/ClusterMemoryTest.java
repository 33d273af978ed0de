package io.capoflow.runners.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.tensor.Numerics;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.JobManagerOptions;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.apache.flink.runtime.jobmanager.JobManagerProcessUtils;
import org.junit.jupiter.api.Test;

/** How a machine's memory is divided, by Flink's own reckoning. */
final class ClusterMemoryTest {
  @Test
  void twoWorkersOfTwoSlotsFitAMachineOf8GbBesideTheDriver() {
    // Of 7.6 GiB, which a machine of 8 GB has, 2.5 GiB are others'.
    MemorySize all = MemorySize.ofMebiBytes(7782 - 2560);
    assertThat(ClusterMemory.divide(all, 2, 2)).isEqualTo(new ClusterMemory(512, 128, 128, 531));
  }

  @Property(tries = 200)
  void theProcessesTakeWhatTheyMayAndNoMore(
      @ForAll @IntRange(min = 1, max = 8) int taskManagers,
      @ForAll @IntRange(min = 1, max = 16) int slots,
      @ForAll @IntRange(min = 0, max = 400_000) int mebibytesMore) {
    long all = least(taskManagers, slots) + mebibytesMore;
    ClusterMemory memory = ClusterMemory.divide(MemorySize.ofMebiBytes(all), taskManagers, slots);
    Configuration configuration = ClusterKey.configuration(memory.keys());
    configuration.setString("taskmanager.numberOfTaskSlots", Integer.toString(slots));
    TaskExecutorProcessSpec worker = TaskExecutorProcessUtils.processSpecFromConfig(configuration);
    long jobManager =
        JobManagerProcessUtils.processSpecFromConfigWithNewOptionToInterpretLegacyHeap(
                configuration, JobManagerOptions.JVM_HEAP_MEMORY)
            .getTotalProcessMemorySize()
            .getMebiBytes();
    long taken =
        jobManager
            + 2L * ClusterMemory.HISTORY_HEAP
            + (long) taskManagers * worker.getTotalProcessMemorySize().getMebiBytes();
    assertThat(taken).isBetween(all - taskManagers, all);
    assertThat(memory.taskHeap()).isGreaterThanOrEqualTo(256L * slots);
    assertThat(memory.libtorch()).isGreaterThanOrEqualTo(256);
    assertThat(worker.getTaskOffHeapSize().getMebiBytes()).isEqualTo(memory.libtorch());
  }

  @Test
  void tooLittleIsAMistakeThatSaysHowMuchIsNeeded() {
    long least = least(2, 2);
    assertThatThrownBy(() -> divide(least - 1))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "--memory %dm: 2 TaskManagers of 2 slots take at least %dm; give them more, or ask for fewer with --task-managers and --slots"
                .formatted(least - 1, least));
    assertThat(divide(least).libtorch()).isEqualTo(256);
  }

  private static ClusterMemory divide(long mebibytes) {
    return ClusterMemory.divide(MemorySize.ofMebiBytes(mebibytes), 2, 2);
  }

  /** The sum of what each process needs. */
  private static long least(int taskManagers, int slots) {
    int counted = Math.max(2, slots);
    long worker = 128L + 128L + 256L + 192L + counted * (64L + 64L + 256L) + 256L;
    return 512L + 128L + 256L + 192L + 128L + taskManagers * worker;
  }

  @Test
  void aClusterOfNoWorkersIsAMistake() {
    assertThatThrownBy(
            () -> new ClusterSettings(Path.of("c"), 0, 2, Numerics.NATIVE, 0, 8L << 30, List.of()))
        .isInstanceOf(UserMistake.class)
        .hasMessage("--task-managers 0: expects at least 1");
  }
}
