package io.capoflow.runners.cluster;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/**
 * Ports on loopback that were free a moment ago.
 *
 * @param rest of the JobManager's web UI and of calls
 * @param history of the HistoryServer's web UI
 * @param rpc where the processes call the JobManager
 */
record ClusterPorts(int rest, int history, int rpc) {
  private static final int LAST = 65535;

  /**
   * Finds ports.
   *
   * @param wanted for {@link #rest}; 0 takes a free one
   * @throws UserMistake when it is not free
   */
  static ClusterPorts free(int wanted) {
    List<ServerSocket> held = new ArrayList<>();
    try {
      // Held together, so that they differ.
      int rest = hold(wanted, held);
      return new ClusterPorts(rest, holdNext(wanted, held), hold(0, held));
    } catch (IOException taken) {
      throw new UserMistake(
          "--port "
              + wanted
              + ": cannot be had ("
              + taken.getMessage()
              + "); name another one, or 0 for any that is free",
          taken);
    } finally {
      held.forEach(ClusterPorts::release);
    }
  }

  /** The port behind the one that was asked for, where it is free: easier to remember. */
  private static int holdNext(int wanted, List<ServerSocket> held) throws IOException {
    if (wanted != 0 && wanted < LAST) {
      try {
        return hold(wanted + 1, held);
      } catch (BindException taken) {
        // Any other will do.
      }
    }
    return hold(0, held);
  }

  private static int hold(int wanted, List<ServerSocket> held) throws IOException {
    ServerSocket socket = new ServerSocket();
    held.add(socket);
    // As servers do, so that connections of an earlier cluster, which linger, are not in the way.
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted));
    return socket.getLocalPort();
  }

  private static void release(ServerSocket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
