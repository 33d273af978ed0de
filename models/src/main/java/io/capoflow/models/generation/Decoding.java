package io.capoflow.models.generation;

/**
 * A call of generation whose requests have prompts of one length and as many samples each.
 *
 * @param requests of the call
 * @param promptTokens of each prompt
 * @param samples of each request
 * @param newTokens longest continuation
 * @param maxRows continuations that are decoded at a time, at most
 */
public record Decoding(
    long requests, long promptTokens, long samples, long newTokens, long maxRows) {
  /**
   * Numbers that a shared prompt spares a layer at each step: with fewer, the operations that join
   * the two parts of attention took longer than the reading of copies.
   */
  private static final long LEAST_SPARED = 1 << 18;

  /** Continuations of all requests. */
  public long allRows() {
    return requests * samples;
  }

  /** Continuations that are decoded at a time. */
  public long rows() {
    return Math.min(allRows(), Math.max(maxRows, samples));
  }

  /**
   * Requests that have open continuations at a time, at most: twice as many as whole ones have
   * room, since some of the continuations of each will have ended.
   */
  public long openRequests() {
    return Math.min(requests, Math.max(1, 2 * rows() / Math.max(1, samples)));
  }

  /** What several prompts begin with, at most. */
  public long stems() {
    return Math.min(openRequests(), requests / 2);
  }

  /** Prompts that are read at a time. */
  public long read() {
    return Math.min(requests, Math.max(1, rows() / Math.max(1, samples)));
  }

  /**
   * Whether the continuations of a prompt read one copy of its keys and values: where that spares
   * each layer so many numbers a step that it is worth the further operations.
   *
   * @param keys numbers that a layer keeps of a token as its keys, and as many as its values
   */
  public boolean sharesPrompts(long keys) {
    long whole = rows() / Math.max(1, samples);
    long spared = (rows() - whole) * promptTokens;
    return 2 * spared * keys >= LEAST_SPARED;
  }
}
