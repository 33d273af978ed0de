package io.capoflow.models.endpoint;

import io.capoflow.schemas.ProcessThreads;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLException;

/**
 * Java's own HTTP client, with what it lacks.
 *
 * <ul>
 *   <li>HTTP/1.1 alone: an upgrade to HTTP/2 in clear text makes uvicorn drop the body.
 *   <li>Idle connections are closed before servers close theirs, which is after 5 s with uvicorn.
 *   <li>A timer over the whole reply: the client's own ends at the headers.
 *   <li>A bound on the reply's size.
 *   <li>No redirects: a key goes where it was meant to go, or nowhere.
 * </ul>
 */
final class HttpTransport implements Transport {
  static {
    // Read once, when the client's classes are loaded.
    setUnlessSet("jdk.httpclient.keepalive.timeout", "4");
    // A proxy may ask for a name and a password on the way to https, too.
    setUnlessSet("jdk.http.auth.tunneling.disabledSchemes", "");
  }

  private final ServerAddress server;
  private final Credentials credentials;
  private final Time time;
  private final ExecutorService threads;
  private final HttpClient client;

  /** To one server. */
  HttpTransport(ServerAddress server, Credentials credentials, Environment environment, Time time) {
    this.server = server;
    this.credentials = credentials;
    this.time = time;
    threads = Executors.newFixedThreadPool(2, ProcessThreads.named("endpoint"));
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .executor(threads);
    Proxies.of(environment).ifPresent(proxies -> proxies.use(builder));
    TrustedCertificates.of(environment).ifPresent(builder::sslContext);
    client = builder.build();
  }

  @Override
  public CompletableFuture<Reply> send(Outgoing request) {
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(request.uri()).header("Accept", "application/json");
    if (request.method().equals("GET")) {
      builder.GET();
    } else {
      builder
          .header("Content-Type", "application/json")
          .method(request.method(), HttpRequest.BodyPublishers.ofString(request.body()));
    }
    CompletableFuture<HttpResponse<byte[]>> sent;
    try {
      credentials.addTo(builder, server);
      sent = client.sendAsync(builder.build(), info -> new BoundedBody(request.maxBytes()));
    } catch (UserMistake e) {
      return CompletableFuture.failedFuture(e);
    }
    CompletableFuture<Reply> reply = new CompletableFuture<>();
    Future<?> timer =
        time.timer(
            request.timeout(),
            () -> {
              reply.completeExceptionally(
                  new Fault(
                      "no whole answer within %d s".formatted(request.timeout().toSeconds())));
              sent.cancel(true);
            });
    Futures.whenDone(
        sent,
        response -> {
          timer.cancel(false);
          reply.complete(
              new Reply(response.statusCode(), response.headers()::firstValue, response.body()));
        },
        failure -> {
          timer.cancel(false);
          reply.completeExceptionally(failure(failure));
        });
    Futures.whenDone(
        reply,
        whole -> {},
        failure -> {
          if (failure instanceof CancellationException) {
            timer.cancel(false);
            sent.cancel(true);
          }
        });
    return reply;
  }

  @Override
  public void close() {
    threads.shutdown();
  }

  /**
   * With a proxy's password a client has an {@code Authenticator}, which makes of some refusals of
   * a key a broken connection.
   */
  private RuntimeException failure(Throwable thrown) {
    for (Throwable inner = thrown; inner != null; inner = inner.getCause()) {
      String message = String.valueOf(inner.getMessage());
      if (message.contains("header missing for response code 401")
          || message.contains("No credentials provided")) {
        return new UserMistake(
            "%s refuses the key (status 401): %s".formatted(server, credentials.keyAdvice()));
      }
    }
    return fault(thrown);
  }

  private static Fault fault(Throwable failure) {
    for (Throwable inner = failure; inner != null; inner = inner.getCause()) {
      if (inner instanceof Fault fault) {
        return fault;
      }
      if (inner instanceof SSLException) {
        return new Fault(
            "a TLS error: %s (SSL_CERT_FILE may name a file of certificates in PEM)"
                .formatted(oneLine(inner.getMessage())));
      }
      if (inner instanceof UnresolvedAddressException || inner instanceof UnknownHostException) {
        return new Fault("an unknown host");
      }
    }
    if (failure instanceof ConnectException) {
      return new Fault("connection refused");
    }
    return new Fault(
        failure instanceof IOException
            ? "a broken connection: " + oneLine(failure.getMessage())
            : "a failed connection: " + failure.getClass().getSimpleName());
  }

  private static String oneLine(String message) {
    return message == null ? "no reason given" : message.replaceAll("\\s+", " ");
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}
