package io.capoflow.models.endpoint;

/**
 * What a process's calls came to since its client was opened.
 *
 * @param waiting calls that wait for their turn, their backoff or their endpoint
 * @param inFlight calls that a server has and has not answered
 * @param answered calls that were answered
 * @param retried attempts that were made again
 * @param failed calls that failed for good by themselves, while others were answered
 * @param promptTokens that servers read and charge in full
 * @param cachedTokens that servers had read before
 * @param writtenTokens that models wrote
 * @param cost in the currency of the prices; 0 where there are none
 */
public record CallFigures(
    long waiting,
    long inFlight,
    long answered,
    long retried,
    long failed,
    long promptTokens,
    long cachedTokens,
    long writtenTokens,
    double cost) {
  public static final CallFigures NONE = new CallFigures(0, 0, 0, 0, 0, 0, 0, 0, 0);

  /** Those of both, of which none is counted twice. */
  public CallFigures and(CallFigures other) {
    return new CallFigures(
        waiting + other.waiting,
        inFlight + other.inFlight,
        answered + other.answered,
        retried + other.retried,
        failed + other.failed,
        promptTokens + other.promptTokens,
        cachedTokens + other.cachedTokens,
        writtenTokens + other.writtenTokens,
        cost + other.cost);
  }

  /** Those since an earlier look; what waits and what is in flight stays as it is now. */
  public CallFigures since(CallFigures earlier) {
    return new CallFigures(
        waiting,
        inFlight,
        answered - earlier.answered,
        retried - earlier.retried,
        failed - earlier.failed,
        promptTokens - earlier.promptTokens,
        cachedTokens - earlier.cachedTokens,
        writtenTokens - earlier.writtenTokens,
        cost - earlier.cost);
  }
}
