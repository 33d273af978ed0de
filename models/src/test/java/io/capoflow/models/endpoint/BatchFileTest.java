package io.capoflow.models.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.endpoint.BatchFile.Result;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Message;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchFileTest {
  private static final SamplingParameters PLAIN = new SamplingParameters(0.7, 0.9, 64);

  @ParameterizedTest
  @EnumSource(
      value = Dialect.class,
      names = {"OPENAI", "VLLM"})
  void aCallIsReadFromTheLineThatAsks(Dialect dialect) {
    ChatCall call = new ChatCall(request(PLAIN, "{}"), 3, 2);

    String line = BatchFile.line(call, dialect);

    assertThat(BatchFile.call(line)).isEqualTo(call);
    assertThat(BatchFile.name(line)).contains(BatchFile.name(call));
    assertThat(line)
        .startsWith(
            "{\"custom_id\":\"capoflow-%s-3\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"critic\""
                .formatted(call.request().digest()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"chat_template_kwargs\":{\"enable_thinking\":false},\"reasoning_effort\":\"low\"}",
        "{\"presence_penalty\":0}",
        "{\"presence_penalty\":0.5,\"repetition_penalty\":1}",
        "{\"logit_bias\":{\"7\":1.50}}"
      })
  void whatIsAddedToABodyIsTakenFromItAgain(String extraBody) {
    ChatRequest request =
        request(new SamplingParameters(0, 1, 20, 0.05, List.of("END", "\n\n"), 7), extraBody);
    ChatCall call = new ChatCall(request, 0, 1);

    assertThat(BatchFile.call(BatchFile.line(call, Dialect.VLLM)).request().canonical())
        .isEqualTo(request.canonical());
  }

  @Test
  void aDialectWithoutAWordForWhatIsAskedIsRefused() {
    ChatCall call =
        new ChatCall(request(new SamplingParameters(1, 1, 20, 0, List.of(), 7), "{}"), 0, 1);
    assertThatThrownBy(() -> BatchFile.line(call, Dialect.OPENAI))
        .hasMessage("the dialect openai has no top_k");
  }

  @ParameterizedTest
  @CsvSource({"0.7, 0.8", "critic, other", "which step, what step", "\"seed\":5, \"seed\":6"})
  void aLineThatWasChangedIsRefused(String before, String after) {
    String line = BatchFile.line(new ChatCall(request(PLAIN, "{}"), 0, 1), Dialect.VLLM);
    assertThatThrownBy(() -> BatchFile.call(line.replace(before, after)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("its body is not the one that custom_id capoflow-.*-0 was given to");
  }

  @Test
  void aLineOfOthersIsRefused() {
    assertThatThrownBy(() -> BatchFile.call("{\"custom_id\":\"request-1\"}"))
        .hasMessage("its custom_id is none of ours");
  }

  @Test
  void answersAreReadAsThoseOfACallAre() {
    ChatCall call = new ChatCall(request(PLAIN, "{}"), 0, 2);
    String line =
        """
        {"id":"vllm-1","custom_id":"x","response":{"status_code":200,"request_id":"1","body":
        {"model":"critic","system_fingerprint":"fp","choices":[
        {"index":1,"finish_reason":"length","message":{"content":"two"}},
        {"index":0,"finish_reason":"stop","message":{"content":"one","reasoning_content":"hm"}}],
        "usage":{"prompt_tokens":5,"completion_tokens":4}}},"error":null}
        """;

    assertThat(BatchFile.result(line, call))
        .isInstanceOfSatisfying(
            Result.Answered.class,
            answered -> {
              assertThat(answered.answers())
                  .extracting(ChatAnswer::text)
                  .containsExactly("one", "two");
              assertThat(answered.answers())
                  .extracting(ChatAnswer::finish)
                  .containsExactly(FinishReason.STOP, FinishReason.LENGTH);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"response\":{\"status_code\":500,\"body\":{\"error\":{\"type\":\"ServerError\"}}}} | status 500, ServerError",
        "{\"response\":null,\"error\":{\"code\":\"batch_expired\",\"message\":\"too late\"}} | status 0, batch_expired",
        "{\"response\":{\"status_code\":200,\"body\":{\"choices\":[]}}} | 0 choices of 1",
        "{\"respon | no JSON",
      })
  void aLineWithoutAnAnswerSaysWhy(String line, String reason) {
    assertThat(BatchFile.result(line, new ChatCall(request(PLAIN, "{}"), 0, 1)))
        .isEqualTo(new Result.Failed(reason));
  }

  @Test
  void aPromptThatIsTooLongIsAnAnswer() {
    String line =
        """
        {"response":{"status_code":400},"error":{"error":{"message":"This model's maximum context length is 10 tokens","code":400}}}
        """;
    assertThat(BatchFile.result(line, new ChatCall(request(PLAIN, "{}"), 0, 1)))
        .isInstanceOfSatisfying(
            Result.Answered.class,
            answered ->
                assertThat(answered.answers())
                    .singleElement()
                    .extracting(ChatAnswer::finish)
                    .isEqualTo(FinishReason.CONTEXT_LENGTH));
  }

  private static ChatRequest request(SamplingParameters sampling, String extraBody) {
    return new ChatRequest(
        "critic",
        List.of(new Message("system", "You judge."), new Message("user", "which step? \"<é>\"")),
        sampling,
        true,
        extraBody,
        5);
  }
}
