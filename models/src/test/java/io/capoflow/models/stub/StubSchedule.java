package io.capoflow.models.stub;

import java.util.List;
import java.util.Optional;

/** Which requests of a {@link StubServer} meet which fault. Thread-safe. */
@FunctionalInterface
public interface StubSchedule {
  /** What a request is called that only asks whether anyone is there. */
  String PROBE = "probe";

  /** No faults at all. */
  StubSchedule NONE = (request, attempt) -> Optional.empty();

  /**
   * The fault of an attempt.
   *
   * @param request names the request, whenever it is asked
   * @param attempt how often it was asked before
   */
  Optional<StubFault> fault(String request, int attempt);

  /**
   * Faults that pass: a share of the requests meets some of these, one an attempt, before it is
   * answered.
   *
   * @param seed decides which
   * @param share of the requests in (0, 1]
   * @param attempts most attempts that fail, one after the other
   */
  static StubSchedule passing(long seed, double share, int attempts, List<StubFault> faults) {
    return (request, attempt) -> {
      long draw = StubDraw.of(seed, request);
      boolean met = !request.equals(PROBE) && (draw >>> 11) * 0x1.0p-53 < share;
      long failing = 1 + Math.floorMod(StubDraw.of(seed + 1, request), (long) attempts);
      if (!met || attempt >= failing) {
        return Optional.empty();
      }
      long which = StubDraw.of(seed + 2 + attempt, request);
      return Optional.of(faults.get((int) Math.floorMod(which, (long) faults.size())));
    };
  }

  /** The first attempt of every request meets a fault, probes apart. */
  static StubSchedule once(StubFault fault) {
    return calls((request, attempt) -> attempt == 0 ? Optional.of(fault) : Optional.empty());
  }

  /** Every attempt of every request meets a fault, probes too. */
  static StubSchedule always(StubFault fault) {
    return (request, attempt) -> Optional.of(fault);
  }

  /** Another schedule, by which probes meet no fault. */
  static StubSchedule calls(StubSchedule schedule) {
    return (request, attempt) ->
        request.equals(PROBE) ? Optional.empty() : schedule.fault(request, attempt);
  }
}
