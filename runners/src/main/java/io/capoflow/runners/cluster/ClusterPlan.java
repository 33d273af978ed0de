package io.capoflow.runners.cluster;

import com.fasterxml.jackson.core.JacksonException;
import io.capoflow.models.tensor.Numerics;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What a cluster was started as, written down beside it. */
record ClusterPlan(
    int taskManagers,
    int slots,
    Numerics numerics,
    long memory,
    List<String> workerOptions,
    ClusterPorts ports) {
  ClusterPlan {
    workerOptions = List.copyOf(workerOptions);
  }

  static ClusterPlan of(ClusterSettings settings, ClusterPorts ports) {
    return new ClusterPlan(
        settings.taskManagers(),
        settings.slots(),
        settings.numerics(),
        settings.memory(),
        settings.workerOptions(),
        ports);
  }

  /**
   * What a file says.
   *
   * @return empty where there is no file
   * @throws UserMistake when it is no plan
   */
  static Optional<ClusterPlan> read(Path file) {
    try {
      return Optional.of(
          Json.READ_RECORDS.forType(ClusterPlan.class).readValue(Files.readString(file)));
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (JacksonException e) {
      throw new UserMistake(file + ": is not what capoflow cluster up wrote; delete it", e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }

  void write(Path file) throws IOException {
    Files.writeString(file, Json.WRITE_RECORDS.writeValueAsString(this) + "\n");
  }

  /** The settings again. */
  ClusterSettings settings(Path directory) {
    return new ClusterSettings(
        directory, taskManagers, slots, numerics, ports.rest(), memory, workerOptions);
  }

  /** The processes, in the order in which they start. */
  List<Role> roles() {
    return Stream.of(
            Stream.of(Role.JOB_MANAGER),
            IntStream.rangeClosed(1, taskManagers).mapToObj(Role::taskManager),
            Stream.of(Role.HISTORY_SERVER))
        .flatMap(roles -> roles)
        .toList();
  }

  /** Host and port of the JobManager. */
  String address() {
    return "localhost:" + ports.rest();
  }

  /** Host and port of the HistoryServer. */
  String historyAddress() {
    return "localhost:" + ports.history();
  }
}
