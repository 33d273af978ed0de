package io.capoflow.transforms.storage;

import io.capoflow.schemas.ProcessThreads;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Where shards are committed while slots compute the next ones. A commit mostly waits for the disk,
 * and several that wait together take hardly longer than one.
 */
final class CommitThreads {
  private static final int THREADS = 16;
  private static final int IDLE_SECONDS = 10;
  private static final Executor OF_PROCESS = start();

  private CommitThreads() {}

  /** Those of this process. */
  static Executor ofProcess() {
    return OF_PROCESS;
  }

  private static Executor start() {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            ProcessThreads.named("commit"));
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }
}
