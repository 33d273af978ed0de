package io.capoflow.models.endpoint;

import static java.util.Objects.requireNonNull;

/**
 * One call to a server: some neighbouring answers to a request.
 *
 * @param request what is asked
 * @param first index of the first answer, from 0
 * @param choices how many answers
 */
public record ChatCall(ChatRequest request, int first, int choices) {
  public ChatCall {
    requireNonNull(request, "request");
    if (first < 0 || choices < 1 || first + choices > ChatRequest.MAX_ANSWERS) {
      throw new IllegalArgumentException(
          "no answers %d to %d of a request".formatted(first, first + choices - 1));
    }
  }

  /** The seed that is sent: servers draw choice i with the sent seed plus i. */
  public int seed() {
    return request.seed() + first;
  }
}
