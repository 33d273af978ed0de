package io.capoflow.models.stub;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.Json;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;

/**
 * A chat server on this machine for tests. What it answers is a pure function of the request; which
 * requests meet a fault is a schedule's business. It speaks HTTP over plain sockets, so that every
 * fault is a real one. Thread-safe; a connection has a thread of its own.
 *
 * <pre>{@code
 * try (StubServer server = StubServer.start("critic")) {
 *   … EndpointSpec.of(server.url(), "critic") …
 *   assertThat(server.asked()).isEmpty();
 * }
 * }</pre>
 */
public final class StubServer implements AutoCloseable {
  private static final String FINGERPRINT = "stub-1";

  private final String model;
  private final StubAnswer answer;
  private final ServerSocketFactory sockets;
  private final String scheme;
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private final Map<String, Integer> asked = new ConcurrentHashMap<>();
  private final Map<String, Integer> answered = new ConcurrentHashMap<>();
  private final Map<StubFault, Integer> met = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<StubRequest> requests = new ConcurrentLinkedQueue<>();
  private final int port;
  private volatile StubSchedule schedule = StubSchedule.NONE;
  private volatile StubPace pace = request -> {};
  private volatile List<String> refused = List.of();
  private volatile boolean listing = true;
  private volatile boolean engineDead;
  private volatile String headers = "";
  private volatile String version = "0.32.0";
  private volatile Optional<String> echoed = Optional.empty();
  private volatile ServerSocket listener;
  private volatile Thread acceptor;

  private StubServer(String model, StubAnswer answer, ServerSocketFactory sockets, String scheme) {
    this.model = model;
    this.answer = answer;
    this.sockets = sockets;
    this.scheme = scheme;
    listener = listen(0);
    port = listener.getLocalPort();
  }

  /** A server that writes critiques. */
  public static StubServer start(String model) {
    return start(model, StubAnswer.CRITIQUES);
  }

  /**
   * A server that is ready when this returns.
   *
   * @param model the one that it has
   */
  public static StubServer start(String model, StubAnswer answer) {
    return new StubServer(model, answer, ServerSocketFactory.getDefault(), "http");
  }

  /** A server that writes critiques and speaks TLS. */
  public static StubServer startWithTls(String model, SSLContext tls) {
    return new StubServer(model, StubAnswer.CRITIQUES, tls.getServerSocketFactory(), "https");
  }

  /** From now on requests meet these faults. */
  public StubServer with(StubSchedule given) {
    schedule = given;
    return this;
  }

  /** The base address. */
  public String url() {
    return scheme + "://127.0.0.1:" + port + "/v1";
  }

  /** From now on replies carry these headers, each with its line's end. */
  public StubServer withHeaders(String given) {
    headers = given;
    return this;
  }

  /** From now on calls take their time, probes apart. */
  public StubServer paced(StubPace given) {
    pace = given;
    return this;
  }

  /** From now on requests with one of these fields are refused, probes too. */
  public StubServer refusing(String... fields) {
    refused = List.of(fields);
    return this;
  }

  /** From now on it lists no models, as some servers do not. */
  public StubServer withoutModels() {
    listing = false;
    return this;
  }

  /** What the server is called by its answers, and its program's version. */
  public StubServer named(String name, String programVersion) {
    echoed = Optional.of(name);
    version = programVersion;
    return this;
  }

  /** From now on every chat is a 500, while everything else is answered; or no longer. */
  public void setEngineDead(boolean dead) {
    engineDead = dead;
  }

  /** Refuses connections and breaks those that are there, until {@link #resume}. */
  public void stop() {
    close();
  }

  /** Is there again, at the same address. */
  public void resume() {
    listener = listen(port);
  }

  /** How often each choice was asked for, probes apart. */
  public Map<String, Integer> asked() {
    return Map.copyOf(asked);
  }

  /**
   * Waits until so many choices were asked for, probes apart.
   *
   * @return whether that happened before the other was over
   */
  public boolean awaitAsked(long choices, BooleanSupplier over) {
    synchronized (asked) {
      while (choicesAsked() < choices) {
        if (over.getAsBoolean()) {
          return false;
        }
        try {
          asked.wait(100);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException(e);
        }
      }
      return true;
    }
  }

  /** How many choices were asked for, probes apart and repeated ones each time. */
  public long choicesAsked() {
    return asked.values().stream().mapToLong(Integer::longValue).sum();
  }

  /** Waits until no client is connected any more. */
  public void awaitIdle() {
    synchronized (connections) {
      try {
        while (!connections.isEmpty()) {
          connections.wait();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  /** How often each choice was sent whole, probes apart. */
  public Map<String, Integer> answered() {
    return Map.copyOf(answered);
  }

  /** How often each fault was met. */
  public Map<StubFault, Integer> met() {
    return Map.copyOf(met);
  }

  /** All requests so far, in the order in which they came. */
  public List<StubRequest> requests() {
    return List.copyOf(requests);
  }

  /** Ends it: connections are broken, and new ones refused. */
  @Override
  public void close() {
    try {
      listener.close();
      // Until its thread has left it, the socket still holds the port.
      acceptor.join();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
    connections.forEach(StubServer::reset);
  }

  private ServerSocket listen(int at) {
    try {
      ServerSocket socket = sockets.createServerSocket();
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), at), 1024);
      acceptor = start(() -> accept(socket));
      return socket;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept(ServerSocket socket) {
    try {
      while (true) {
        Socket connection = socket.accept();
        connection.setTcpNoDelay(true);
        connections.add(connection);
        start(() -> serve(connection));
      }
    } catch (IOException e) {
      // Closed: nobody is accepted any more.
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      InputStream input = new BufferedInputStream(connection.getInputStream());
      OutputStream output = connection.getOutputStream();
      Optional<StubRequest> request = StubRequest.read(input);
      while (request.isPresent()) {
        requests.add(request.get());
        reply(request.get(), connection, input, output);
        request = StubRequest.read(input);
      }
    } catch (IOException e) {
      // The connection was broken, by the client or by a fault.
    } finally {
      connections.remove(connection);
      synchronized (connections) {
        connections.notifyAll();
      }
    }
  }

  private void reply(StubRequest request, Socket connection, InputStream input, OutputStream output)
      throws IOException {
    if (request.path().endsWith("/models") && listing) {
      send(output, 200, "", models());
    } else if (request.path().equals("/version")) {
      send(output, 200, "", bytes("{\"version\":\"%s\"}".formatted(version)));
    } else if (request.path().endsWith("/chat/completions")) {
      StubChat chat = new StubChat(Json.STRICT.readTree(request.body()));
      Optional<String> field = refused.stream().filter(chat.body()::has).findFirst();
      if (field.isPresent()) {
        send(output, 400, "", refusal(field.get()));
        return;
      }
      Optional<StubFault> fault = fault(chat);
      if (fault.isPresent()) {
        met.merge(fault.get(), 1, Integer::sum);
        new StubFaults(chat, answer, FINGERPRINT, request, output)
            .meet(fault.get(), () -> broken(fault.get(), connection), () -> awaitEnd(input));
      } else {
        if (!chat.isProbe()) {
          pace.serve(chat.body());
        }
        ObjectNode reply = chat.answer(answer, FINGERPRINT);
        echoed.ifPresent(name -> reply.put("model", name));
        send(output, 200, headers, StubChat.bytes(reply));
        count(chat, answered);
      }
    } else {
      send(output, 404, "", bytes("{\"detail\":\"Not Found\"}"));
    }
  }

  private Optional<StubFault> fault(StubChat chat) {
    int attempt = 0;
    if (!chat.isProbe()) {
      attempt = asked.getOrDefault(chat.name(0), 0);
      count(chat, asked);
    }
    if (!chat.model().equals(model)) {
      return Optional.of(StubFault.UNKNOWN_MODEL);
    }
    if (engineDead) {
      return Optional.of(StubFault.STATUS_500);
    }
    return schedule.fault(chat.isProbe() ? StubSchedule.PROBE : chat.name(0), attempt);
  }

  private static void count(StubChat chat, Map<String, Integer> counts) {
    if (!chat.isProbe()) {
      for (int i = 0; i < chat.choices(); i++) {
        counts.merge(chat.name(i), 1, Integer::sum);
      }
      synchronized (counts) {
        counts.notifyAll();
      }
    }
  }

  private void broken(StubFault fault, Socket connection) {
    if (fault == StubFault.RESTART) {
      connections.forEach(StubServer::reset);
    }
    reset(connection);
  }

  private static void awaitEnd(InputStream input) throws IOException {
    while (input.read() >= 0) {
      // The client sends nothing more before it gives up.
    }
    throw new SocketException("the client gave up");
  }

  private static byte[] refusal(String field) {
    return bytes(
        "{\"error\":{\"message\":\"Unsupported parameter: '%s'\",\"param\":\"%s\"}}"
            .formatted(field, field));
  }

  private byte[] models() {
    ObjectNode reply = JsonNodeFactory.instance.objectNode().put("object", "list");
    ArrayNode data = reply.putArray("data");
    data.addObject().put("id", model).put("object", "model").put("owned_by", "vllm");
    return StubChat.bytes(reply);
  }

  static void send(OutputStream output, int status, String headers, byte[] body)
      throws IOException {
    output.write(
        bytes(
            "HTTP/1.1 %d Stub\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
                .formatted(status, headers, body.length)));
    output.write(body);
    output.flush();
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void reset(Socket connection) {
    try {
      connection.setSoLinger(true, 0);
      connection.close();
    } catch (IOException e) {
      // It was closed already.
    }
  }

  private static Thread start(Runnable work) {
    Thread thread = new Thread(work, "stub-server");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
