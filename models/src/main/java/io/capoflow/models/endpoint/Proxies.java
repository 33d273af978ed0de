package io.capoflow.models.endpoint;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The proxies that the environment names, as other programs read them: {@code HTTPS_PROXY}, {@code
 * HTTP_PROXY} and {@code NO_PROXY}, in either case. Java's own properties go before them.
 */
final class Proxies extends ProxySelector {
  private static final List<Proxy> DIRECT = List.of(Proxy.NO_PROXY);

  private final Optional<URI> forHttps;
  private final Optional<URI> forHttp;
  private final List<String> without;

  private Proxies(Optional<URI> forHttps, Optional<URI> forHttp, List<String> without) {
    this.forHttps = forHttps;
    this.forHttp = forHttp;
    this.without = without;
  }

  /**
   * Those of the environment; empty where Java's own settings are to be used.
   *
   * @throws UserMistake when a variable holds no address
   */
  static Optional<Proxies> of(Environment environment) {
    boolean javasOwn =
        System.getProperty("https.proxyHost") != null
            || System.getProperty("http.proxyHost") != null
            || System.getProperty("socksProxyHost") != null
            || Boolean.getBoolean("java.net.useSystemProxies");
    Optional<URI> https = proxy(environment, "HTTPS_PROXY");
    Optional<URI> http = proxy(environment, "HTTP_PROXY");
    if (javasOwn || (https.isEmpty() && http.isEmpty())) {
      return Optional.empty();
    }
    List<String> without =
        environment.firstOf("no_proxy", "NO_PROXY").stream()
            .flatMap(text -> Arrays.stream(text.split("[,\\s]+")))
            .map(text -> text.toLowerCase(Locale.ROOT))
            .filter(text -> !text.isEmpty())
            .toList();
    return Optional.of(new Proxies(https, http, without));
  }

  /** Makes a client go through these. */
  void use(HttpClient.Builder builder) {
    builder.proxy(this);
    if (forHttps.or(() -> forHttp).map(URI::getRawUserInfo).isPresent()) {
      builder.authenticator(new Login());
    }
  }

  @Override
  public List<Proxy> select(URI uri) {
    Optional<URI> proxy = uri.getScheme().equalsIgnoreCase("https") ? forHttps : forHttp;
    if (proxy.isEmpty() || isDirect(uri)) {
      return DIRECT;
    }
    return List.of(
        new Proxy(
            Proxy.Type.HTTP,
            InetSocketAddress.createUnresolved(proxy.get().getHost(), port(proxy.get()))));
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException failure) {
    // The failure reaches the one who asked.
  }

  private boolean isDirect(URI uri) {
    String host = uri.getHost().toLowerCase(Locale.ROOT);
    if (host.equals("localhost") || host.startsWith("127.") || host.equals("[::1]")) {
      return true;
    }
    String withPort = host + ":" + port(uri);
    return without.stream()
        .map(name -> name.startsWith("*.") ? name.substring(1) : name)
        .anyMatch(
            name ->
                name.equals("*")
                    || host.equals(name)
                    || withPort.equals(name)
                    || host.endsWith(name.startsWith(".") ? name : "." + name));
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
  }

  private static Optional<URI> proxy(Environment environment, String name) {
    return environment
        .firstOf(name.toLowerCase(Locale.ROOT), name)
        .map(
            text -> {
              String address = text.contains("://") ? text : "http://" + text;
              try {
                URI uri = URI.create(address);
                if (uri.getHost() != null) {
                  return uri;
                }
              } catch (IllegalArgumentException e) {
                // Falls through: its message repeats the address, which may hold a password.
              }
              throw new UserMistake(
                  name + " holds no address of a proxy, such as http://proxy:3128");
            });
  }

  /** The name and password that stand in a proxy's address. */
  private final class Login extends Authenticator {
    @Override
    protected PasswordAuthentication getPasswordAuthentication() {
      return getRequestorType() == RequestorType.PROXY
          ? forHttps
              .filter(proxy -> proxy.getHost().equalsIgnoreCase(getRequestingHost()))
              .or(() -> forHttp)
              .map(URI::getRawUserInfo)
              .map(Login::read)
              .orElse(null)
          : null;
    }

    private static PasswordAuthentication read(String userInfo) {
      int colon = userInfo.indexOf(':');
      String name = colon < 0 ? userInfo : userInfo.substring(0, colon);
      String password = colon < 0 ? "" : userInfo.substring(colon + 1);
      return new PasswordAuthentication(
          URLDecoder.decode(name, StandardCharsets.UTF_8),
          URLDecoder.decode(password, StandardCharsets.UTF_8).toCharArray());
    }
  }
}
