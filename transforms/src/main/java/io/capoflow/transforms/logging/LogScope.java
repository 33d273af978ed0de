package io.capoflow.transforms.logging;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import org.apache.beam.sdk.options.PipelineOptions;
import org.slf4j.MDC;

/**
 * What a thread works on until this is closed, for its log lines: SLF4J's mapped diagnostic context
 * holds {@code job}, which names run and iteration, {@code stage}, and {@code shard}. A log's
 * pattern shows them.
 *
 * <pre>{@code
 * try (LogScope scope = LogScope.ofShard(options, "sample", 12)) {
 *   compute();
 * }
 * }</pre>
 *
 * <p>Scopes of one thread lie within one another, as operators that an engine chains do: each gives
 * the thread back what it found. For the thread that opened it.
 */
public final class LogScope implements AutoCloseable {
  public static final String JOB = "job";
  public static final String STAGE = "stage";
  public static final String SHARD = "shard";

  private final Map<String, String> before = new LinkedHashMap<>();

  private LogScope(String job, String stage, String shard) {
    put(JOB, job);
    put(STAGE, stage);
    put(SHARD, shard);
  }

  /** Of a stage whose work has no shards. */
  public static LogScope of(PipelineOptions options, String stage) {
    return new LogScope(options.getJobName(), stage, "");
  }

  /** Of a stage's shard. */
  public static LogScope ofShard(PipelineOptions options, String stage, int shard) {
    return new LogScope(options.getJobName(), stage, "%05d".formatted(shard));
  }

  /** An executor whose threads log what they are given now as this thread does. */
  public static Executor carriedTo(Executor executor) {
    Map<String, String> context = MDC.getCopyOfContextMap();
    if (context == null || context.isEmpty()) {
      return executor;
    }
    return task ->
        executor.execute(
            () -> {
              MDC.setContextMap(context);
              try {
                task.run();
              } finally {
                MDC.clear();
              }
            });
  }

  @Override
  public void close() {
    before.forEach(LogScope::set);
  }

  private void put(String key, String value) {
    before.put(key, MDC.get(key));
    set(key, value);
  }

  private static void set(String key, String value) {
    if (value == null || value.isEmpty()) {
      MDC.remove(key);
    } else {
      MDC.put(key, value);
    }
  }
}
