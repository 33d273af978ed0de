package io.capoflow.models.endpoint;

import java.util.Locale;

/** How a server wants to be asked. */
public enum Dialect {
  /** What the server turns out to be. */
  AUTO,
  /** OpenAI's own: {@code max_completion_tokens}; top-k and min-p are not known. */
  OPENAI,
  /** vLLM's, which knows every sampling parameter of ours. */
  VLLM;

  /** As recipes spell it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
