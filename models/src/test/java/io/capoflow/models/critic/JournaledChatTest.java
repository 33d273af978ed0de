package io.capoflow.models.critic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.critic.ServedFakes.FakeClient;
import io.capoflow.models.critic.ServedFakes.MemoryJournal;
import io.capoflow.models.endpoint.CallFailed;
import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatCall;
import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.UserMistake;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class JournaledChatTest {
  private static final ChatRequest REQUEST = request("question", 0.7);

  private final FakeClient client = new FakeClient();
  private final MemoryJournal journal = new MemoryJournal();
  private final JournaledChat chat = new JournaledChat(client, journal, 1);

  @Test
  void anAnswerIsGivenOnceItIsOnDisk() {
    CompletableFuture<ChatAnswer> answer = chat.ask(REQUEST, 1).get(0);
    assertThat(client.calls()).containsExactly(new ChatCall(REQUEST, 0, 1));
    client.answer(0, "a");
    assertThat(answer).isNotDone();
    journal.force();
    assertThat(answer.join().text()).isEqualTo("a");
    assertThat(chat.answered()).isOne();
  }

  @Test
  void whatTheJournalHasIsNotAskedFor() {
    journal.put(REQUEST, 1, "kept");
    List<CompletableFuture<ChatAnswer>> answers = chat.ask(REQUEST, 3);
    assertThat(answers.get(1).join().text()).isEqualTo("kept");
    assertThat(client.calls())
        .containsExactly(new ChatCall(REQUEST, 0, 1), new ChatCall(REQUEST, 2, 1));
    assertThat(chat.found()).isOne();
  }

  @Test
  void equalAnswersThatAreWantedAtOnceAreAskedForOnce() {
    List<CompletableFuture<ChatAnswer>> first = chat.ask(REQUEST, 2);
    List<CompletableFuture<ChatAnswer>> second = chat.ask(REQUEST, 3);
    assertThat(client.calls()).hasSize(3);
    client.answer(0, "a");
    journal.force();
    assertThat(first.get(0).join()).isEqualTo(second.get(0).join());
    assertThat(chat.shared()).isEqualTo(2);
    // Later it comes from the journal.
    assertThat(chat.ask(REQUEST, 1).get(0).join().text()).isEqualTo("a");
    assertThat(client.calls()).hasSize(3);
  }

  @Test
  void neighboursThatAreMissingAreAskedForTogether() {
    JournaledChat three = new JournaledChat(client, journal, 3);
    journal.put(REQUEST, 1, "kept");
    List<CompletableFuture<ChatAnswer>> answers = three.ask(REQUEST, 7);
    assertThat(client.calls())
        .containsExactly(
            new ChatCall(REQUEST, 0, 1), new ChatCall(REQUEST, 2, 3), new ChatCall(REQUEST, 5, 2));
    client.answer(1, "c", "d", "e");
    journal.force();
    assertThat(answers.subList(2, 5))
        .extracting(answer -> answer.join().text())
        .containsExactly("c", "d", "e");
  }

  @Test
  void withoutChanceEveryChoiceIsACallOfItsOwn() {
    ChatRequest greedy = request("question", 0);
    new JournaledChat(client, journal, 3).ask(greedy, 2);
    assertThat(client.calls())
        .containsExactly(new ChatCall(greedy, 0, 1), new ChatCall(greedy, 1, 1));
  }

  /** Two runs may pay for the same call: both must use the same answer. */
  @Test
  void theAnswerThatCountsIsThatOfTheJournal() {
    CompletableFuture<ChatAnswer> answer = chat.ask(REQUEST, 1).get(0);
    journal.put(REQUEST, 0, "of another process");
    client.answer(0, "mine");
    journal.force();
    assertThat(answer.join().text()).isEqualTo("of another process");
  }

  @Test
  void aFailureIsNotKeptAndIsAskedForAgain() {
    CompletableFuture<ChatAnswer> answer = chat.ask(REQUEST, 1).get(0);
    client.fail(0, new CallFailed("HTTP 500"));
    assertThatThrownBy(answer::join)
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(CallFailed.class);
    chat.ask(REQUEST, 1);
    assertThat(client.calls()).hasSize(2);
    assertThat(journal.size()).isZero();
  }

  @Test
  void anAnswerThatCannotBeKeptIsNotUsed() {
    CompletableFuture<ChatAnswer> answer = chat.ask(REQUEST, 1).get(0);
    client.answer(0, "a");
    journal.fail(new UserMistake("no room"));
    assertThatThrownBy(answer::join).hasCauseInstanceOf(UserMistake.class);
  }

  @Test
  void aJournalThatCannotBeReadFailsAllWhoWait() {
    journal.breakReading(new UserMistake("no right to read"));
    assertThatThrownBy(() -> chat.ask(REQUEST, 1)).isInstanceOf(UserMistake.class);
    journal.breakReading(null);
    assertThat(chat.ask(REQUEST, 1)).hasSize(1);
    assertThat(client.calls()).hasSize(1);
  }

  @Test
  void aCallIsGivenUpWhenAllWhoWaitForItGiveUp() {
    CompletableFuture<ChatAnswer> first = chat.ask(REQUEST, 1).get(0);
    CompletableFuture<ChatAnswer> second = chat.ask(REQUEST, 1).get(0);
    first.cancel(true);
    assertThat(client.withdrawn()).isEmpty();
    second.cancel(true);
    assertThat(client.withdrawn()).containsExactly(0);
  }

  @Test
  void whatIsOnItsWayIsKeptThoughNobodyWaitsForIt() {
    chat.ask(REQUEST, 1).get(0).cancel(true);
    assertThat(chat.open()).isOne();
    client.answer(0, "paid");
    journal.force();
    assertThat(chat.open()).isZero();
    assertThat(chat.ask(REQUEST, 1).get(0).join().text()).isEqualTo("paid");
    assertThat(client.calls()).hasSize(1);
  }

  @Test
  void finishingWaitsForWhatIsOnItsWay() throws Exception {
    chat.ask(REQUEST, 2);
    CompletableFuture<Void> finished = CompletableFuture.runAsync(chat::finish);
    client.fail(1, new CancellationException("withdrawn"));
    client.answer(0, "paid");
    journal.force();
    finished.get(1, TimeUnit.MINUTES);
    assertThat(chat.open()).isZero();
    assertThat(journal.size()).isOne();
  }

  private static ChatRequest request(String content, double temperature) {
    return new ChatRequest(
        "critic",
        List.of(new Message("user", content)),
        new SamplingParameters(temperature, 1, 8),
        false,
        "{}",
        5);
  }
}
