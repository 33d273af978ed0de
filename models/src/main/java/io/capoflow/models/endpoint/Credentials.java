package io.capoflow.models.endpoint;

import io.capoflow.schemas.UserMistake;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The headers of an endpoint's requests. What stands in variables of the environment is read at
 * each request, and never becomes part of a message. Thread-safe.
 */
final class Credentials {
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(\\w+)}");

  private final EndpointSpec spec;
  private final Environment environment;
  private final List<Header> headers = new ArrayList<>();

  private record Header(String name, String value) {}

  /**
   * Those of a spec.
   *
   * @throws UserMistake when a header is not of the form {@code Name: value}
   */
  Credentials(EndpointSpec spec, Environment environment) {
    this.spec = spec;
    this.environment = environment;
    for (String header : spec.headers()) {
      int colon = header.indexOf(':');
      if (colon < 1) {
        throw new UserMistake("a header must be written Name: value, with a name before the colon");
      }
      headers.add(
          new Header(header.substring(0, colon).strip(), header.substring(colon + 1).strip()));
    }
  }

  /**
   * Adds the key and the further headers to a request.
   *
   * @throws UserMistake when one of them cannot be sent
   */
  void addTo(HttpRequest.Builder request, ServerAddress server) {
    environment
        .firstOf(spec.apiKeyVariable())
        .ifPresent(
            key -> {
              String name =
                  !spec.apiKeyHeader().isEmpty()
                      ? spec.apiKeyHeader()
                      : server.isAzure() ? "api-key" : "Authorization";
              String value = name.equalsIgnoreCase("Authorization") ? "Bearer " + key : key;
              set(request, name, value, "the key in " + spec.apiKeyVariable());
            });
    for (Header header : headers) {
      set(request, header.name(), filled(header), "the header " + header.name());
    }
  }

  /** Where the key is looked for. */
  String keyName() {
    return "the key in " + spec.apiKeyVariable();
  }

  /** What to do when a key is refused. */
  String keyAdvice() {
    return environment.firstOf(spec.apiKeyVariable()).isPresent()
        ? "the variable %s of the worker's environment holds a key that it does not take"
            .formatted(spec.apiKeyVariable())
        : "the variable %s of the worker's environment holds none".formatted(spec.apiKeyVariable());
  }

  /** A text of a server without any secret that it repeats. */
  String scrubbed(String text) {
    String clean = text;
    List<String> secrets = new ArrayList<>();
    environment.firstOf(spec.apiKeyVariable()).ifPresent(secrets::add);
    for (Header header : headers) {
      Matcher variables = VARIABLE.matcher(header.value());
      while (variables.find()) {
        environment.firstOf(variables.group(1)).ifPresent(secrets::add);
      }
    }
    for (String secret : secrets) {
      clean = clean.replace(secret, "…");
    }
    return clean;
  }

  private String filled(Header header) {
    return VARIABLE
        .matcher(header.value())
        .replaceAll(
            variable ->
                Matcher.quoteReplacement(
                    environment
                        .firstOf(variable.group(1))
                        .orElseThrow(
                            () ->
                                new UserMistake(
                                    "the header %s takes the variable %s, which the worker's environment lacks"
                                        .formatted(header.name(), variable.group(1))))));
  }

  private static void set(HttpRequest.Builder request, String name, String value, String what) {
    boolean taken;
    try {
      request.setHeader(name, value);
      taken = true;
    } catch (IllegalArgumentException e) {
      taken = false; // its message repeats the value
    }
    if (!taken) {
      throw new UserMistake(what + " cannot be sent: Java's client refuses its name or characters");
    }
  }
}
