package io.capoflow.runners.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.endpoint.BatchFile;
import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.models.endpoint.ChatCall;
import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.endpoint.Dialect;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.journal.Journal;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Message;
import io.capoflow.transforms.journal.JournalFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JournalCommandTest {
  @TempDir private Path directory;

  @Test
  void whatAJournalHoldsIsCounted() {
    Path journal = journal();
    fill(journal);

    CliRun run = CliRun.of("journal", journal);
    assertThat(run.status()).isZero();
    List<String> lines = run.lines();
    assertThat(lines.get(0)).matches(".*/journal: 5 answers to 3 requests, [0-9.]+ KB");
    assertThat(lines.subList(1, 3))
        .containsExactly(
            "  large: 1 answer, tokens read 11 (5 of them cached), written 7",
            "  small: 4 answers, tokens read 44 (20 of them cached), written 28");
    assertThat(lines.get(3)).matches("  written    .* UTC to .* UTC");
    assertThat(lines.subList(4, lines.size()))
        .containsExactly(
            "  files      1 segment, 0 Parquet files",
            "  duplicates 1 answer: paid for although another answer was there first",
            "  damaged    0 lines, passed over",
            "  in use by  0 processes");
    assertThat(CliRun.of("journal", "stats", journal).out()).isEqualTo(run.out());
  }

  @Test
  void aJournalThatIsNotThereIsNotMade() {
    for (String command : List.of("stats", "compact")) {
      CliRun run = CliRun.of("journal", command, journal());
      assertThat(run.status()).isEqualTo(2);
      assertThat(run.errors())
          .isEqualTo(
              "capoflow: %s is no directory: name a journal, such as runs/journal\n"
                  .formatted(journal()));
    }
    assertThat(journal()).doesNotExist();
  }

  @Test
  void compactedItHoldsTheSame() throws IOException {
    Path journal = journal();
    fill(journal);
    List<String> before = CliRun.of("journal", journal).lines();

    CliRun run = CliRun.of("journal", "compact", journal);
    assertThat(run.out())
        .matches(
            ".*/journal: made answers-.*\\.parquet with 5 answers of 1 segment and 0 Parquet files\n");
    List<String> after = CliRun.of("journal", journal).lines();
    assertThat(after.subList(1, 4)).isEqualTo(before.subList(1, 4));
    assertThat(after.get(4)).isEqualTo("  files      0 segments, 1 Parquet file");
    assertThat(after.subList(5, 8)).isEqualTo(before.subList(5, 8));
    assertThat(CliRun.of("journal", "compact", journal).out())
        .isEqualTo(journal + ": nothing to compact\n");
  }

  @Test
  void prunedItLacksWhatWasMeantAndNothingElse() {
    Path journal = journal();
    fill(journal);
    assertThat(CliRun.of("journal", "prune", journal).errors())
        .isEqualTo("capoflow: journal prune: says not what to delete; --older-than or --model?\n");
    assertThat(CliRun.of("journal", "prune", journal, "--older-than", "1").out())
        .isEqualTo(journal + ": deleted 0 answers with 0 written tokens; 5 answers left\n");
    assertThat(CliRun.of("journal", "prune", journal, "--model", "large", "--dry-run").out())
        .isEqualTo(
            journal + ": would delete 1 answer with 7 written tokens; 4 answers would stay\n");
    assertThat(CliRun.of("journal", journal).lines().get(0)).contains(": 5 answers ");

    assertThat(CliRun.of("journal", "prune", journal, "--model", "large").out())
        .isEqualTo(journal + ": deleted 1 answer with 7 written tokens; 4 answers left\n");
    try (Journal open = new JournalFolder(journal).open()) {
      assertThat(open.find(request("large", "a").digest(), 1)).isEmpty();
      assertThat(open.find(request("small", "a").digest(), 2)).hasSize(2);
    }
    assertThat(
            CliRun.of("journal", "prune", journal, "--older-than", "0", "--model", "small").out())
        .isEqualTo(journal + ": deleted 4 answers with 28 written tokens; 0 answers left\n");
    assertThat(CliRun.of("journal", journal).lines().get(0)).contains(": 0 answers ");
  }

  @Test
  void whatIsInUseIsNotPruned() {
    Path journal = journal();
    fill(journal);
    try (Journal open = new JournalFolder(journal).open()) {
      // Whoever only reads is not in the way; whoever pays and writes is.
      keep(open, "small", "c", 0, "small c");
      CliRun run = CliRun.of("journal", "prune", journal, "--model", "large");
      assertThat(run.status()).isEqualTo(2);
      assertThat(run.errors())
          .matches(
              "capoflow: the journal .*/journal is in use by a process: wait until they have ended, or stop them\n");
      assertThat(open.find(request("large", "a").digest(), 1)).hasSize(1);
    }
    assertThat(CliRun.of("journal", journal).lines().get(0)).contains(": 6 answers ");
  }

  @Test
  void othersReadWhatIsExportedAndWhatIsCompacted() throws Exception {
    Path journal = journal();
    fill(journal);
    Path parquet = directory.resolve("out/answers.parquet");
    Path lines = directory.resolve("answers.jsonl");
    assertThat(CliRun.of("journal", "export", journal, "--output", parquet).out())
        .isEqualTo("5 answers in " + parquet + "\n");
    assertThat(
            CliRun.of("journal", "export", journal, "--output", lines, "--without-prompts").out())
        .isEqualTo("5 answers in " + lines + "\n");
    assertThat(CliRun.of("journal", "compact", journal).status()).isZero();

    String columns = "request, answer_index, model, text, reasoning, finish_reason, tokens";
    List<String> rows = query("SELECT " + columns + ", asked FROM '" + parquet + "'");
    assertThat(rows).hasSize(5).isSorted().allMatch(row -> row.contains("{\"extra_body\":{},"));
    assertThat(query("SELECT " + columns + ", asked FROM '" + journal + "/*.parquet'"))
        .isEqualTo(rows);
    assertThat(query("SELECT " + columns + " FROM '" + lines + "'"))
        .isEqualTo(query("SELECT " + columns + " FROM '" + parquet + "'"));
    assertThat(lines).content().doesNotContain("asked", "checksum", "messages");
    assertThat(Files.getPosixFilePermissions(parquet))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(Files.getPosixFilePermissions(lines))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(CliRun.of("journal", "export", journal, "--output", directory.resolve("x")).errors())
        .contains("name a file that ends with .parquet or .jsonl");
  }

  @Test
  void resultsOfABatchAreTakenInOnce() throws IOException {
    Path journal = journal();
    fill(journal);
    Path requests = directory.resolve("batch.jsonl");
    List<ChatCall> calls =
        List.of(
            new ChatCall(request("small", "a"), 0, 2),
            new ChatCall(request("small", "new"), 0, 2),
            new ChatCall(request("small", "failing"), 0, 1),
            new ChatCall(request("small", "filtered"), 0, 1));
    Files.write(requests, calls.stream().map(call -> BatchFile.line(call, Dialect.VLLM)).toList());
    Path results = directory.resolve("results.jsonl");
    Files.writeString(
        results,
        Stream.of(
                result(calls.get(1), 200, choices("one", "two")),
                result(calls.get(2), 500, "{\"error\":{\"type\":\"ServerError\"}}"),
                result(calls.get(3), 400, "{\"error\":{\"code\":\"content_filter\"}}"),
                "not JSON",
                result(calls.get(0), 200, choices("other", "answers")),
                "{\"custom_id\":\"somebody's\",\"response\":{}}")
            .reduce("", (all, line) -> all + line + "\n"));

    CliRun run =
        CliRun.of("journal", "import", results, "--requests", requests, "--journal", journal);
    assertThat(run.errors()).isEmpty();
    assertThat(run.lines())
        .containsExactly(
            journal + ": 3 answers kept of 6 lines; 2 were there already",
            "  1 line without an answer: a custom_id that nothing was asked by",
            "  1 line without an answer: no JSON with a custom_id",
            "  1 line without an answer: status 500, ServerError");
    assertThat(
            CliRun.of("journal", "import", results, "--requests", requests, "--journal", journal)
                .lines()
                .get(0))
        .isEqualTo(journal + ": 0 answers kept of 6 lines; 5 were there already");
    try (Journal open = new JournalFolder(journal).open()) {
      assertThat(open.find(request("small", "new").digest(), 2))
          .hasSize(2)
          .allSatisfy((index, answer) -> assertThat(answer.model()).isEqualTo("served"))
          .extractingByKey(1)
          .extracting(ChatAnswer::text)
          .isEqualTo("two");
      assertThat(open.find(request("small", "a").digest(), 2))
          .isEqualTo(Map.of(0, answer("small a 0"), 1, answer("small a 1")));
      assertThat(open.find(request("small", "filtered").digest(), 1).get(0).finish())
          .isEqualTo(FinishReason.CONTENT_FILTER);
    }

    Files.writeString(requests, Files.readString(requests).replace("question new", "question x"));
    CliRun changed =
        CliRun.of("journal", "import", results, "--requests", requests, "--journal", journal);
    assertThat(changed.status()).isEqualTo(2);
    assertThat(changed.errors())
        .contains(": its body is not the one that custom_id capoflow-")
        .endsWith("; give the file that journal requests wrote\n");
  }

  @Test
  void nobodyElseReadsABatch() throws IOException {
    Path run = Files.createDirectory(directory.resolve("run"));
    Files.writeString(
        run.resolve("recipe.yaml"),
        "extends: %s\n".formatted(Path.of("../recipes/served-critic.yaml").toRealPath()));
    Path batch = Files.createFile(directory.resolve("batch.jsonl"));
    Files.setPosixFilePermissions(batch, PosixFilePermissions.fromString("rw-r--r--"));

    CliRun requests =
        CliRun.of("journal", "requests", "--run", run, "--journal", journal(), "--output", batch);
    assertThat(requests.errors()).isEmpty();
    assertThat(requests.out()).startsWith("0 calls in " + batch);
    assertThat(Files.getPosixFilePermissions(batch))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }

  @Test
  void everySubcommandHasHelpWithAnExample() {
    for (String command : List.of("stats", "prune", "compact", "export", "requests", "import")) {
      CliRun run = CliRun.of("journal", command, "--help");
      assertThat(run.status()).isZero();
      assertThat(run.out()).contains("Example", "  capoflow journal " + command);
    }
    assertThat(CliRun.of("journal", "--help").out()).contains("requests", "import", "prune");
  }

  private static String result(ChatCall call, int status, String body) {
    return "{\"custom_id\":\"%s\",\"response\":{\"status_code\":%d,\"body\":%s},\"error\":null}"
        .formatted(BatchFile.name(call), status, body);
  }

  private static String choices(String one, String two) {
    return """
        {"model":"served","choices":[\
        {"index":0,"finish_reason":"stop","message":{"content":"%s"}},\
        {"index":1,"finish_reason":"stop","message":{"content":"%s"}}],\
        "usage":{"prompt_tokens":4,"completion_tokens":2}}"""
        .formatted(one, two);
  }

  private Path journal() {
    return directory.resolve("journal");
  }

  /** Four answers of one model and one of another, and a second that came too late. */
  private static void fill(Path journal) {
    try (Journal open = new JournalFolder(journal).open()) {
      for (String question : List.of("a", "b")) {
        for (int index : List.of(0, 1)) {
          keep(open, "small", question, index, "small " + question + " " + index);
        }
      }
      keep(open, "large", "a", 0, "large a");
      ChatAnswer late = open.keep(request("large", "a"), 0, answer("too late")).join();
      assertThat(late.text()).isEqualTo("large a");
    }
  }

  private static void keep(Journal journal, String model, String question, int index, String text) {
    assertThat(journal.keep(request(model, question), index, answer(text)).join())
        .isEqualTo(answer(text));
  }

  private static ChatRequest request(String model, String question) {
    return new ChatRequest(
        model,
        List.of(new Message("user", "question " + question)),
        new SamplingParameters(0.7, 0.9, 64),
        false,
        "{}",
        7);
  }

  private static ChatAnswer answer(String text) {
    return new ChatAnswer(
        text,
        Optional.of("thought"),
        FinishReason.STOP,
        new TokenCounts(11, 5, 7, 3),
        List.of(-0.5f),
        "served",
        "",
        42);
  }

  private static List<String> query(String sql) throws SQLException {
    try (Connection duck = DriverManager.getConnection("jdbc:duckdb:");
        Statement statement = duck.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> all = new ArrayList<>();
      while (rows.next()) {
        StringBuilder row = new StringBuilder();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          row.append(rows.getString(i)).append('|');
        }
        all.add(row.toString());
      }
      return all;
    }
  }
}
