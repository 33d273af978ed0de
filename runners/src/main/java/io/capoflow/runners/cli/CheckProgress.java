package io.capoflow.runners.cli;

import io.capoflow.pipelines.integrity.RunCheck;
import io.capoflow.pipelines.integrity.RunProof;
import io.capoflow.runners.terminal.ProgressBar;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.transforms.storage.RunDirectory;
import java.util.concurrent.atomic.AtomicLong;

/** A check with somebody watching. */
final class CheckProgress {
  private static final long MEGABYTE = 1_000_000;

  private CheckProgress() {}

  /** Checks a run, and shows how much of it is read. */
  static RunProof check(Terminal terminal, RunDirectory run, int threads) {
    long total = RunCheck.bytes(run) / MEGABYTE;
    AtomicLong done = new AtomicLong();
    return new RunCheck(
            run,
            threads,
            bytes -> {
              long read = done.addAndGet(bytes) / MEGABYTE;
              terminal.passing(
                  ProgressBar.of("check", read, Math.max(read, total), "MB", terminal.columns()));
            })
        .look();
  }
}
