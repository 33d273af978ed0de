package io.capoflow.models.journal;

import io.capoflow.models.endpoint.ChatAnswer;
import io.capoflow.models.endpoint.ChatRequest;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Answers that were paid for, known by the digest of their request and the index of the answer.
 * Thread-safe, also between processes that share a journal.
 */
public interface Journal extends AutoCloseable {
  /**
   * The answers to a request that are there, by index. Where several processes paid for the same
   * one, all readers of the same files get the same answer.
   *
   * @param request as {@link ChatRequest#digest} names it
   * @param times indices 0 to times - 1 are wanted
   * @throws io.capoflow.schemas.UserMistake when the journal cannot be read
   */
  Map<Integer, ChatAnswer> find(String request, int times);

  /**
   * Keeps an answer.
   *
   * @return the answer that counts, once it is forced to disk, which happens in groups: this one,
   *     or that of whoever kept one first. Who uses no other gets what any later reader gets. Fails
   *     with {@link io.capoflow.schemas.UserMistake} when it cannot be written. Completes on the
   *     journal's own thread: whoever waits there waits for all.
   */
  CompletableFuture<ChatAnswer> keep(ChatRequest request, int index, ChatAnswer answer);

  @Override
  void close();
}
