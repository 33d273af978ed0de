package io.capoflow.models.endpoint;

import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.models.endpoint.Estimates.Estimate;
import java.util.Locale;

/**
 * What may be spent in a session. What calls in flight may come to at most is reserved. Not
 * thread-safe.
 */
final class Budget {
  private final double tokens;
  private final double cost;
  private final TokenPrices prices;
  private long spentTokens;
  private double spentCost;
  private long reservedTokens;
  private double reservedCost;

  /** Whether there is room for a call. */
  enum Room {
    ENOUGH,
    /** There may be when those in flight come to less than is reserved for them. */
    MAYBE_LATER,
    NONE
  }

  /** The share of one of the workers. */
  Budget(CallLimits limits, TokenPrices prices) {
    tokens = (double) limits.budgetTokens() / limits.workers();
    cost = limits.budgetCost() / limits.workers();
    this.prices = prices;
  }

  Room room(Estimate call) {
    long needed = call.prompt() + call.most();
    double price = price(call);
    if (!passes(spentTokens + reservedTokens + needed, spentCost + reservedCost + price)) {
      return Room.ENOUGH;
    }
    return reservedTokens > 0 && !passes(spentTokens + needed, spentCost + price)
        ? Room.MAYBE_LATER
        : Room.NONE;
  }

  void reserve(Estimate call) {
    reservedTokens += call.prompt() + call.most();
    reservedCost += price(call);
  }

  /** A call for which something was reserved came to this. */
  void settle(Estimate call, TokenCounts usage) {
    reservedTokens -= call.prompt() + call.most();
    reservedCost -= price(call);
    spend(usage);
  }

  /** Something for which nothing was reserved came to this. */
  void spend(TokenCounts usage) {
    spentTokens += usage.prompt() + usage.written();
    spentCost += prices.cost(usage.prompt() - usage.cached(), usage.cached(), usage.written());
  }

  /** Why there is no room for a call, and how to go on. */
  String spent(Estimate call) {
    long needed = call.prompt() + call.most();
    boolean byTokens = tokens > 0 && spentTokens + needed > tokens;
    if (passes(needed, price(call))) {
      return byTokens
          ? "the budget of %.0f tokens is less than the %d that one call may need: raise it, or lower critique.max_new_tokens"
              .formatted(tokens, needed)
          : String.format(
              Locale.ROOT,
              "the budget of %.4f is less than the %.4f that one call may cost: raise it, or lower critique.max_new_tokens",
              cost,
              price(call));
    }
    return byTokens
        ? "the budget of %.0f tokens is spent: %d were read and written, and a further call may need %d; run the same command again to go on"
            .formatted(tokens, spentTokens, needed)
        : String.format(
            Locale.ROOT,
            "the budget of %.2f is spent: %.4f went to calls, and a further one may cost %.4f; run the same command again to go on",
            cost,
            spentCost,
            price(call));
  }

  private boolean passes(long allTokens, double allCost) {
    return (tokens > 0 && allTokens > tokens) || (cost > 0 && allCost > cost);
  }

  private double price(Estimate call) {
    return prices.cost(call.prompt(), 0, call.most());
  }
}
