package io.capoflow.models.learning;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Cancelled;
import io.capoflow.schemas.ProcessThreads;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Threads that compute the parts of a piece of work at the same time, and hand their results in one
 * by one, in the parts' order: what the results add up to does not depend on the threads.
 *
 * <p>Parts begin in their order, and only while the slots of all that are computed stay within a
 * bound; one that is larger runs alone. A worker that is done early waits for its turn before it
 * begins another part, so there are never more results than workers.
 *
 * <p>The calling thread is the first worker. For one caller at a time.
 */
final class PartWorkers implements AutoCloseable {
  private final int workers;
  private final long slotsInFlight;
  private final Runnable prepare;
  private final ExecutorService others;

  /** What is done with parts. */
  interface Work {
    /**
     * Computes a part, while other workers compute others.
     *
     * @param worker from 0, below the number of workers; it hands a part in before it computes the
     *     next
     */
    void compute(int part, int worker);

    /** Takes a part's result in: of one part at a time, in the parts' order. */
    void handIn(int part, int worker);
  }

  /**
   * @param slotsInFlight slots of all parts that are computed at a time
   * @param prepare run on each thread but the caller's before it computes
   */
  PartWorkers(int workers, long slotsInFlight, Runnable prepare) {
    if (workers < 1) {
      throw new IllegalArgumentException("workers must be positive: " + workers);
    }
    this.workers = workers;
    this.slotsInFlight = slotsInFlight;
    this.prepare = requireNonNull(prepare, "prepare");
    this.others =
        Executors.newFixedThreadPool(Math.max(1, workers - 1), ProcessThreads.named("part-worker"));
  }

  /**
   * Does the work on all parts. When it returns or throws, no thread is at that work any more.
   *
   * <p>Where a part fails, those before it in order are computed all the same, no further one
   * begins, and nothing more is handed in. What the first failed part in order has thrown is
   * thrown.
   *
   * @param slots of each part
   * @throws Cancelled when the calling thread is interrupted, which it stays: no further part
   *     begins then, and those under way are computed to their ends
   */
  void run(long[] slots, Work work) {
    Course course = new Course(slots.clone(), slotsInFlight, requireNonNull(work, "work"));
    try {
      for (int worker = 1; worker < Math.min(workers, slots.length); worker++) {
        int number = worker;
        course.enter();
        try {
          others.execute(
              () -> {
                course.prepare(prepare);
                course.work(number);
              });
        } catch (RuntimeException | Error noThread) {
          course.leave();
          throw noThread;
        }
      }
    } catch (RuntimeException | Error noThread) {
      course.fail(Course.NONE, noThread);
    }
    course.enter();
    course.work(0);
    course.awaitEnd();
  }

  /** Ends the threads, which are idle, and waits until they have. */
  @Override
  public void close() {
    others.shutdown();
    boolean interrupted = false;
    boolean ended = false;
    while (!ended) {
      try {
        ended = others.awaitTermination(1, TimeUnit.DAYS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** One piece of work as it goes on. */
  private static final class Course {
    static final int NONE = -1;

    private final long[] slots;
    private final long slotsInFlight;
    private final Work work;
    private int next;
    private int turn;
    private long inFlight;
    private int threads;
    private boolean stopped;
    private boolean interrupted;
    private int failedPart = Integer.MAX_VALUE;
    private Throwable failure;

    Course(long[] slots, long slotsInFlight, Work work) {
      this.slots = slots;
      this.slotsInFlight = slotsInFlight;
      this.work = work;
    }

    synchronized void enter() {
      threads++;
    }

    synchronized void leave() {
      threads--;
      notifyAll();
    }

    void prepare(Runnable thread) {
      try {
        thread.run();
      } catch (RuntimeException | Error e) {
        fail(NONE, e);
      }
    }

    /** Works until nothing is left to begin, and leaves. */
    void work(int worker) {
      try {
        for (int part = begin(); part != NONE; part = begin()) {
          compute(part, worker);
        }
      } catch (InterruptedException e) {
        interrupt();
      } finally {
        leave();
      }
    }

    private void compute(int part, int worker) throws InterruptedException {
      try {
        try {
          work.compute(part, worker);
        } finally {
          computed(part);
        }
        if (turnCame(part)) {
          work.handIn(part, worker);
          handedIn();
        }
      } catch (RuntimeException | Error e) {
        fail(part, e);
      }
    }

    /** The next part, once there is room for it; none when all have begun or the work stops. */
    private synchronized int begin() throws InterruptedException {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      while (!stopped && next < slots.length && !hasRoom()) {
        wait();
      }
      if (stopped || next == slots.length) {
        return NONE;
      }
      inFlight += slots[next];
      return next++;
    }

    private boolean hasRoom() {
      return inFlight == 0 || inFlight + slots[next] <= slotsInFlight;
    }

    private synchronized void computed(int part) {
      inFlight -= slots[part];
      notifyAll();
    }

    /** Waits for a part's turn, which does not come where the work stops. */
    private synchronized boolean turnCame(int part) throws InterruptedException {
      while (!stopped && turn != part) {
        wait();
      }
      return !stopped;
    }

    private synchronized void handedIn() {
      turn++;
      notifyAll();
    }

    /**
     * @param part {@link #NONE}: a thread that cannot work
     */
    synchronized void fail(int part, Throwable thrown) {
      if (part < failedPart) {
        failedPart = part;
        failure = thrown;
      }
      stopped = true;
      notifyAll();
    }

    private synchronized void interrupt() {
      interrupted = true;
      stopped = true;
      notifyAll();
    }

    /** Waits until no thread works here any more, and throws what went wrong. */
    synchronized void awaitEnd() {
      while (threads > 0) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupt();
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      if (failure instanceof Error error) {
        throw error;
      }
      if (failure instanceof RuntimeException exception) {
        throw exception;
      }
      if (interrupted) {
        throw new Cancelled("the parts of a batch were computed");
      }
    }
  }
}
