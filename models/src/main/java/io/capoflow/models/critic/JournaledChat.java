package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatCall;
import io.capoflow.models.endpoint.ChatClient;
import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.journal.Journal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;

/**
 * Asks for answers that a journal does not have, and keeps them there before anybody uses them.
 * Equal answers that are wanted at the same time are asked for once. Thread-safe.
 */
final class JournaledChat {
  private final ChatClient client;
  private final Journal journal;
  private final int choicesPerCall;
  private final ConcurrentMap<Key, Wanted> wanted = new ConcurrentHashMap<>();
  private final LongAdder answered = new LongAdder();
  private final LongAdder found = new LongAdder();
  private final LongAdder shared = new LongAdder();

  /**
   * A chat over a client and a journal, which stay their owners' to close.
   *
   * @param choicesPerCall answers that one call may ask for
   */
  JournaledChat(ChatClient client, Journal journal, int choicesPerCall) {
    this.client = requireNonNull(client, "client");
    this.journal = requireNonNull(journal, "journal");
    this.choicesPerCall = choicesPerCall;
  }

  private record Key(String request, int index) {}

  /** An answer that is asked for, and those who wait for it. */
  private static final class Wanted {
    private final CompletableFuture<ChatAnswer> answer = new CompletableFuture<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile Runnable givenUp = () -> {};

    /** A future of its own for each who waits: an answer is given up when all of them do. */
    CompletableFuture<ChatAnswer> join() {
      waiting.incrementAndGet();
      CompletableFuture<ChatAnswer> joined = answer.copy();
      CompletableFuture<?> unused =
          joined.whenComplete(
              (value, failure) -> {
                if (joined.isCancelled() && waiting.decrementAndGet() == 0) {
                  givenUp.run();
                }
              });
      return joined;
    }

    /** Those who wait may have given up before. */
    void whenGivenUp(Runnable action) {
      givenUp = action;
      if (waiting.get() == 0) {
        action.run();
      }
    }

    void giveUp() {
      givenUp.run();
    }
  }

  /**
   * The answers with index 0 to times - 1. Returns at once.
   *
   * @return a future an answer, which fails as {@link ChatClient#ask} and {@link Journal#keep} say
   * @throws io.capoflow.schemas.UserMistake when the journal cannot be read
   */
  List<CompletableFuture<ChatAnswer>> ask(ChatRequest request, int times) {
    String digest = request.digest();
    List<CompletableFuture<ChatAnswer>> answers = new ArrayList<>();
    Map<Integer, Wanted> mine = new TreeMap<>();
    for (int index = 0; index < times; index++) {
      Wanted fresh = new Wanted();
      Wanted asked = wanted.putIfAbsent(new Key(digest, index), fresh);
      if (asked == null) {
        mine.put(index, fresh);
        answers.add(fresh.join());
      } else {
        shared.increment();
        answers.add(asked.join());
      }
    }
    if (!mine.isEmpty()) {
      answer(request, digest, times, mine);
    }
    return answers;
  }

  /**
   * Gives up what waits for its turn, and waits until what is on its way is kept: it is paid for.
   */
  void finish() {
    wanted.values().forEach(Wanted::giveUp);
    CompletableFuture.allOf(
            wanted.values().stream().map(one -> one.answer).toArray(CompletableFuture[]::new))
        .exceptionally(failure -> null)
        .join();
  }

  /** How many answers are waited for. */
  int open() {
    return wanted.size();
  }

  /** Answers that servers gave since this was opened. */
  long answered() {
    return answered.sum();
  }

  /** Answers taken from the journal since this was opened. */
  long found() {
    return found.sum();
  }

  /** Answers that were wanted while they were asked for, and so were not asked for again. */
  long shared() {
    return shared.sum();
  }

  /**
   * The journal is looked into after an answer is claimed: one that another thread was given
   * meanwhile is in there.
   */
  private void answer(ChatRequest request, String digest, int times, Map<Integer, Wanted> claimed) {
    Map<Integer, ChatAnswer> kept;
    try {
      kept = journal.find(digest, times);
    } catch (RuntimeException e) {
      claimed.forEach((index, one) -> finish(new Key(digest, index), one, null, e));
      throw e;
    }
    List<Integer> missing = new ArrayList<>();
    claimed.forEach(
        (index, one) -> {
          ChatAnswer answer = kept.get(index);
          if (answer == null) {
            missing.add(index);
          } else {
            found.increment();
            AnswerCounts.countFound();
            finish(new Key(digest, index), one, answer, null);
          }
        });
    for (ChatCall call : ChatCall.of(request, missing, choicesPerCall)) {
      ask(call, digest, claimed);
    }
  }

  private void ask(ChatCall call, String digest, Map<Integer, Wanted> claimed) {
    AnswerCounts.countCall();
    CompletableFuture<List<ChatAnswer>> asked = client.ask(call);
    List<Wanted> asking =
        IntStream.range(call.first(), call.first() + call.choices())
            .mapToObj(claimed::get)
            .toList();
    withdrawWithThem(asked, asking);
    CompletableFuture<?> unused =
        asked.whenComplete(
            (answers, failure) -> {
              for (int choice = 0; choice < call.choices(); choice++) {
                Key key = new Key(digest, call.first() + choice);
                Wanted one = asking.get(choice);
                if (failure == null) {
                  keep(call.request(), key, one, answers.get(choice));
                } else {
                  finish(key, one, null, failure);
                }
              }
            });
  }

  /** A call that is on its way is paid for: its answers are kept, though nobody waits. */
  private void withdrawWithThem(CompletableFuture<List<ChatAnswer>> asked, List<Wanted> asking) {
    AtomicInteger left = new AtomicInteger(asking.size());
    for (Wanted one : asking) {
      one.whenGivenUp(
          () -> {
            if (left.decrementAndGet() == 0) {
              client.withdraw(asked);
            }
          });
    }
  }

  /** Another process may have paid for it meanwhile: then its answer is the one that counts. */
  private void keep(ChatRequest request, Key key, Wanted one, ChatAnswer answer) {
    answered.increment();
    CompletableFuture<?> unused =
        journal
            .keep(request, key.index(), answer)
            .whenComplete((counting, failure) -> finish(key, one, counting, failure));
  }

  /** What is wanted from now on is looked for in the journal again. */
  private void finish(Key key, Wanted one, ChatAnswer answer, Throwable failure) {
    wanted.remove(key, one);
    if (failure == null) {
      one.answer.complete(answer);
    } else {
      one.answer.completeExceptionally(failure);
    }
  }
}
