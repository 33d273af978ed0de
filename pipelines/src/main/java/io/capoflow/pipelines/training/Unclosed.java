package io.capoflow.pipelines.training;

/**
 * What is left to do of an iteration whose dataflow has ended: its manifests, figures and record.
 * The driver does it while the next dataflow is planned and begins, which takes as long and leaves
 * the driver idle. A run that is killed before finds it undone and does it then. For one thread.
 */
final class Unclosed {
  private Runnable left = () -> {};

  /** Leaves work to {@link #finish}; what was left before is finished already. */
  void leave(Runnable work) {
    left = work;
  }

  /** Does what is left; nothing where nothing is. */
  void finish() {
    Runnable now = left;
    left = () -> {};
    now.run();
  }

  /** The same when something else failed, whose cause must not be lost. */
  void finishAfter(RuntimeException failure) {
    try {
      finish();
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }
}
