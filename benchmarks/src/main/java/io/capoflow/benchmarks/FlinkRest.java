package io.capoflow.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.schemas.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What a Flink cluster says of its jobs and processes over HTTP. */
final class FlinkRest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();
  private final String address;

  /**
   * Of a cluster.
   *
   * @param address host and port
   */
  FlinkRest(String address) {
    this.address = address;
  }

  /** Jobs whose names hold a text, in the order in which they began. */
  List<Job> jobs(String named) throws IOException {
    List<Job> jobs = new ArrayList<>();
    for (JsonNode job : get("/jobs/overview").path("jobs")) {
      if (job.path("name").asText().contains(named)) {
        jobs.add(new Job(get("/jobs/" + job.path("jid").asText())));
      }
    }
    jobs.sort((one, other) -> Long.compare(one.at("INITIALIZING"), other.at("INITIALIZING")));
    return jobs;
  }

  /**
   * Figures of a process, by name.
   *
   * @param process {@code jobmanager}, or {@code taskmanagers/} and a worker's name
   */
  Map<String, Double> figures(String process, List<String> names) throws IOException {
    Map<String, Double> figures = new TreeMap<>();
    for (JsonNode figure : get("/" + process + "/metrics?get=" + String.join(",", names))) {
      figures.put(figure.path("id").asText(), figure.path("value").asDouble());
    }
    return figures;
  }

  private JsonNode get(String path) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + path)).timeout(PATIENCE).build();
    try {
      var response = client.send(request, BodyHandlers.ofString());
      if (response.statusCode() != 200) {
        throw new IOException(path + " answers " + response.statusCode());
      }
      return Json.LENIENT.readTree(response.body());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the JobManager was asked", e);
    }
  }

  /** A job as Flink shows it; times are in milliseconds since 1970. */
  record Job(JsonNode answer) {
    String name() {
      return answer.path("name").asText();
    }

    /** When it came into a state last; 0 where it never did. */
    long at(String state) {
      return answer.path("timestamps").path(state).asLong();
    }

    /** When the first task of any stage ran; 0 where none did. */
    long firstTask() {
      long first = 0;
      for (JsonNode stage : answer.path("vertices")) {
        long start = stage.path("start-time").asLong();
        if (start > 0 && (first == 0 || start < first)) {
          first = start;
        }
      }
      return first;
    }

    /** Tasks of all stages. */
    int tasks() {
      int tasks = 0;
      for (JsonNode stage : answer.path("vertices")) {
        tasks += stage.path("parallelism").asInt();
      }
      return tasks;
    }

    int stages() {
      return answer.path("vertices").size();
    }

    /** Bytes that tasks gave to tasks of another stage, in the same process or elsewhere. */
    long bytesBetweenTasks() {
      long bytes = 0;
      for (JsonNode stage : answer.path("vertices")) {
        bytes += stage.path("metrics").path("write-bytes").asLong();
      }
      return bytes;
    }

    /** Those of them that were divided by keys: each goes to any worker. */
    long shuffledBytes() {
      Set<String> keyed = new HashSet<>();
      for (JsonNode stage : answer.path("plan").path("nodes")) {
        for (JsonNode input : stage.path("inputs")) {
          if (input.path("ship_strategy").asText().startsWith("Hash")) {
            keyed.add(stage.path("id").asText());
          }
        }
      }
      long bytes = 0;
      for (JsonNode stage : answer.path("vertices")) {
        if (keyed.contains(stage.path("id").asText())) {
          bytes += stage.path("metrics").path("read-bytes").asLong();
        }
      }
      return bytes;
    }
  }
}
