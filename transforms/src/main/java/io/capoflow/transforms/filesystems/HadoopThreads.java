package io.capoflow.transforms.filesystems;

import io.capoflow.schemas.ProcessThreads;
import java.io.IOException;

/** Hadoop's file systems work in threads of their own, which stay. */
final class HadoopThreads {
  private HadoopThreads() {}

  /** What is asked of Hadoop. */
  @FunctionalInterface
  interface Work<T> {
    T call() throws IOException;
  }

  /** As {@link ProcessThreads#startedHere}. */
  static <T> T startedHere(Work<T> work) throws IOException {
    try {
      return ProcessThreads.startedHere(work::call);
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
