package io.capoflow.pipelines.training;

import io.capoflow.models.endpoint.EndpointReport;
import io.capoflow.models.tensor.Processor;
import io.capoflow.pipelines.BuildVersions;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.JsonFiles;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.workers.MachineFacts;
import io.capoflow.transforms.workers.Workers;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * On what of program and machine the bits of a session depend, and how two sessions differ in that:
 * versions, processor, chosen kernels. A run's record keeps them for each session that had others
 * than the one before it.
 */
public final class SessionFacts {
  /** The digest of the program's sources, from the launcher that built them. */
  static final String SOURCES_PROPERTY = "capoflow.sources";

  private static final String SOURCES = "sources";
  private static final String COMPUTATION = "computation";
  private static final String JOURNAL = "critic_journal";
  private static final String UNKNOWN = Processor.UNKNOWN;

  private SessionFacts() {}

  /**
   * Those of a session, by name. Where this process computes, it loads libtorch, whose numerics are
   * to be settled.
   *
   * @param workers those that compute; empty where this process does
   * @param criticServer what the critic's server said of itself; empty where there is none
   */
  static SortedMap<String, String> of(
      TrainingRecipe recipe, Optional<Workers> workers, Optional<EndpointReport> criticServer) {
    SortedMap<String, String> facts = new TreeMap<>(BuildVersions.all());
    facts.put(SOURCES, System.getProperty(SOURCES_PROPERTY, UNKNOWN));
    facts.putAll(
        workers.map(Workers::facts).orElseGet(() -> MachineFacts.ofThisProcess(devices(recipe))));
    if (recipe.critique().enabled() && recipe.critique().server().used()) {
      facts.put(JOURNAL, recipe.critique().server().journal().toString());
    }
    // One that was away said nothing: its answers come from the journal, or it comes back.
    criticServer
        .filter(EndpointReport::reached)
        .ifPresent(server -> facts.put("critic_server", server.identity()));
    return facts;
  }

  /**
   * What changed from one session to a later one, as {@code name before -> now}. What the earlier
   * record does not hold is no change: older code recorded less.
   */
  static List<String> changes(Map<String, String> before, Map<String, String> now) {
    List<String> changes = new ArrayList<>();
    new TreeMap<>(now)
        .forEach(
            (name, value) -> {
              String earlier = before.getOrDefault(name, value);
              if (!earlier.equals(value)) {
                changes.add("%s %s -> %s".formatted(name, earlier, value));
              }
            });
    return changes;
  }

  /**
   * A sentence that says in which facts the sessions of two runs differ, without a final full stop;
   * empty where they do not, or a record is not there. What one of the records does not hold is no
   * difference.
   *
   * @throws io.capoflow.schemas.UserMistake when a record cannot be read
   */
  public static Optional<String> difference(RunDirectory one, RunDirectory other) {
    if (!Files.isRegularFile(one.run()) || !Files.isRegularFile(other.run())) {
      return Optional.empty();
    }
    SortedMap<String, SortedSet<String>> first = values(one);
    SortedMap<String, SortedSet<String>> second = values(other);
    List<String> differences = new ArrayList<>();
    first.forEach(
        (name, values) -> {
          SortedSet<String> others = second.getOrDefault(name, values);
          if (!others.equals(values)) {
            differences.add(
                "%s (%s; %s)"
                    .formatted(name, String.join(" | ", values), String.join(" | ", others)));
          }
        });
    if (differences.isEmpty()) {
      return Optional.empty();
    }
    boolean served = first.containsKey(JOURNAL) || second.containsKey(JOURNAL);
    return Optional.of(
        "the runs were made with other "
            + String.join(", ", differences)
            + (served
                ? "; what a critic behind a server answers is equal for runs that read the same journal"
                : ""));
  }

  /**
   * Whether all sessions of a run were of the program that runs now, by the digest of its sources.
   *
   * @throws io.capoflow.schemas.UserMistake when the record cannot be read
   */
  public static boolean areOfThisProgram(RunDirectory run) {
    return values(run)
        .getOrDefault(SOURCES, new TreeSet<>())
        .equals(new TreeSet<>(List.of(System.getProperty(SOURCES_PROPERTY, UNKNOWN))));
  }

  /** Of every fact the values that the sessions of a run had. */
  private static SortedMap<String, SortedSet<String>> values(RunDirectory run) {
    SortedMap<String, SortedSet<String>> values = new TreeMap<>();
    RunRecord.Fields record = JsonFiles.read(run.run(), RunRecord.Fields.class);
    values.put(COMPUTATION, new TreeSet<>(List.of(Integer.toString(record.computation()))));
    for (Map<String, String> session : record.versions()) {
      session.forEach(
          (name, value) -> values.computeIfAbsent(name, key -> new TreeSet<>()).add(value));
    }
    return values;
  }

  /** Names of the devices that a recipe computes on. */
  static List<String> devices(TrainingRecipe recipe) {
    List<String> devices = new ArrayList<>(List.of(recipe.policy().device()));
    if (recipe.critique().enabled() && !recipe.critique().server().used()) {
      devices.add(recipe.critique().device());
    }
    return devices;
  }
}
