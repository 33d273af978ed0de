package io.capoflow.models.endpoint;

import io.capoflow.schemas.UserMistake;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;

/**
 * The base address of a server, with the addresses of what it offers. A query stays behind every
 * path, as Azure's {@code ?api-version=…} must. Immutable.
 */
final class ServerAddress {
  private final URI base;

  private ServerAddress(URI base) {
    this.base = base;
  }

  /**
   * Reads an address.
   *
   * @throws UserMistake when it is none of a server
   */
  static ServerAddress of(String text) {
    try {
      URI base = new URI(text.strip());
      String scheme = base.getScheme() == null ? "" : base.getScheme().toLowerCase(Locale.ROOT);
      if ((scheme.equals("http") || scheme.equals("https")) && base.getHost() != null) {
        if (base.getRawUserInfo() != null) {
          throw new UserMistake(
              "the address of %s holds a user name; give it in a header".formatted(base.getHost()));
        }
        return new ServerAddress(base);
      }
    } catch (URISyntaxException e) {
      // Falls through: the parser's own message would repeat a query, which may hold a secret.
    }
    throw new UserMistake(
        "%s is no address of a server, such as http://10.0.0.5:8000/v1"
            .formatted(text.replaceFirst("[?].*", "")));
  }

  URI chat() {
    return below("/chat/completions");
  }

  URI models() {
    return below("/models");
  }

  /** Where vLLM says its version: beside the path {@code /v1}, not below it. */
  URI version() {
    String path = path();
    int last = path.lastIndexOf('/');
    return withPath((last < 0 ? "" : path.substring(0, last)) + "/version");
  }

  boolean isAzure() {
    String host = base.getHost().toLowerCase(Locale.ROOT);
    return host.endsWith(".openai.azure.com") || host.endsWith(".cognitiveservices.azure.com");
  }

  /** As messages show it: without the query, which may hold a secret. */
  @Override
  public String toString() {
    return base.getScheme() + "://" + base.getRawAuthority() + path();
  }

  private URI below(String name) {
    return withPath(path() + name);
  }

  private String path() {
    String path = base.getRawPath() == null ? "" : base.getRawPath();
    // People paste the whole address of a call, too.
    return path.replaceFirst("/+$", "").replaceFirst("/chat/completions$", "");
  }

  private URI withPath(String path) {
    String query = base.getRawQuery() == null ? "" : "?" + base.getRawQuery();
    return URI.create(base.getScheme() + "://" + base.getRawAuthority() + path + query);
  }
}
