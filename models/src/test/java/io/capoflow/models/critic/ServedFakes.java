package io.capoflow.models.critic;

import io.capoflow.models.endpoint.CallFigures;
import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.models.endpoint.ChatCall;
import io.capoflow.models.endpoint.ChatClient;
import io.capoflow.models.endpoint.ChatRequest;
import io.capoflow.models.endpoint.EndpointReport;
import io.capoflow.models.journal.Journal;
import io.capoflow.schemas.FinishReason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** A client and a journal whose moments a test decides. For one thread. */
final class ServedFakes {
  private ServedFakes() {}

  static ChatAnswer answer(String text) {
    return answer(text, FinishReason.STOP, Optional.empty());
  }

  static ChatAnswer answer(String text, FinishReason finish, Optional<String> reasoning) {
    return new ChatAnswer(
        text, reasoning, finish, new TokenCounts(10, 4, 3, 1), List.of(), "critic", "f1", 7);
  }

  static final class FakeClient implements ChatClient {
    private final List<ChatCall> calls = new ArrayList<>();
    private final List<CompletableFuture<List<ChatAnswer>>> futures = new ArrayList<>();
    private final List<Integer> withdrawn = new ArrayList<>();

    List<ChatCall> calls() {
      return List.copyOf(calls);
    }

    CompletableFuture<List<ChatAnswer>> future(int call) {
      return futures.get(call);
    }

    void answer(int call, String... texts) {
      futures.get(call).complete(Stream.of(texts).map(ServedFakes::answer).toList());
    }

    void answer(int call, ChatAnswer answer) {
      futures.get(call).complete(List.of(answer));
    }

    void fail(int call, RuntimeException failure) {
      futures.get(call).completeExceptionally(failure);
    }

    @Override
    public CompletableFuture<List<ChatAnswer>> ask(ChatCall call) {
      calls.add(call);
      CompletableFuture<List<ChatAnswer>> future = new CompletableFuture<>();
      futures.add(future);
      return future;
    }

    List<Integer> withdrawn() {
      return List.copyOf(withdrawn);
    }

    @Override
    public void withdraw(CompletableFuture<List<ChatAnswer>> asked) {
      withdrawn.add(futures.indexOf(asked));
    }

    @Override
    public boolean hasEnded() {
      return false;
    }

    @Override
    public CompletableFuture<EndpointReport> report(ChatRequest shape) {
      throw new UnsupportedOperationException();
    }

    @Override
    public CallFigures figures() {
      return CallFigures.NONE;
    }

    @Override
    public void close() {}
  }

  static final class MemoryJournal implements Journal {
    private final Map<String, ChatAnswer> answers = new HashMap<>();
    private final List<Runnable> unforced = new ArrayList<>();
    private final List<CompletableFuture<ChatAnswer>> waiting = new ArrayList<>();
    private RuntimeException broken;

    void put(ChatRequest request, int index, String text) {
      answers.put(key(request.digest(), index), answer(text));
    }

    int size() {
      return answers.size();
    }

    /** Forces to disk what was given to keep. */
    void force() {
      List<Runnable> all = List.copyOf(unforced);
      unforced.clear();
      waiting.clear();
      all.forEach(Runnable::run);
    }

    void fail(RuntimeException failure) {
      unforced.clear();
      List.copyOf(waiting).forEach(kept -> kept.completeExceptionally(failure));
      waiting.clear();
    }

    void breakReading(RuntimeException failure) {
      broken = failure;
    }

    @Override
    public Map<Integer, ChatAnswer> find(String request, int times) {
      if (broken != null) {
        throw broken;
      }
      Map<Integer, ChatAnswer> found = new HashMap<>();
      for (int index = 0; index < times; index++) {
        ChatAnswer answer = answers.get(key(request, index));
        if (answer != null) {
          found.put(index, answer);
        }
      }
      return found;
    }

    @Override
    public CompletableFuture<ChatAnswer> keep(ChatRequest request, int index, ChatAnswer answer) {
      CompletableFuture<ChatAnswer> kept = new CompletableFuture<>();
      waiting.add(kept);
      unforced.add(
          () -> {
            answers.putIfAbsent(key(request.digest(), index), answer);
            kept.complete(answers.get(key(request.digest(), index)));
          });
      return kept;
    }

    @Override
    public void close() {}

    private static String key(String request, int index) {
      return request + ":" + index;
    }
  }
}
