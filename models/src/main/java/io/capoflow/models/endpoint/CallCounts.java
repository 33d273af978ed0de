package io.capoflow.models.endpoint;

import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;

/** Counts what calls come to. Not thread-safe. */
final class CallCounts {
  private final TokenPrices prices;
  private long asked;
  private long inFlight;
  private long answered;
  private long retried;
  private long failed;
  private long withdrawn;
  private long promptTokens;
  private long cachedTokens;
  private long writtenTokens;

  CallCounts(TokenPrices prices) {
    this.prices = prices;
  }

  /** Counts a call; gives how many there were before. */
  long askedOne() {
    return asked++;
  }

  long asked() {
    return asked;
  }

  void sent() {
    inFlight++;
  }

  void returned() {
    inFlight--;
  }

  void retried() {
    retried++;
  }

  void failed() {
    failed++;
  }

  void withdrawn() {
    withdrawn++;
  }

  void answered(TokenCounts usage) {
    answered++;
    spent(usage);
  }

  /** Tokens that are paid for, whatever for. */
  void spent(TokenCounts usage) {
    promptTokens += usage.prompt() - usage.cached();
    cachedTokens += usage.cached();
    writtenTokens += usage.written();
  }

  CallFigures figures() {
    return new CallFigures(
        Math.max(0, asked - answered - failed - withdrawn - inFlight),
        inFlight,
        answered,
        retried,
        failed,
        promptTokens,
        cachedTokens,
        writtenTokens,
        prices.cost(promptTokens, cachedTokens, writtenTokens));
  }
}
