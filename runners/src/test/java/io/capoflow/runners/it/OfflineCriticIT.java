package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.models.stub.StubServer;
import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.schemas.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose critic is reached by files alone. */
final class OfflineCriticIT {
  @TempDir private Path directory;

  @Test
  void aRunWhoseCritiquesComeInBatchesEqualsOneThatAskedTheServer() throws Exception {
    try (StubServer server = StubServer.start("critic")) {
      StubServer away = StubServer.start("critic");
      away.close();
      Path online = directory.resolve("online");
      assertThat(train(recipe("online", server.url()), online).status()).isZero();

      Path offline = directory.resolve("offline");
      Path recipe = recipe("offline", away.url());
      Path batch = directory.resolve("batch.jsonl");
      Path results = directory.resolve("results.jsonl");
      int batches = 0;
      Ended ended = train(recipe, offline);
      while (ended.status() != 0) {
        assertThat(ended.status()).as(String.join("\n", ended.lines())).isEqualTo(2);
        assertThat(batches).isLessThan(2);
        Ended asked = run("journal", "requests", "--run", offline, "--output", batch);
        assertThat(asked.status()).as(String.join("\n", asked.lines())).isZero();
        assertThat(Files.readAllLines(batch)).isNotEmpty();
        answer(batch, results, server.url());
        Ended imported =
            run(
                "journal",
                "import",
                results,
                "--requests",
                batch,
                "--journal",
                directory.resolve("journal-offline"));
        assertThat(imported.lines()).singleElement().asString().endsWith("; 0 were there already");
        batches++;
        ended = train(recipe, offline);
      }

      assertThat(batches).isEqualTo(2);
      Ended same = run("diff", online, offline);
      assertThat(same.lines().get(0)).as(String.join("\n", same.lines())).startsWith("equal: ");
    }
  }

  /** What {@code vllm run-batch} does. */
  private static void answer(Path batch, Path results, String url)
      throws IOException, InterruptedException {
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(batch)) {
      JsonNode call = Json.STRICT.readTree(line);
      assertThat(call.path("url").asText()).isEqualTo("/v1/chat/completions");
      HttpResponse<String> response =
          client.send(
              HttpRequest.newBuilder(URI.create(url + "/chat/completions"))
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(call.path("body").toString()))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      ObjectNode result = JsonNodeFactory.instance.objectNode();
      result.put("id", "vllm-" + lines.size()).set("custom_id", call.path("custom_id"));
      ObjectNode reply = result.putObject("response");
      reply.put("status_code", response.statusCode()).put("request_id", "1");
      reply.set("body", Json.STRICT.readTree(response.body()));
      result.putNull("error");
      lines.add(result.toString());
    }
    Files.write(results, lines);
  }

  private Ended run(Object... arguments) {
    return CliProcess.run(directory, Map.of(), arguments);
  }

  /** Two iterations. */
  private Ended train(Path recipe, Path run) {
    return run("train", recipe, "--run", run, "--iterations", 2);
  }

  private Path recipe(String name, String url) throws IOException {
    return SmallExperiment.served(
        directory.resolve(name + ".yaml"),
        SmallExperiment.in(directory),
        url,
        directory.resolve("journal-" + name),
        "patience: 1");
  }
}
