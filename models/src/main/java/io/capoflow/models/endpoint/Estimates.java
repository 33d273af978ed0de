package io.capoflow.models.endpoint;

import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.schemas.Message;

/** What calls will come to, by what earlier ones came to. Not thread-safe. */
final class Estimates {
  /** Before anything is known: English has four characters a token, mathematics fewer. */
  private static final double TOKENS_A_CHARACTER = 1.0 / 3;

  private long characters;
  private long promptTokens;
  private long choices;
  private long writtenTokens;

  /**
   * Tokens of a call.
   *
   * @param prompt that the server reads
   * @param likely that the model writes
   * @param most that it may write
   */
  record Estimate(long prompt, long likely, long most) {}

  Estimate of(ChatCall call) {
    double ratio = promptTokens == 0 ? TOKENS_A_CHARACTER : (double) promptTokens / characters;
    long most = (long) call.request().sampling().maxNewTokens() * call.choices();
    long likely = choices == 0 ? most : Math.min(most, call.choices() * writtenTokens / choices);
    return new Estimate((long) Math.ceil(characters(call) * ratio), likely, most);
  }

  /** A call came to this. */
  void answered(ChatCall call, TokenCounts usage) {
    if (usage.prompt() > 0) {
      characters += characters(call);
      promptTokens += usage.prompt();
      choices += call.choices();
      writtenTokens += usage.written();
    }
  }

  private static long characters(ChatCall call) {
    long characters = 0;
    for (Message message : call.request().messages()) {
      characters += message.getContent().length();
    }
    return characters;
  }
}
