package io.capoflow.runners.cli;

/** Work for the end of the process, by a signal too, as long as it is open. */
final class AtExit implements AutoCloseable {
  private final Thread work;

  private AtExit(Thread work) {
    this.work = work;
  }

  static AtExit run(Runnable work) {
    Thread thread = new Thread(work, "at-exit");
    Runtime.getRuntime().addShutdownHook(thread);
    return new AtExit(thread);
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(work);
    } catch (IllegalStateException ending) {
      // Then the work is being done.
    }
  }
}
