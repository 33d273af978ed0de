package io.capoflow.schemas;

import java.io.Serial;
import java.util.concurrent.CancellationException;

/**
 * Work that ended unfinished because its thread was interrupted: so an engine takes back what it
 * gave a worker to do. It is nobody's fault and no user's mistake, and it says nothing of the
 * result: nothing of the work was committed. The thread stays interrupted, so that whatever it
 * comes to next ends, too.
 *
 * <p>Long work asks {@link #throwIfInterrupted} at least once a second, or as often as it can.
 */
public final class Cancelled extends CancellationException {
  @Serial private static final long serialVersionUID = 1L;

  /**
   * Work that was cancelled.
   *
   * @param work what was not finished, such as "loading a model"
   */
  public Cancelled(String work) {
    super("interrupted while " + work);
  }

  /** The same with what the interrupt did on the way here. */
  public Cancelled(String work, Throwable cause) {
    this(work);
    initCause(cause);
  }

  /**
   * Ends the work of an interrupted thread, which it stays.
   *
   * @param work what the thread is about to do or in the middle of
   * @throws Cancelled when the calling thread is interrupted
   */
  public static void throwIfInterrupted(String work) {
    if (Thread.currentThread().isInterrupted()) {
      throw new Cancelled(work);
    }
  }

  /** What to throw in place of an exception whose throwing has cleared the thread's interrupt. */
  public static Cancelled by(InterruptedException interrupt, String work) {
    Thread.currentThread().interrupt();
    return new Cancelled(work, interrupt);
  }
}
