package io.capoflow.datasets.rollouts;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.SourceColumn;
import io.capoflow.schemas.StepSpan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What each layout makes of a row. */
final class RolloutLayoutsTest {
  @TempDir Path folder;

  @Test
  void aRowOfProblemAndResponseIsKeptWhole() throws IOException {
    GivenRollout row =
        row(
            """
            {"id": "r1", "problem_id": "p1", "problem": "2+2?", "answer": "4", "solution": "It is 4.",
             "response": "First.\\n\\n\\\\boxed{4}", "source": "sums", "zeta": {"b": [1, 2.50]},
             "alpha": "as it\\nstands", "none": null}""");
    Problem problem =
        Problem.newBuilder()
            .setProblemId("p1")
            .setPrompt(List.of(new Message("user", "2+2?")))
            .setAnswer("4")
            .setSolution("It is 4.")
            .setSource("sums")
            .setMetadata(Map.of())
            .build();
    assertThat(row)
        .isEqualTo(
            GivenRollout.newBuilder()
                .setRolloutId(row.getRolloutId())
                .setProblemId("p1")
                .setSourceId("r1")
                .setLayout("response")
                .setRollout(
                    Rollout.newBuilder()
                        .setRunId("")
                        .setIteration(0)
                        .setProblem(problem)
                        .setSampleIndex(row.getRollout().getSampleIndex())
                        .setRolloutId(row.getRolloutId())
                        .setPromptTokenIds(List.of())
                        .setResponseTokenIds(List.of())
                        .setResponse("First.\n\n\\boxed{4}")
                        .setTokenEnds(List.of())
                        .setBehaviourLogprobs(List.of())
                        .setFinishReason("stop")
                        .setPolicyVersion("given")
                        .setTemperature(0)
                        .setTopP(1)
                        .setMaxNewTokens(0)
                        .setSeed(0)
                        .setGivenSteps(null)
                        .build())
                .setTruth(List.of())
                .setColumns(
                    List.of(
                        new SourceColumn("alpha", "as it\nstands"),
                        new SourceColumn("zeta", "{\"b\":[1,2.50]}")))
                .setSourceFile(folder.resolve("row.jsonl").toString())
                .setSourceLine(1)
                .build());
  }

  @Test
  void aRowOfNoMoreThanQuestionAndResponseHasNeutralValues() throws IOException {
    GivenRollout row = row("{\"question\": \"2+2?\", \"response\": \"\"}");
    assertThat(row.getSourceId()).isNull();
    assertThat(row.getProblemId()).matches("[0-9a-f]{16}");
    assertThat(row.getRollout().getProblem().getAnswer()).isEmpty();
    assertThat(row.getRollout().getProblem().getSolution()).isNull();
    assertThat(row.getRollout().getProblem().getSource()).isEqualTo("response");
    assertThat(row.getRollout().getResponse()).isEmpty();
  }

  @Test
  void aPromptMayBeChatMessages() throws IOException {
    GivenRollout row =
        row(
            """
            {"prompt": [{"role": "system", "content": ""}, {"role": "user", "content": "2+2?"}],
             "response": "4", "data_source": "openai/gsm8k"}""");
    assertThat(row.getRollout().getProblem().getPrompt())
        .containsExactly(new Message("system", ""), new Message("user", "2+2?"));
    assertThat(row.getRollout().getProblem().getSource()).isEqualTo("openai/gsm8k");
    assertThat(row.getColumns()).isEmpty();
  }

  @Test
  void messagesThatSayMoreThanAChatDoesAreKeptAsAColumn() throws IOException {
    GivenRollout row =
        row(
            """
            {"prompt": [{"role": "user", "content": "2+2?", "name": "Ada", "tools": null}],
             "response": "4"}""");
    assertThat(Taken.columns(row))
        .containsExactly(
            "prompt=[{\"role\":\"user\",\"content\":\"2+2?\",\"name\":\"Ada\",\"tools\":null}]");
  }

  @Test
  void givenStepsStayAsTheyAreGiven() throws IOException {
    List<String> steps = List.of(" 😀 one\n\n\n still one ", "\ttwo", "# Answer\n\n4\n");
    GivenRollout row =
        row(
            "{\"id\": 7, \"prompt\": \"2+2?\", \"steps\": [\" 😀 one\\n\\n\\n still one \","
                + " \"\\ttwo\", \"# Answer\\n\\n4\\n\"], \"response\": \"another text\"}");
    assertThat(row.getLayout()).isEqualTo("steps");
    assertThat(row.getSourceId()).isEqualTo("7");
    assertThat(row.getRollout().getResponse()).isEqualTo(String.join("\n\n", steps));
    assertThat(row.getRollout().getGivenSteps())
        .containsExactly(new StepSpan(0, 20), new StepSpan(22, 26), new StepSpan(28, 40));
    assertThat(Taken.steps(row)).isEqualTo(steps);
    assertThat(row.getTruth()).isEmpty();
    assertThat(Taken.columns(row)).containsExactly("response=another text");
  }

  @Test
  void aColumnWithoutAValueMakesNoLayout() throws IOException {
    GivenRollout row =
        row(
            """
            {"problem": "2+2?", "steps": null, "mistake_index": null, "label": null,
             "completion": null, "response": "4"}""");
    assertThat(row.getLayout()).isEqualTo("response");
    assertThat(row.getColumns()).isEmpty();
  }

  @Test
  void aWorkedGoldOfGsm8kIsItsAnswerAndItsSolution() throws IOException {
    Problem worked =
        problem("{\"question\": \"q\", \"answer\": \"2+2=4\\n#### 4\", \"response\": \"4\"}");
    assertThat(worked.getAnswer()).isEqualTo("4");
    assertThat(worked.getSolution()).isEqualTo("2+2=4\n#### 4");
    Problem bare = problem("{\"question\": \"q\", \"answer\": \"#### 1,080\", \"response\": \"\"}");
    assertThat(bare.getAnswer()).isEqualTo("1,080");
    assertThat(bare.getSolution()).isNull();
    Problem heading =
        problem("{\"question\": \"q\", \"answer\": \"#### Sum\\nIt is 4.\", \"response\": \"\"}");
    assertThat(heading.getAnswer()).isEqualTo("#### Sum\nIt is 4.");

    GivenRollout both =
        row(
            """
            {"question": "q", "answer": "2+2=4\\n#### 4", "solution": "Count.", "response": "4"}""");
    assertThat(both.getRollout().getProblem().getAnswer()).isEqualTo("4");
    assertThat(both.getRollout().getProblem().getSolution()).isEqualTo("Count.");
    assertThat(Taken.columns(both)).containsExactly("answer=2+2=4\n#### 4");
  }

  @Test
  void aGoldIsATextOrANumberOrAListOfOneAndElseStaysAColumn() throws IOException {
    assertThat(gold("\"x\"")).isEqualTo("x");
    assertThat(gold("1.50")).isEqualTo("1.50");
    assertThat(gold("[\"x\"]")).isEqualTo("x");
    assertThat(gold("[7]")).isEqualTo("7");
    assertThat(gold("null")).isEmpty();
    for (String other : List.of("[\"x\",\"y\"]", "{\"x\":1}", "true", "[]", "[[1]]")) {
      GivenRollout row =
          row("{\"question\": \"q\", \"response\": \"r\", \"answer\": " + other + "}");
      assertThat(row.getRollout().getProblem().getAnswer()).isEmpty();
      assertThat(Taken.columns(row)).containsExactly("answer=" + other);
    }
  }

  @Test
  void verlDumpsHaveTheirGoldInGts() throws IOException {
    GivenRollout row =
        row(
            """
            {"input": "user\\n6*7?\\nassistant\\n", "output": "It is 42.", "gts": "42",
             "score": 1.0, "step": 3, "acc": true}""");
    assertThat(row.getLayout()).isEqualTo("verl");
    assertThat(row.getRollout().getProblem().getPrompt())
        .containsExactly(new Message("user", "user\n6*7?\nassistant\n"));
    assertThat(row.getRollout().getProblem().getAnswer()).isEqualTo("42");
    assertThat(row.getRollout().getProblem().getSource()).isEqualTo("verl");
    assertThat(row.getRollout().getResponse()).isEqualTo("It is 42.");
    assertThat(row.getRollout().getGivenSteps()).isNull();
    assertThat(Taken.columns(row)).containsExactly("acc=true", "score=1.0", "step=3");

    assertThat(problem("{\"input\": \"q\", \"output\": \"\", \"gts\": null}").getAnswer())
        .isEmpty();
    assertThat(problem("{\"input\": \"q\", \"output\": \"\", \"gts\": [42]}").getAnswer())
        .isEqualTo("42");
  }

  @Test
  void trlCompletionsAreTextsOrChats() throws IOException {
    GivenRollout text =
        row(
            """
            {"step": 5, "prompt": "6*7?", "completion": "42", "accuracy_reward": 1.0,
             "advantage": -0.5}""");
    assertThat(text.getLayout()).isEqualTo("trl");
    assertThat(text.getRollout().getResponse()).isEqualTo("42");
    assertThat(text.getRollout().getProblem().getAnswer()).isEmpty();
    assertThat(Taken.columns(text))
        .containsExactly("accuracy_reward=1.0", "advantage=-0.5", "step=5");

    GivenRollout chat =
        row(
            """
            {"prompt": [{"role": "user", "content": "6*7?"}],
             "completion": [{"role": "assistant", "content": "42"}]}""");
    assertThat(chat.getRollout().getResponse()).isEqualTo("42");
    assertThat(chat.getColumns()).isEmpty();

    GivenRollout tools =
        row(
            """
            {"prompt": "6*7?", "completion": [{"role": "assistant", "content": "Ask."},
             {"role": "tool", "content": "42"}, {"role": "assistant", "content": "It is 42."},
             {"role": "tool", "content": "done"}]}""");
    assertThat(tools.getRollout().getResponse()).isEqualTo("It is 42.");
    assertThat(tools.getColumns()).extracting(SourceColumn::getName).containsExactly("completion");
  }

  @Test
  void processBenchLabelsTheFirstWrongStep() throws IOException {
    GivenRollout wrong = row(processBench("gsm8k-12", 1));
    assertThat(wrong.getLayout()).isEqualTo("processbench");
    assertThat(wrong.getSourceId()).isEqualTo("gsm8k-12");
    assertThat(wrong.getRollout().getProblem().getSource()).isEqualTo("gsm8k");
    assertThat(Taken.steps(wrong)).containsExactly("a", "b\n\nb", "c");
    assertThat(wrong.getTruth()).isEqualTo(Arrays.asList(true, false, null));
    assertThat(Taken.columns(wrong))
        .containsExactly("final_answer_correct=false", "generator=Qwen2");

    GivenRollout right = row(processBench("other-12", -1));
    assertThat(right.getTruth()).containsExactly(true, true, true);
    assertThat(right.getRollout().getProblem().getSource()).isEqualTo("processbench");
  }

  @Test
  void bigBenchMistakeHasTheGoldInTargetAndTheModelsAnswerInAnswer() throws IOException {
    GivenRollout row =
        row(
            """
            {"input": "Sort: b a", "steps": ["a first", "so a b"], "answer": "b a",
             "target": "a b", "mistake_index": 0}""");
    assertThat(row.getLayout()).isEqualTo("first-mistake");
    assertThat(row.getRollout().getProblem().getAnswer()).isEqualTo("a b");
    assertThat(row.getTruth()).isEqualTo(Arrays.asList(false, null));
    assertThat(Taken.columns(row)).containsExactly("answer=b a");

    GivenRollout none =
        row(
            """
            {"input": "q", "steps": ["a", "b"], "target": "t", "mistake_index": null}""");
    assertThat(none.getTruth()).containsExactly(true, true);
  }

  @Test
  void anyRowOfStepsMayNameItsFirstMistake() throws IOException {
    for (String column :
        List.of(
            "mistake_index",
            "mistake_idx",
            "first_error_step",
            "first_error_index",
            "first_error")) {
      GivenRollout row =
          row(
              """
              {"question": "q", "steps": ["a", "b"], "answer": "4", "%s": 1.0}"""
                  .formatted(column));
      assertThat(row.getLayout()).isEqualTo("first-mistake");
      assertThat(row.getRollout().getProblem().getAnswer()).isEqualTo("4");
      assertThat(row.getTruth()).containsExactly(true, false);
      assertThat(row.getColumns()).isEmpty();
    }
    assertThat(row("{\"problem\": \"q\", \"steps\": [\"a\"], \"mistake_idx\": -1}").getTruth())
        .containsExactly(true);
  }

  private static String processBench(String id, int label) {
    return """
        {"id": "%s", "generator": "Qwen2", "problem": "q", "steps": ["a", "b\\n\\nb", "c"],
         "final_answer_correct": false, "label": %d}"""
        .formatted(id, label);
  }

  private String gold(String answer) throws IOException {
    return problem("{\"question\": \"q\", \"response\": \"r\", \"answer\": " + answer + "}")
        .getAnswer();
  }

  private Problem problem(String row) throws IOException {
    return row(row).getRollout().getProblem();
  }

  private GivenRollout row(String row) throws IOException {
    return Taken.from(
            Files.writeString(folder.resolve("row.jsonl"), row.replaceAll("\\n\\s*", "") + "\n"))
        .only();
  }
}
