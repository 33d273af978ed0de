package io.capoflow.settings.recipe;

import io.capoflow.models.endpoint.CallLimits;
import io.capoflow.models.endpoint.Dialect;
import io.capoflow.models.endpoint.EndpointSpec;
import io.capoflow.models.endpoint.ExtraBody;
import io.capoflow.models.endpoint.TokenPrices;
import io.capoflow.schemas.JsonObject;
import io.capoflow.schemas.Locations;
import io.capoflow.settings.binding.InvalidSetting;
import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.KeyKind;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** A chat model behind an OpenAI-compatible server, and how it is called. */
public record ServerKeys(
    @Key(
            doc =
                "Base address of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1, or"
                    + " several with the same model; where set, critics are asked there",
            defaults = "[]",
            orOne = true,
            kind = KeyKind.EXECUTION)
        List<String> endpoint,
    @Key(doc = "Model as the server knows it; needed beside endpoint") Optional<String> model,
    @Key(
            doc =
                "Fields added to every request: chat_template_kwargs, reasoning_effort, structured"
                    + " outputs",
            defaults = "{}")
        JsonObject extraBody,
    @Key(doc = "Whether log-probabilities of critiques are asked for and kept", defaults = "false")
        boolean logprobs,
    @Key(
            doc = "How the server is asked: openai, vllm, or what a probe finds",
            defaults = "auto",
            kind = KeyKind.EXECUTION)
        Dialect dialect,
    @Key(
            doc = "Variable of the worker's environment that holds the server's key",
            defaults = "CAPOFLOW_API_KEY",
            kind = KeyKind.EXECUTION)
        String apiKeyEnv,
    @Key(
            doc =
                "Header in which the key is sent; where not set Authorization, and api-key for"
                    + " Azure's addresses",
            kind = KeyKind.EXECUTION)
        Optional<String> apiKeyHeader,
    @Key(
            doc =
                "Further headers, \"Name: value\"; ${VARIABLE} is read from the worker's"
                    + " environment",
            defaults = "[]",
            kind = KeyKind.EXECUTION)
        List<String> headers,
    @Key(
            doc =
                "Folder of a POSIX file system that keeps every answer, for all runs that name it",
            defaults = "runs/journal",
            kind = KeyKind.EXECUTION)
        Path journal,
    @Key(
            doc = "Calls in flight, at most, for each worker process and address",
            defaults = "256",
            range = "[1, 100000]",
            kind = KeyKind.EXECUTION)
        int maxInFlight,
    @Key(
            doc =
                "Critiques that one call asks for (n); more than one saves prompt tokens where a"
                    + " server charges them once a call",
            defaults = "1",
            range = "[1, 128]",
            kind = KeyKind.EXECUTION)
        int choicesPerCall,
    @Key(
            doc = "Calls of the whole run a minute; 0: no limit",
            defaults = "0",
            range = "[0, )",
            kind = KeyKind.EXECUTION)
        int requestsPerMinute,
    @Key(
            doc = "Tokens of the whole run a minute, read and written; 0: no limit",
            defaults = "0",
            range = "[0, )",
            kind = KeyKind.EXECUTION)
        long tokensPerMinute,
    @Key(
            doc = "Seconds that one attempt may take, to the last byte of its answer",
            defaults = "600",
            range = "(0, 1e6]",
            kind = KeyKind.EXECUTION)
        double timeout,
    @Key(
            doc = "Attempts after the first, for a call that fails while others are answered",
            defaults = "5",
            range = "[0, 1000]",
            kind = KeyKind.EXECUTION)
        int retries,
    @Key(
            doc =
                "Retries for each call of a run on average, beyond twice max_in_flight; a server that"
                    + " needs more stops the run",
            defaults = "0.5",
            range = "[0, )",
            kind = KeyKind.EXECUTION)
        double retryBudget,
    @Key(
            doc = "Seconds that calls wait for a server that is down, before the run stops",
            defaults = "600",
            range = "[0, 1e7]",
            kind = KeyKind.EXECUTION)
        double patience,
    @Key(
            doc =
                "Share of an iteration's, or a dataset's, critiques above which those that failed"
                    + " (void_reason FAILED) stop the run",
            defaults = "0.02",
            range = "[0, 1]",
            kind = KeyKind.EXECUTION)
        double maxFailedShare,
    @Key(
            doc = "Price of a million prompt tokens, in any currency, for the figures",
            defaults = "0",
            range = "[0, )",
            kind = KeyKind.EXECUTION)
        double promptPrice,
    @Key(
            doc =
                "Price of a million prompt tokens that the server had cached; where not set,"
                    + " prompt_price",
            range = "[0, )",
            kind = KeyKind.EXECUTION)
        Optional<Double> cachedPrice,
    @Key(
            doc = "Price of a million tokens that the model writes",
            defaults = "0",
            range = "[0, )",
            kind = KeyKind.EXECUTION)
        double writtenPrice,
    @Key(
            doc = "Tokens, read and written, that one session of the run may use; 0: no limit",
            defaults = "0",
            range = "[0, )",
            kind = KeyKind.EXECUTION)
        long budgetTokens,
    @Key(
            doc = "What one session of the run may cost, by these prices; 0: no limit",
            defaults = "0",
            range = "[0, )",
            kind = KeyKind.EXECUTION)
        double budgetCost) {
  /** Headers whose values are keys. */
  private static final Set<String> SECRET =
      Set.of("authorization", "proxy-authorization", "api-key", "x-api-key", "cookie");

  public ServerKeys {
    endpoint.forEach(ServerKeys::requireAddress);
    if (!endpoint.isEmpty() && !Locations.isLocal(journal)) {
      throw new InvalidSetting(
          "journal",
          "%s is on no POSIX file system: answers are appended and forced to disk there; name a folder that every worker sees"
              .formatted(journal));
    }
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon < 1) {
        throw new InvalidSetting("headers", "expects \"Name: value\" in each item");
      }
      if (SECRET.contains(header.substring(0, colon).strip().toLowerCase(Locale.ROOT))
          && !header.contains("${")) {
        throw new InvalidSetting(
            "headers",
            "holds a key, which would be written into the run; name a variable in its place, as"
                + " ${VARIABLE}");
      }
    }
    if (!endpoint.isEmpty() && model.isEmpty()) {
      throw new InvalidSetting(
          "model", "is not set, and critique.endpoint needs it; name the model that is served");
    }
    ExtraBody.problem(extraBody.text())
        .ifPresent(
            problem -> {
              throw new InvalidSetting("extra_body", problem);
            });
    if (budgetCost > 0 && promptPrice == 0 && writtenPrice == 0) {
      throw new InvalidSetting(
          "budget_cost",
          "needs prices; set critique.prompt_price and critique.written_price, of a million tokens");
    }
  }

  /** Whether critics are asked at a server. */
  public boolean used() {
    return !endpoint.isEmpty();
  }

  /**
   * Where the model is and how it is called.
   *
   * @param workers processes that share the run's limits
   */
  public EndpointSpec spec(int workers) {
    return new EndpointSpec(
        endpoint,
        model.orElseThrow(),
        apiKeyEnv,
        apiKeyHeader.orElse(""),
        headers,
        dialect,
        new CallLimits(
            maxInFlight,
            choicesPerCall,
            requestsPerMinute,
            tokensPerMinute,
            seconds(timeout),
            retries,
            retryBudget,
            seconds(patience),
            budgetTokens,
            budgetCost,
            workers),
        new TokenPrices(promptPrice, cachedPrice.orElse(promptPrice), writtenPrice));
  }

  private static Duration seconds(double seconds) {
    return Duration.ofMillis(Math.max(1, Math.round(seconds * 1000)));
  }

  /** What is refused is not shown: an address may hold a password. */
  private static void requireAddress(String address) {
    try {
      URI uri = new URI(address);
      boolean http =
          "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
      if (http && uri.getHost() != null && uri.getUserInfo() == null && uri.getFragment() == null) {
        return;
      }
    } catch (URISyntaxException e) {
      throw new InvalidSetting("endpoint", "is no address: " + e.getReason());
    }
    throw new InvalidSetting(
        "endpoint",
        "expects http:// or https:// with a host, and no user name or password in it; the key comes"
            + " from the environment, see critique.api_key_env");
  }
}
