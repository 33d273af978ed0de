package io.capoflow.models.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.schemas.FinishReason;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerReaderTest {
  @Test
  void readsTextTokensAndLogProbabilities() {
    AnswerReader.Answers answers =
        read(
            1,
            """
            {"model": "m-1", "system_fingerprint": "fp", "choices": [{"index": 0,
              "message": {"role": "assistant", "content": "No.", "reasoning_content": "hm"},
              "logprobs": {"content": [{"token": "No", "logprob": -0.5}, {"token": ".", "logprob": -1}]},
              "finish_reason": "stop"}],
             "usage": {"prompt_tokens": 100, "completion_tokens": 7,
              "prompt_tokens_details": {"cached_tokens": 64},
              "completion_tokens_details": {"reasoning_tokens": 5}}}""");

    assertThat(answers.answers())
        .containsExactly(
            new ChatAnswer(
                "No.",
                Optional.of("hm"),
                FinishReason.STOP,
                new TokenCounts(100, 64, 7, 5),
                List.of(-0.5f, -1f),
                "m-1",
                "fp",
                12));
    assertThat(answers.usage()).isEqualTo(new TokenCounts(100, 64, 7, 5));
  }

  @Test
  void choicesAreOrderedByTheirIndexAndTokensThatAreListedAreCounted() {
    AnswerReader.Answers answers =
        read(
            2,
            """
            {"choices": [
              {"index": 1, "message": {"content": "b"}, "token_ids": [1, 2, 3], "finish_reason": "stop"},
              {"index": 0, "message": {"content": "a"}, "token_ids": [1], "finish_reason": "length"}],
             "usage": {"prompt_tokens": 9, "completion_tokens": 4}}""");

    assertThat(answers.answers()).extracting(ChatAnswer::text).containsExactly("a", "b");
    assertThat(answers.answers())
        .extracting(answer -> answer.tokens().written())
        .containsExactly(1, 3);
    assertThat(answers.answers().get(0).finish()).isEqualTo(FinishReason.LENGTH);
  }

  @Test
  void tokensThatAreNotListedAreSharedSoThatTheyAddUp() {
    AnswerReader.Answers answers =
        read(
            3,
            """
            {"choices": [
              {"index": 0, "message": {"content": "a"}, "finish_reason": "stop"},
              {"index": 1, "message": {"content": "b"}, "finish_reason": "stop"},
              {"index": 2, "message": {"content": "c"}, "finish_reason": "stop"}],
             "usage": {"prompt_tokens": 9, "completion_tokens": 11}}""");

    assertThat(answers.answers())
        .extracting(answer -> answer.tokens().written())
        .containsExactly(3, 4, 4);
  }

  @Test
  void contentMayBeAListOfParts() {
    assertThat(
            read(
                    1,
                    """
                    {"choices": [{"index": 0, "finish_reason": "stop", "message": {"content": [
                      {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
                      {"type": "text", "text": "Yes"}]}}]}""")
                .answers())
        .singleElement()
        .satisfies(
            answer -> {
              assertThat(answer.text()).isEqualTo("Yes");
              assertThat(answer.reasoning()).contains("hm");
            });
  }

  @Test
  void aRefusalIsAContentFilter() {
    assertThat(one("{\"content\": null, \"refusal\": \"I will not.\"}", "stop").finish())
        .isEqualTo(FinishReason.CONTENT_FILTER);
    assertThat(one("{\"content\": \"\"}", "content_filter").finish())
        .isEqualTo(FinishReason.CONTENT_FILTER);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "plain | plain | ~",
        "<think>a</think>b | b | a",
        "\\n<think>\\na\\n</think>\\n\\nb | b | a",
        "a</think>\\n\\nb | b | a",
        "<think>a<incorrect_steps>1</incorrect_steps> | \"\" | a<incorrect_steps>1</incorrect_steps>",
        "<think>a</think><think>c</think>b | b | a\\nc",
        "<think>a</think>b <think>c</think> | b <think>c</think> | a",
        "b <think>c | b <think>c | ~",
        "<think></think>b | b | \"\""
      })
  void whatIsThoughtAloudIsNoAnswer(String written, String text, String reasoning) {
    Thinking thinking = Thinking.of(written.replace("\\n", "\n"));

    assertThat(thinking.text()).isEqualTo(text);
    assertThat(thinking.reasoning())
        .isEqualTo(
            reasoning.equals("~") ? Optional.empty() : Optional.of(reasoning.replace("\\n", "\n")));
  }

  @Test
  void anAnswerThatOnlyThoughtIsNotEmpty() {
    ChatAnswer answer = one("{\"content\": \"<think>on and on\"}", "length");

    assertThat(answer.text()).isEmpty();
    assertThat(answer.reasoning()).contains("on and on");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{}",
        "{\"error\": {\"message\": \"x\"}}",
        "{\"choices\": []}",
        "{\"choices\": [{\"index\": 1, \"message\": {\"content\": \"a\"}, \"finish_reason\": \"stop\"}]}",
        "{\"choices\": [{\"index\": 0, \"message\": {\"content\": \"\"}, \"finish_reason\": \"stop\"}]}",
        "{\"choices\": [{\"index\": 0, \"message\": {\"content\": \"a\"}, \"finish_reason\": null}]}",
        "{\"choices\": [{\"index\": 0, \"message\": {\"content\": \"a\"}, \"finish_reason\": \"something_new\"}]}",
        "{\"choices\": [{\"index\": 0, \"message\": {\"content\": \"a\"}, \"finish_reason\": \"abort\"}]}",
        "{\"choices\": [{\"index\": 0, \"message\": {\"content\": \"a\"}, \"finish_reason\": \"stop\"}]} x"
      })
  void everythingElseIsAFault(String body) {
    assertThatThrownBy(() -> read(1, body)).isInstanceOf(Fault.class);
  }

  private static ChatAnswer one(String message, String finish) {
    return read(
            1,
            "{\"choices\": [{\"index\": 0, \"message\": %s, \"finish_reason\": \"%s\"}]}"
                .formatted(message, finish))
        .answers()
        .get(0);
  }

  private static AnswerReader.Answers read(int choices, String body) {
    return AnswerReader.read(body.getBytes(StandardCharsets.UTF_8), choices, 12);
  }
}
