package io.capoflow.models.endpoint;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.cache.LeaseCache;

/**
 * The clients of this process: one for equal specs, used by all threads, so that limits, figures
 * and what is known about the servers hold for the whole process. Thread-safe.
 */
public final class Endpoints {
  private static final LeaseCache<Role, EndpointSpec, EndpointClient> CACHE =
      new LeaseCache<>(EndpointClient::open, client -> !client.hasEnded());

  private Endpoints() {}

  private enum Role {
    CHAT
  }

  /** The right to use a client, which stays open at least until this is closed. */
  public interface Lease extends AutoCloseable {
    ChatClient client();

    @Override
    void close();
  }

  /**
   * Leases the client of a spec, opening it if need be. Nothing is sent before the first call. A
   * client that has ended is left to those who have it: what ended it may have been mended since,
   * in a process that outlives a run.
   *
   * @throws io.capoflow.schemas.UserMistake when an address, a header or a proxy is none
   */
  public static Lease lease(EndpointSpec spec) {
    requireNonNull(spec, "spec");
    LeaseCache<Role, EndpointSpec, EndpointClient>.Lease lease = CACHE.lease(Role.CHAT, spec);
    return new Lease() {
      @Override
      public ChatClient client() {
        return lease.value();
      }

      @Override
      public void close() {
        lease.close();
      }
    };
  }
}
