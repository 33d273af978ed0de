package io.capoflow.runners.cluster;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What the JobManager says of its cluster over HTTP. Thread-safe. */
final class ClusterRest {
  private static final int OK = 200;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final String address;

  /**
   * Of a cluster.
   *
   * @param address host and port
   */
  ClusterRest(String address) {
    this.address = requireNonNull(address, "address");
  }

  /**
   * A worker that the JobManager knows.
   *
   * @param slots of it
   * @param free those in which nothing runs
   */
  record Worker(int slots, int free) {}

  /**
   * What the JobManager knows.
   *
   * @param workers by their names
   * @param jobs that run
   */
  record Overview(Map<String, Worker> workers, int jobs) {}

  /** What the JobManager says now; empty where it does not answer. */
  Optional<Overview> overview() {
    try {
      Map<String, Worker> workers = new LinkedHashMap<>();
      for (JsonNode worker : get("/taskmanagers").path("taskmanagers")) {
        workers.put(
            worker.path("id").asText(),
            new Worker(worker.path("slotsNumber").asInt(), worker.path("freeSlots").asInt()));
      }
      return Optional.of(new Overview(workers, get("/overview").path("jobs-running").asInt()));
    } catch (IOException silent) {
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the JobManager was asked", e);
    }
  }

  private JsonNode get(String path) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + path)).timeout(PATIENCE).build();
    var response = client.send(request, BodyHandlers.ofString());
    if (response.statusCode() != OK) {
      throw new IOException(path + " answers " + response.statusCode());
    }
    return Json.LENIENT.readTree(response.body());
  }
}
