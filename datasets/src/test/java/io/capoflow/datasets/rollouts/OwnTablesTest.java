package io.capoflow.datasets.rollouts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.datasets.rows.ParquetObjects;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.SourceColumn;
import io.capoflow.schemas.StepSpan;
import io.capoflow.transforms.storage.ParquetRows;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rollouts of a run of ours, and what was taken in before. */
final class OwnTablesTest {
  @TempDir Path folder;

  @Test
  void aRolloutOfOursIsKeptAsItIsButForItsId() {
    List<Rollout> rollouts =
        List.of(rollout("00001/p/000", null), rollout("00001/p/001", List.of(new StepSpan(1, 3))));
    Path file = folder.resolve("shard-00000.parquet");
    ParquetRows.write(file, Rollout.class, rollouts);
    Taken taken = Taken.from(file);
    assertThat(taken.rejected).isEmpty();
    assertThat(taken.rows).hasSize(2);
    for (int i = 0; i < 2; i++) {
      Rollout rollout = rollouts.get(i);
      GivenRollout row = taken.rows.get(i);
      assertThat(row.getRolloutId()).matches("[0-9a-f]{32}");
      assertThat(row)
          .isEqualTo(
              GivenRollout.newBuilder()
                  .setRolloutId(row.getRolloutId())
                  .setProblemId("p")
                  .setSourceId(rollout.getRolloutId())
                  .setLayout("capoflow")
                  .setRollout(Rollout.newBuilder(rollout).setRolloutId(row.getRolloutId()).build())
                  .setTruth(List.of())
                  .setColumns(
                      List.of(
                          new SourceColumn("finish_reason", "length"),
                          new SourceColumn("iteration", "1"),
                          new SourceColumn("policy_version", "v00001"),
                          new SourceColumn("sample_index", "3"),
                          new SourceColumn("seed", "-9223372036854775808"),
                          new SourceColumn("temperature", "0.9"),
                          new SourceColumn("top_p", "0.95")))
                  .setSourceFile(file.toString())
                  .setSourceLine(i + 1)
                  .build());
    }
  }

  @Test
  void theSameRolloutAsAJsonLineHasTheSameId() throws IOException {
    Rollout rollout = rollout("00001/p/000", List.of(new StepSpan(0, 2)));
    Path table = folder.resolve("shard-00000.parquet");
    ParquetRows.write(table, Rollout.class, List.of(rollout));
    ObjectNode line = (ObjectNode) ParquetObjects.node(rollout);
    line.put("note", "further").remove(List.of("given_steps", "top_k", "min_p", "stop"));
    line.set("given_steps", ParquetObjects.node(rollout.getGivenSteps()));
    line.put("temperature", new BigDecimal("0.90"));
    Path lines = Files.writeString(folder.resolve("a.jsonl"), line + "\n");

    GivenRollout row = Taken.from(lines).only();
    assertThat(row.getRollout().getBehaviourLogprobs()).containsExactly(-0.1f, -1e-9f);
    assertThat(Taken.columns(row))
        .containsExactly(
            "finish_reason=length",
            "iteration=1",
            "note=further",
            "policy_version=v00001",
            "sample_index=3",
            "seed=-9223372036854775808",
            "temperature=0.9",
            "top_p=0.95");
    line.remove("note");
    GivenRollout without =
        Taken.from(Files.writeString(folder.resolve("b.jsonl"), line + "\n")).only();
    assertThat(without.getRolloutId()).isEqualTo(Taken.from(table).only().getRolloutId());
    assertThat(without.getRolloutId()).isNotEqualTo(row.getRolloutId());
  }

  @Test
  void aRolloutOfOursThatNoCriticCouldReadIsRejected() throws IOException {
    ObjectNode whole = (ObjectNode) ParquetObjects.node(rollout("00001/p/000", null));
    List<ObjectNode> rows = Stream.generate(whole::deepCopy).limit(7).collect(Collectors.toList());
    rows.get(0).remove("seed");
    rows.get(1).put("iteration", 1.5);
    rows.get(2).put("finish_reason", "tired");
    rows.get(3).set("given_steps", spans(new StepSpan(2, 9)));
    rows.get(4).set("given_steps", spans(new StepSpan(2, 3)));
    ((ObjectNode) rows.get(5).get("problem")).putArray("prompt");
    rows.get(6).putArray("response_token_ids").add("x");
    Taken taken =
        Taken.from(
            Files.write(
                folder.resolve("bad.jsonl"), rows.stream().map(ObjectNode::toString).toList()));
    assertThat(taken.rows).isEmpty();
    assertThat(taken.faults())
        .satisfiesExactly(
            fault -> assertThat(fault).isEqualTo("1 BAD_COLUMN seed: is absent"),
            fault ->
                assertThat(fault)
                    .isEqualTo("2 BAD_COLUMN iteration: is no whole number of 32 bits"),
            fault -> assertThat(fault).startsWith("3 BAD_COLUMN ").contains("finish_reason"),
            fault ->
                assertThat(fault).startsWith("4 BAD_STEP given step 0 of 00001/p/000 is [2, 9)"),
            fault -> assertThat(fault).isEqualTo("5 BAD_STEP given_steps: one of them is blank"),
            fault -> assertThat(fault).isEqualTo("6 BAD_COLUMN problem.prompt: asks nothing"),
            fault ->
                assertThat(fault)
                    .isEqualTo(
                        "7 BAD_COLUMN response_token_ids[0]: is no whole number of 32 bits"));
    assertThat(taken.rejected).extracting(row -> row.getSourceId()).containsOnly("00001/p/000");
  }

  @Test
  void whatWasTakenInBeforeComesOutTheSame() throws IOException {
    Path source =
        Files.writeString(
            folder.resolve("source.jsonl"),
            """
            {"id": "a", "problem": "1+1?", "steps": ["x", "y"], "label": 1, "note": "n"}
            {"id": "b", "problem_id": "p", "prompt": "1+2?", "response": "3", "answer": "3"}
            {"prompt": "1+2?", "completion": "3"}
            """);
    Path own = folder.resolve("own.parquet");
    ParquetRows.write(own, Rollout.class, List.of(rollout("00001/p/000", null)));
    List<GivenRollout> before = Taken.from(source, own).rows;
    assertThat(before).hasSize(4);
    assertThat(before.get(0).getTruth()).containsExactly(true, false);

    Path table = folder.resolve("given.parquet");
    ParquetRows.write(table, GivenRollout.class, before);
    Taken again = Taken.from(table);
    assertThat(again.rejected).isEmpty();
    for (int i = 0; i < before.size(); i++) {
      assertThat(again.rows.get(i))
          .isEqualTo(
              GivenRollout.newBuilder(before.get(i))
                  .setSourceFile(table.toString())
                  .setSourceLine(i + 1)
                  .build());
    }
  }

  @Test
  void truthOfOtherStepsThanThoseGivenIsRejected() throws IOException {
    Path source =
        Files.writeString(
            folder.resolve("source.jsonl"),
            "{\"id\": \"a\", \"problem\": \"q\", \"steps\": [\"x\", \"y\"], \"label\": 1}");
    Path table = folder.resolve("given.parquet");
    ParquetRows.write(
        table,
        GivenRollout.class,
        List.of(
            GivenRollout.newBuilder(Taken.from(source).only())
                .setTruth(Arrays.asList(true, false, null))
                .build()));
    assertThat(Taken.from(table).faults())
        .containsExactly("1 BAD_LABEL truth: is of 3 steps, not 2");
  }

  private static com.fasterxml.jackson.databind.JsonNode spans(StepSpan... spans) {
    return ParquetObjects.node(List.of(spans));
  }

  private static Rollout rollout(String id, List<StepSpan> steps) {
    return Rollout.newBuilder()
        .setRunId("run")
        .setIteration(1)
        .setProblem(
            Problem.newBuilder()
                .setProblemId("p")
                .setPrompt(List.of(new Message("user", "2+2?")))
                .setAnswer("4")
                .setSource("arithmetic")
                .setMetadata(Map.of("truth", "4"))
                .build())
        .setSampleIndex(3)
        .setRolloutId(id)
        .setPromptTokenIds(List.of(1, 2))
        .setResponseTokenIds(List.of(3, 0))
        .setResponse("It 4")
        .setTokenEnds(List.of(4, 4))
        .setBehaviourLogprobs(List.of(-0.1f, -1e-9f))
        .setFinishReason("length")
        .setPolicyVersion("v00001")
        .setTemperature(0.9)
        .setTopP(0.95)
        .setMaxNewTokens(8)
        .setSeed(Long.MIN_VALUE)
        .setGivenSteps(steps)
        .build();
  }
}
