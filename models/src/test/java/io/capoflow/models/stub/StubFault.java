package io.capoflow.models.stub;

/** What a {@link StubServer} does instead of answering. */
public enum StubFault {
  /** Breaks the connection before a byte of the reply. */
  RESET,
  /** Breaks the connection in the middle of the body. */
  RESET_IN_BODY,
  /** Breaks all connections and is there again at once, as a server that restarts. */
  RESTART,
  /** Sends nothing until the client gives up. */
  STALL,
  /** Sends half of the body, and nothing more until the client gives up. */
  STALL_IN_BODY,
  /** Sends a body that ends in the middle of its JSON, as if it were whole. */
  TRUNCATED_JSON,
  /** Sends what is no JSON. */
  INVALID_JSON,
  /** Sends a page with status 200, as a load balancer does. */
  HTML_PAGE,
  /** Sends a body without an end. */
  ENDLESS_BODY,
  /** Sends an error with status 200. */
  ERROR_WITH_200,
  /** Leaves the first choice empty. */
  EMPTY_CHOICE,
  /** Leaves the last choice out. */
  FEWER_CHOICES,
  STATUS_408,
  STATUS_409,
  STATUS_425,
  STATUS_429,
  /** Too many requests: asks for a second's pause. */
  STATUS_429_RETRY_AFTER,
  STATUS_500,
  STATUS_502,
  STATUS_503,
  STATUS_504,
  /** The key is not taken; the reply repeats it. */
  UNAUTHORIZED,
  FORBIDDEN,
  PAYMENT_REQUIRED,
  /** The account has no money left. */
  INSUFFICIENT_QUOTA,
  UNKNOWN_MODEL,
  REDIRECT,
  /** The prompt is too long, in OpenAI's words. */
  CONTEXT_LENGTH,
  /** The prompt is too long, in vLLM's words. */
  CONTEXT_LENGTH_VLLM,
  /** A filter refuses the prompt, as Azure says it. */
  FILTERED_PROMPT,
  /** A request that the server does not take, which its message repeats. */
  BAD_REQUEST,
  /** A filter kept the answers back. */
  CONTENT_FILTER,
  /** The model refused. */
  REFUSAL,
  /** The answers are cut in the middle. */
  LENGTH,
  /** Another model answers. */
  WRONG_MODEL
}
