package io.capoflow.transforms.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

class LogScopeTest {
  private final PipelineOptions options = PipelineOptionsFactory.create();

  @BeforeEach
  void name() {
    options.setJobName("sums-seed0 iteration 00003 [5f1c2a90d7b4]");
  }

  @AfterEach
  void nothingIsLeft() {
    MDC.clear();
  }

  @Test
  void aThreadSaysWhatItWorksOnAndThenWhatItDidBefore() {
    MDC.put("theirs", "kept");
    try (LogScope sampling = LogScope.ofShard(options, "sample", 12)) {
      assertThat(context())
          .containsExactlyInAnyOrderEntriesOf(
              Map.of(
                  "job", "sums-seed0 iteration 00003 [5f1c2a90d7b4]",
                  "stage", "sample",
                  "shard", "00012",
                  "theirs", "kept"));
      try (LogScope verifying = LogScope.of(options, "verify")) {
        assertThat(context()).containsEntry("stage", "verify").doesNotContainKey("shard");
      }
      assertThat(context()).containsEntry("stage", "sample").containsEntry("shard", "00012");
    }
    assertThat(context()).containsExactly(Map.entry("theirs", "kept"));
  }

  @Test
  void threadsThatGoOnWithTheWorkSayTheSame() {
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      Executor committing;
      try (LogScope sampling = LogScope.ofShard(options, "sample", 12)) {
        committing = LogScope.carriedTo(threads);
      }
      assertThat(CompletableFuture.supplyAsync(LogScopeTest::context, committing).join())
          .containsEntry("stage", "sample")
          .containsEntry("shard", "00012");
      assertThat(CompletableFuture.supplyAsync(LogScopeTest::context, threads).join()).isEmpty();
    } finally {
      threads.shutdownNow();
    }
  }

  private static Map<String, String> context() {
    Map<String, String> context = MDC.getCopyOfContextMap();
    return context == null ? Map.of() : new HashMap<>(context);
  }
}
