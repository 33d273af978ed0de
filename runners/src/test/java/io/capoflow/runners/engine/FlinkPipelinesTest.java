package io.capoflow.runners.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.pipelines.execution.JobName;
import io.capoflow.pipelines.execution.PipelineFactory;
import io.capoflow.pipelines.execution.PipelineWatch;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.SimpleFunction;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.junit.jupiter.api.Test;

final class FlinkPipelinesTest {
  @Test
  void oneFlinkRunsSeveralPipelinesAfterEachOther() throws IOException, InterruptedException {
    try (FlinkPipelines flink = FlinkPipelines.embedded(2)) {
      sumsByParity(flink);
      sumsByParity(flink);
    }
    // The actor system is terminated by now; its last threads may still be on their way out.
    for (Thread actor : actors()) {
      actor.join(60_000);
    }
    assertThat(actors()).isEmpty();
  }

  private static List<Thread> actors() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("flink-pekko.actor"))
        .toList();
  }

  @Test
  void theDirectRunnerGivesTheSame() {
    sumsByParity(new DirectPipelines(2));
  }

  @Test
  void aMistakeMetByAWorkerIsTold() throws IOException {
    try (FlinkPipelines flink = FlinkPipelines.embedded(1)) {
      for (boolean serializable : List.of(true, false)) {
        Pipeline pipeline = flink.create(named("mistaken"));
        pipeline.apply(Create.of(1)).apply(MapElements.via(new Mistaken(serializable)));
        assertThatThrownBy(() -> PipelineWatch.run(pipeline, () -> {}))
            .as("in what can be serialized: " + serializable)
            .isInstanceOf(UserMistake.class)
            .hasMessage("the model is not there");
      }
    }
  }

  @Test
  void aProcessHasOneFlink() throws IOException {
    try (FlinkPipelines first = FlinkPipelines.embedded(1);
        FlinkPipelines second = FlinkPipelines.embedded(1)) {
      first.create(named("one"));
      assertThatThrownBy(() -> second.create(named("two")))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("this process has a Flink already");
    }
  }

  @Test
  void withoutSlotsThereIsNoFlink() {
    assertThatThrownBy(() -> FlinkPipelines.embedded(0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new DirectPipelines(0)).isInstanceOf(IllegalArgumentException.class);
  }

  private static JobName named(String work) {
    return new JobName(Path.of("test"), work);
  }

  private static void sumsByParity(PipelineFactory pipelines) {
    Pipeline pipeline = pipelines.create(named("sums"));
    PCollection<KV<Integer, Integer>> sums =
        pipeline
            .apply(Create.of(1, 2, 3, 4, 5))
            .apply(
                WithKeys.of((Integer number) -> number % 2).withKeyType(TypeDescriptors.integers()))
            .apply(GroupByKey.create())
            .apply(MapElements.via(new SumUp()));
    PAssert.that(sums).containsInAnyOrder(List.of(KV.of(0, 6), KV.of(1, 9)));
    pipeline.run().waitUntilFinish();
  }

  /** Adds what a key was given. */
  private static final class SumUp
      extends SimpleFunction<KV<Integer, Iterable<Integer>>, KV<Integer, Integer>> {
    @Override
    public KV<Integer, Integer> apply(KV<Integer, Iterable<Integer>> group) {
      int sum = 0;
      for (int number : group.getValue()) {
        sum += number;
      }
      return KV.of(group.getKey(), sum);
    }
  }

  /** Fails as a worker does that finds no model. */
  private static final class Mistaken extends SimpleFunction<Integer, Integer> {
    private final boolean serializable;

    Mistaken(boolean serializable) {
      this.serializable = serializable;
    }

    @Override
    public Integer apply(Integer number) {
      UserMistake mistake = new UserMistake("the model is not there", new Homebound("cause", null));
      throw serializable ? mistake : new Homebound("stage failed", mistake);
    }
  }

  /** Of which a Flink keeps no more than its text. */
  private static final class Homebound extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Homebound(String message, Throwable cause) {
      super(message, cause);
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
      throw new NotSerializableException(getClass().getName());
    }
  }
}
