package io.capoflow.runners.it;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A network between a client and a server on this machine, which can be cut and mended. */
final class Relay implements AutoCloseable {
  private static final int BACKLOG = 50;

  private final InetSocketAddress server;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final int port;
  private ServerSocket door;

  private Relay(InetSocketAddress server) throws IOException {
    this.server = server;
    this.door = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    this.port = door.getLocalPort();
    serve(door);
  }

  /**
   * A way to a server.
   *
   * @param address {@code HOST:PORT}
   */
  static Relay to(String address) throws IOException {
    int colon = address.lastIndexOf(':');
    return new Relay(
        new InetSocketAddress(
            address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))));
  }

  /** Where clients find it. */
  String address() {
    return "127.0.0.1:" + port;
  }

  /** Ends every connection, and takes no new one. */
  synchronized void cut() {
    close(door);
    open.forEach(Relay::close);
    open.clear();
  }

  synchronized void mend() throws IOException {
    door = new ServerSocket();
    door.setReuseAddress(true);
    door.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
    serve(door);
  }

  private void serve(ServerSocket at) {
    start(
        () -> {
          while (!at.isClosed()) {
            Socket client = at.accept();
            Socket behind = new Socket(server.getAddress(), server.getPort());
            open.add(client);
            open.add(behind);
            start(() -> carry(client, behind));
            start(() -> carry(behind, client));
          }
        });
  }

  private void carry(Socket from, Socket to) throws IOException {
    try (from;
        to;
        InputStream bytes = from.getInputStream()) {
      bytes.transferTo(to.getOutputStream());
    } finally {
      open.remove(from);
      open.remove(to);
    }
  }

  /** Work that a closed socket ends. */
  @FunctionalInterface
  private interface Work {
    void run() throws IOException;
  }

  private static void start(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException cut) {
                // Ends with its connection.
              }
            },
            "relay");
    thread.setDaemon(true);
    thread.start();
  }

  private static void close(Closeable socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    cut();
  }
}
