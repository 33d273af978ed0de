package io.capoflow.transforms.storage;

import io.capoflow.schemas.UserMistake;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Named points at which a test may kill the process, to prove that a run goes on from its last
 * commit.
 *
 * <p>Nothing happens unless the system property {@code capoflow.fault} or the environment variable
 * {@code CAPOFLOW_FAULT} holds {@code name:n}: then the process halts with status 137, without
 * shutdown hooks, as {@code kill -9} would, when the point is reached for the n-th time. {@link
 * #names} lists the points. Thread-safe.
 */
public final class Faults {
  private static final int KILLED = 137;
  private static final Optional<Armed> ARMED = configured().map(Faults::parse);

  private Faults() {}

  /**
   * Every point: of the stages by their verbs, of the training sink, of the loop, of a dataset's
   * build and of a journal's compaction.
   */
  public static List<String> names() {
    Stream<String> stages =
        Stream.concat(Stage.ALL.stream().map(Stage::verb), Stream.of("take-in", "describe"))
            .flatMap(
                verb ->
                    Stream.of("inside", "after-part", "after-commit", "after-publish")
                        .map(point -> verb + "/" + point));
    Stream<String> rest =
        Stream.of(
            "dataset/after-record",
            "dataset/before-close",
            "dataset/before-card",
            "train/inside",
            "train/before-commit",
            "train/after-commit",
            "iteration/before",
            "iteration/after",
            "journal/after-draft",
            "journal/after-publish",
            "journal/after-delete");
    return Stream.concat(stages, rest).toList();
  }

  /**
   * Says that the point is reached.
   *
   * @throws IllegalArgumentException when no point has this name
   */
  public static void at(String name) {
    if (ARMED.isPresent()) {
      if (!names().contains(name)) {
        throw new IllegalArgumentException("no fault point is called " + name);
      }
      ARMED.get().reached(name);
    }
  }

  private static Optional<String> configured() {
    return Optional.ofNullable(System.getProperty("capoflow.fault"))
        .or(() -> Optional.ofNullable(System.getenv("CAPOFLOW_FAULT")))
        .filter(text -> !text.isBlank());
  }

  /** The point and the visit that {@code name:n} asks for. */
  static Armed parse(String text) {
    int colon = text.lastIndexOf(':');
    String name = colon < 0 ? text : text.substring(0, colon);
    String visit = colon < 0 ? "1" : text.substring(colon + 1);
    if (!names().contains(name) || !visit.matches("[1-9][0-9]{0,8}")) {
      throw new UserMistake(
          "CAPOFLOW_FAULT is '%s': write NAME:N with N from 1 and NAME one of %s"
              .formatted(text, String.join(", ", names())));
    }
    return new Armed(name, Integer.parseInt(visit), new AtomicInteger());
  }

  record Armed(String name, int visit, AtomicInteger visits) {
    void reached(String point) {
      if (name.equals(point) && visits.incrementAndGet() == visit) {
        Runtime.getRuntime().halt(KILLED);
      }
    }
  }
}
