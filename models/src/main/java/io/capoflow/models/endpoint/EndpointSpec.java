package io.capoflow.models.endpoint;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.util.List;

/**
 * Where a chat model is and how it is called: small enough to travel to a worker, and without any
 * secret. None of it changes an answer. Immutable.
 *
 * @param urls base addresses of servers that all have the same model, such as {@code
 *     http://10.0.0.5:8000/v1}; a path and a query are kept
 * @param model as the servers know it
 * @param apiKeyVariable the variable of the worker's environment that holds the key, read at each
 *     call; where it is not set, no key is sent
 * @param apiKeyHeader the header in which a key is sent, such as {@code api-key}; empty: {@code
 *     Authorization: Bearer}, and {@code api-key} for Azure's addresses
 * @param headers further ones, {@code Name: value}; {@code ${VARIABLE}} in a value is read from the
 *     worker's environment at each call
 * @param dialect how the servers want to be asked
 * @param limits that calls keep
 * @param prices for the figures and the budget
 */
public record EndpointSpec(
    List<String> urls,
    String model,
    String apiKeyVariable,
    String apiKeyHeader,
    List<String> headers,
    Dialect dialect,
    CallLimits limits,
    TokenPrices prices)
    implements Serializable {
  public EndpointSpec {
    urls = List.copyOf(urls);
    requireNonNull(model, "model");
    requireNonNull(apiKeyVariable, "apiKeyVariable");
    requireNonNull(apiKeyHeader, "apiKeyHeader");
    headers = List.copyOf(headers);
    requireNonNull(dialect, "dialect");
    requireNonNull(limits, "limits");
    requireNonNull(prices, "prices");
    if (urls.isEmpty()) {
      throw new IllegalArgumentException("an endpoint has at least one address");
    }
  }

  /** A server with one address, default limits, and the key in {@code CAPOFLOW_API_KEY}. */
  public static EndpointSpec of(String url, String model) {
    return new EndpointSpec(
        List.of(url),
        model,
        "CAPOFLOW_API_KEY",
        "",
        List.of(),
        Dialect.AUTO,
        CallLimits.DEFAULTS,
        TokenPrices.NONE);
  }
}
