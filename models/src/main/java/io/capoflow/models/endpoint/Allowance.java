package io.capoflow.models.endpoint;

import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.models.endpoint.Estimates.Estimate;

/**
 * What calls may be made by the rates and the budget of a run, of which a worker has its share. A
 * call's tokens are estimated before and settled after. Guarded by the lock of its client.
 */
final class Allowance {
  private final Pace requests;
  private final Pace tokens;
  private final Budget budget;
  private final Estimates estimates = new Estimates();

  Allowance(EndpointSpec spec, long now) {
    CallLimits limits = spec.limits();
    requests = new Pace((double) limits.requestsPerMinute() / limits.workers(), now);
    tokens = new Pace((double) limits.tokensPerMinute() / limits.workers(), now);
    budget = new Budget(limits, spec.prices());
  }

  Estimate estimate(ChatCall call) {
    return estimates.of(call);
  }

  /** Nanoseconds until the rates let a call through; 0 where they do now. */
  long delay(long now) {
    return Math.max(requests.delay(now), tokens.delay(now));
  }

  Budget.Room room(Estimate estimate) {
    return budget.room(estimate);
  }

  /** Why there is no room for a call. */
  String spent(Estimate estimate) {
    return budget.spent(estimate);
  }

  /** A call is sent. */
  void take(Estimate estimate, long now) {
    requests.take(1, now);
    tokens.take(estimate.prompt() + estimate.likely(), now);
    budget.reserve(estimate);
  }

  /** A call that was sent came to this. */
  void settle(ChatCall call, Estimate estimate, TokenCounts usage, long now) {
    long taken = estimate.prompt() + estimate.likely();
    tokens.giveBack(taken - usage.prompt() - usage.written(), now);
    budget.settle(estimate, usage);
    estimates.answered(call, usage);
  }

  /** A request for which nothing was taken came to this. */
  void spend(TokenCounts usage) {
    budget.spend(usage);
  }
}
