package io.capoflow.schemas;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.Callable;
import java.util.concurrent.ThreadFactory;

/**
 * Threads that outlive the job which happens to start them. A thread inherits the context class
 * loader of whoever starts it; a job's is closed when the job ends, and who asks it for a class
 * then, as parsers do that look for services, fails. So these have the process's own. They end no
 * later than the process.
 */
public final class ProcessThreads {
  private ProcessThreads() {}

  /** Makes daemon threads of one name. */
  public static ThreadFactory named(String name) {
    requireNonNull(name, "name");
    return work -> {
      Thread thread = new Thread(work, name);
      thread.setDaemon(true);
      thread.setContextClassLoader(loader());
      return thread;
    };
  }

  /**
   * Does work of a library that starts threads of its own meanwhile, which it keeps: they inherit
   * the process's class loader.
   *
   * @throws Exception what the work throws
   */
  public static <T> T startedHere(Callable<T> work) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(loader());
    try {
      return work.call();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static ClassLoader loader() {
    return ProcessThreads.class.getClassLoader();
  }
}
