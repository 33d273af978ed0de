package io.capoflow.models.endpoint;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.generation.SamplingParameters;
import java.util.ArrayList;
import java.util.List;

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

  /**
   * Calls for some answers of a request: neighbours together, as many as a call may ask for.
   *
   * @param indices of the answers, ascending
   * @param choicesPerCall answers that one call may ask for
   */
  public static List<ChatCall> of(ChatRequest request, List<Integer> indices, int choicesPerCall) {
    int together = together(request.sampling(), choicesPerCall);
    List<ChatCall> calls = new ArrayList<>();
    int start = 0;
    while (start < indices.size()) {
      int end = start + 1;
      while (end < indices.size()
          && end - start < together
          && indices.get(end) == indices.get(end - 1) + 1) {
        end++;
      }
      calls.add(new ChatCall(request, indices.get(start), end - start));
      start = end;
    }
    return calls;
  }

  /** Answers that a call asks for at most: vLLM refuses several without chance. */
  public static int together(SamplingParameters sampling, int choicesPerCall) {
    return sampling.greedy() ? 1 : choicesPerCall;
  }

  /** The seed that is sent: servers draw choice i with the sent seed plus i. */
  public int seed() {
    return request.seed() + first;
  }
}
