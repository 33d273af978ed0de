package io.capoflow.models.critic;

import io.capoflow.models.cache.LeaseCache;
import io.capoflow.models.endpoint.ChatClient;
import io.capoflow.models.endpoint.EndpointSpec;
import io.capoflow.models.endpoint.Endpoints;
import io.capoflow.models.journal.Journal;
import io.capoflow.models.journal.JournalSource;

/**
 * The chats of this process, each shared by all its threads: the limits of an endpoint hold for all
 * of them, and equal answers are asked for once. The newest stays open. Thread-safe.
 */
final class JournaledChats {
  private static final LeaseCache<String, Key, Open> CHATS =
      new LeaseCache<>(Open::new, open -> !open.endpoint.client().hasEnded());
  private static final String ROLE = "critic";

  private JournaledChats() {}

  private record Key(EndpointSpec endpoint, JournalSource journal) {}

  /** A chat with what it is made of. */
  private static final class Open implements AutoCloseable {
    private final Endpoints.Lease endpoint;
    private final Journal journal;
    private final JournaledChat chat;

    Open(Key key) {
      // What is wrong with the endpoint's settings is met before the journal is open.
      this.endpoint = Endpoints.lease(key.endpoint());
      try {
        this.journal = key.journal().open();
      } catch (RuntimeException e) {
        endpoint.close();
        throw e;
      }
      this.chat =
          new JournaledChat(endpoint.client(), journal, key.endpoint().limits().choicesPerCall());
    }

    @Override
    public void close() {
      // Nobody waits for an answer any more: see JournaledChat.finish.
      endpoint.close();
      journal.close();
    }
  }

  /** The right to use a chat until closed. */
  interface Lease extends AutoCloseable {
    JournaledChat chat();

    ChatClient client();

    @Override
    void close();
  }

  /**
   * Leases the chat of an endpoint and a journal, opened if it is not.
   *
   * @throws io.capoflow.schemas.UserMistake when the journal cannot be opened
   */
  static Lease lease(EndpointSpec endpoint, JournalSource journal) {
    LeaseCache<String, Key, Open>.Lease lease = CHATS.lease(ROLE, new Key(endpoint, journal));
    return new Lease() {
      @Override
      public JournaledChat chat() {
        return lease.value().chat;
      }

      @Override
      public ChatClient client() {
        return lease.value().endpoint.client();
      }

      @Override
      public void close() {
        lease.close();
      }
    };
  }
}
