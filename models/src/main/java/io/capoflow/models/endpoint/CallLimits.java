package io.capoflow.models.endpoint;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.time.Duration;

/**
 * How calls are made: how many, how fast, for how long. None of it changes an answer.
 *
 * @param maxInFlight calls that a process has in flight at an endpoint, at most
 * @param choicesPerCall answers that one call may ask for
 * @param requestsPerMinute of the whole run; 0 for no limit
 * @param tokensPerMinute read and written, of the whole run; 0 for no limit
 * @param timeout of one attempt, from sending it to the last byte of its answer
 * @param retries attempts after the first that a call may fail while its endpoint answers others
 * @param retryBudget retries of a run for each of its calls on average, above a floor; a run whose
 *     endpoint needs more is stopped
 * @param patience how long calls wait for an endpoint that is down before the run stops
 * @param budgetTokens read and written in this session; 0 for no limit
 * @param budgetCost of this session, in the currency of the prices; 0 for no limit
 * @param workers processes that share the limits of the run evenly
 */
public record CallLimits(
    int maxInFlight,
    int choicesPerCall,
    int requestsPerMinute,
    long tokensPerMinute,
    Duration timeout,
    int retries,
    double retryBudget,
    Duration patience,
    long budgetTokens,
    double budgetCost,
    int workers)
    implements Serializable {
  public static final CallLimits DEFAULTS =
      new CallLimits(256, 1, 0, 0, Duration.ofMinutes(10), 5, 0.5, Duration.ofMinutes(10), 0, 0, 1);

  public CallLimits {
    requireNonNull(timeout, "timeout");
    requireNonNull(patience, "patience");
    if (maxInFlight < 1 || choicesPerCall < 1 || retries < 0 || workers < 1) {
      throw new IllegalArgumentException("limits of calls must be positive");
    }
  }
}
