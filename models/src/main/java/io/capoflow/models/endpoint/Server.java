package io.capoflow.models.endpoint;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;

/**
 * One of the servers of an endpoint, and the calls that are to go to it. Guarded by the lock of its
 * client, apart from what is final.
 */
final class Server {
  final ServerAddress address;
  final Transport transport;
  final Replies replies;
  final Probing probing;
  final Health health = new Health();
  final Window window;

  /** By when they were asked: a call that is made again goes before those that came later. */
  final PriorityQueue<OpenCall> queue =
      new PriorityQueue<>(Comparator.comparingLong(OpenCall::order));

  /** Failed attempts of which is not known yet whose fault they are. */
  final List<Doubt> doubts = new ArrayList<>();

  Optional<Probing.Identity> identity = Optional.empty();
  int inFlight;

  /** Whether a probe is being made, or will be after a pause. */
  boolean probePlanned;

  private boolean paused;
  private long pausedUntil;
  private String lastTrouble = "";

  /** A call whose attempt failed. */
  record Doubt(OpenCall call, Fault fault) {}

  Server(
      ServerAddress address,
      Transport transport,
      Replies replies,
      Probing probing,
      int maxInFlight) {
    this.address = address;
    this.transport = transport;
    this.replies = replies;
    this.probing = probing;
    window = new Window(maxInFlight);
  }

  /** Whether a call may be sent now. */
  boolean hasRoom(long now) {
    return identity.isPresent()
        && health.state() == Health.State.UP
        && inFlight < window.size()
        && pauseLeft(now) == 0;
  }

  /** Sends nothing for a while. */
  void pause(long now, long nanos) {
    if (!paused || now + nanos - pausedUntil > 0) {
      paused = true;
      pausedUntil = now + nanos;
    }
  }

  /** Nanoseconds until calls may be sent again. */
  long pauseLeft(long now) {
    if (paused && pausedUntil - now <= 0) {
      paused = false;
    }
    return paused ? pausedUntil - now : 0;
  }

  /** What was met last instead of an answer. */
  String lastTrouble() {
    return lastTrouble;
  }

  void setLastTrouble(String what) {
    lastTrouble = what;
  }

  List<String> models() {
    return identity.map(Probing.Identity::models).orElse(List.of());
  }
}
