package io.capoflow.transforms.workers;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.tensor.Numerics;
import io.capoflow.schemas.UserMistake;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The workers of an engine, as they have said what they are. Immutable. */
public final class Workers {
  /** By these libtorch and the libraries in it choose kernels. */
  private static final List<String> BOUND_BY_PORTABLE =
      List.of(
          MachineFacts.CPU_VENDOR,
          MachineFacts.ATEN_CAPABILITY,
          MachineFacts.MKL_BRANCH,
          MachineFacts.NUMERICS);

  private static final String LIBRARIES =
      "put what capoflow cluster package writes to cluster-lib/ into the lib/ of every worker, in place of what is of ours there, and start the cluster anew";

  /** What Java says of classes that are not there, or not those that were compiled against. */
  private static final Pattern OTHER_CLASSES =
      Pattern.compile(
          "(?:ClassNotFoundException|NoClassDefFoundError|InvalidClassException|NoSuchMethodError"
              + "|NoSuchFieldError|IncompatibleClassChangeError|AbstractMethodError"
              + "|UnsupportedClassVersionError)(?:: [^\\n]*)?");

  private final List<WorkerReport> reports;
  private final Optional<Numerics> numerics;

  /**
   * @param numerics in which they compute; empty where they compute with no model
   */
  Workers(List<WorkerReport> reports, Optional<Numerics> numerics) {
    this.reports = List.copyOf(reports);
    this.numerics = requireNonNull(numerics, "numerics");
  }

  /**
   * Sees that all of them run what this process runs, can do the work, and compute the same bits.
   *
   * @throws UserMistake naming one worker that does not, and how to mend it
   */
  public void requireAlike() {
    requireAlike(CodeIdentity.ofThisProcess());
  }

  void requireAlike(SortedMap<String, String> code) {
    if (reports.isEmpty()) {
      throw new IllegalStateException("no worker has said what it is");
    }
    // What else is amiss with a worker may come of its code.
    reports.forEach(worker -> requireCode(worker, code));
    for (WorkerReport worker : reports) {
      worker
          .fault()
          .ifPresent(
              fault -> {
                throw new UserMistake(worker.name() + " " + fault);
              });
    }
    numerics.ifPresent(this::requireEqualBits);
  }

  private void requireEqualBits(Numerics wanted) {
    requireOne(
        MachineFacts.LIBTORCH,
        "give all workers the same libtorch, or give the run workers of one kind");
    requireOne(
        MachineFacts.DEVICE,
        "name a device that all workers have (policy.device, critique.device), or give the run workers of one kind");
    if (wanted == Numerics.NATIVE) {
      BOUND_BY_PORTABLE.forEach(
          fact ->
              requireOne(
                  fact, "set torch.numerics to portable, or give the run workers of one kind"));
    }
  }

  private static void requireCode(WorkerReport worker, SortedMap<String, String> code) {
    code.forEach(
        (library, ours) -> {
          String theirs = worker.code().getOrDefault(library, CodeIdentity.NONE);
          if (!theirs.equals(ours)) {
            throw new UserMistake(
                "%s has %s %s, and this program %s: %s"
                    .formatted(worker.name(), library, theirs, ours, LIBRARIES));
          }
        });
  }

  private void requireOne(String fact, String mend) {
    differing(fact)
        .ifPresent(
            difference -> {
              throw new UserMistake("%s, so their bits differ: %s".formatted(difference, mend));
            });
  }

  /** Two workers that differ in a fact, in words; empty where none do. */
  private Optional<String> differing(String fact) {
    WorkerReport first = reports.get(0);
    return reports.stream()
        .filter(other -> !value(other, fact).equals(value(first, fact)))
        .findFirst()
        .map(
            other ->
                "%s has %s %s, and %s %s"
                    .formatted(
                        first.name(), fact, value(first, fact), other.name(), value(other, fact)));
  }

  private static String value(WorkerReport worker, String fact) {
    return worker.machine().getOrDefault(fact, "unknown");
  }

  /** What is no reason to refuse them, and worth a line. */
  public List<String> notices() {
    return numerics.filter(wanted -> wanted == Numerics.NATIVE).isEmpty()
        ? List.of()
        : differing(MachineFacts.INSTRUCTION_SETS)
            .map(
                difference ->
                    difference
                        + ": libtorch may choose other kernels there, and a shard that is computed again have other bits; torch.numerics portable binds them")
            .stream()
            .toList();
  }

  /** How many processes they are. */
  public int count() {
    return reports.size();
  }

  /** Their {@link MachineFacts}; where they differ in one, all of its values. */
  public SortedMap<String, String> facts() {
    Map<String, SortedSet<String>> values = new TreeMap<>();
    for (WorkerReport worker : reports) {
      worker
          .machine()
          .forEach(
              (name, value) -> values.computeIfAbsent(name, key -> new TreeSet<>()).add(value));
    }
    SortedMap<String, String> facts = new TreeMap<>();
    values.forEach((name, all) -> facts.put(name, String.join(" | ", all)));
    return facts;
  }

  /**
   * The mistake behind a probe that failed, where a class was not found or was another: of workers,
   * or of a JobManager, whose {@code lib/} lacks ours. Empty where it failed of something else.
   */
  public static Optional<UserMistake> otherClasses(Throwable failure) {
    StringWriter printed = new StringWriter();
    failure.printStackTrace(new PrintWriter(printed));
    Matcher found = OTHER_CLASSES.matcher(printed.toString());
    return found.find()
        ? Optional.of(
            new UserMistake(
                "a process of the cluster has not the libraries of this program (%s): %s"
                    .formatted(found.group().strip(), LIBRARIES),
                failure))
        : Optional.empty();
  }
}
