package io.capoflow.pipelines.critiques;

/** Told what a build of a dataset does. Called on the building thread. */
public interface DatasetObserver {
  /** Something that stays on the screen. */
  void say(String line);

  /**
   * How far a stage has come.
   *
   * @param stage take in, critique, describe
   * @param note what else there is to say, such as the time left; may be empty
   */
  void progress(String stage, long done, long total, String unit, String note);
}
