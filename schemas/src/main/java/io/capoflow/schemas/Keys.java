package io.capoflow.schemas;

import java.util.Locale;

/** The names by which records, iterations and policies are known. Every one sorts as it counts. */
public final class Keys {
  private Keys() {}

  /** {@code 00003/train-000017/05}: unique in a run, and a rollout's sort key in every stage. */
  public static String rolloutId(int iteration, String problemId, int sampleIndex) {
    return String.format(Locale.ROOT, "%05d/%s/%03d", iteration, problemId, sampleIndex);
  }

  /** {@code 00003}. */
  public static String iteration(int iteration) {
    return String.format(Locale.ROOT, "%05d", iteration);
  }

  /** {@code v00003}. */
  public static String policyVersion(int version) {
    return String.format(Locale.ROOT, "v%05d", version);
  }
}
