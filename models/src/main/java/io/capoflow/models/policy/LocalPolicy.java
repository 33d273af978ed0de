package io.capoflow.models.policy;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.cache.LoadedModels;
import io.capoflow.models.chat.Prompts;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.generation.Generated;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.tensor.Torch;
import io.capoflow.models.tensor.TorchSettings;
import io.capoflow.models.text.HfTokenizer;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.Keys;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** A policy in this process. Thread-safe: the model is shared and only read. */
public final class LocalPolicy implements Policy {
  private final String identity;
  private final TorchSettings torch;
  private final Prompts prompts;
  private final LoadedModels.Lease lease;

  /**
   * Takes the lease over; closing the policy closes it.
   *
   * @param torch how the tensor engine computes
   */
  public LocalPolicy(
      String identity, TorchSettings torch, Prompts prompts, LoadedModels.Lease lease) {
    this.identity = requireNonNull(identity, "identity");
    this.torch = requireNonNull(torch, "torch");
    this.prompts = requireNonNull(prompts, "prompts");
    this.lease = requireNonNull(lease, "lease");
  }

  @Override
  public String identity() {
    return identity;
  }

  /**
   * {@inheritDoc}
   *
   * @throws UserMistake when a problem's prompt leaves no room for the response, or this process
   *     computes in other numerics
   */
  @Override
  public List<Rollout> sample(List<Problem> problems, SampleRequest request) {
    Torch.use(torch);
    CausalLm model = lease.model();
    List<GenerationRequest> batch = new ArrayList<>();
    for (Problem problem : problems) {
      int[] prompt =
          prompts.encode(problem.getPrompt(), model.tokenizer(), model.config().bosTokenId());
      checkLength(problem, prompt.length, request, model.config().maxPositions());
      long[] keys =
          IntStream.range(0, request.rolloutsPerProblem())
              .mapToLong(sample -> drawKey(request, problem, sample))
              .toArray();
      batch.add(new GenerationRequest(prompt, keys));
    }
    List<List<Generated>> generated = model.generate(batch, request.sampling(), request.maxRows());
    List<Rollout> rollouts = new ArrayList<>();
    for (int i = 0; i < problems.size(); i++) {
      for (int sample = 0; sample < request.rolloutsPerProblem(); sample++) {
        rollouts.add(
            rollout(
                problems.get(i),
                sample,
                batch.get(i),
                generated.get(i).get(sample),
                request,
                model.tokenizer()));
      }
    }
    return List.copyOf(rollouts);
  }

  @Override
  public void close() {
    lease.close();
  }

  private static long drawKey(SampleRequest request, Problem problem, int sample) {
    return Draws.key(request.seed(), "sample", request.iteration(), problem.getProblemId(), sample);
  }

  private static void checkLength(
      Problem problem, int promptTokens, SampleRequest request, int positions) {
    if (promptTokens == 0) {
      throw new UserMistake(
          "problem %s has an empty prompt: give it a question".formatted(problem.getProblemId()));
    }
    int longest = request.sampling().maxNewTokens();
    if (promptTokens + longest > positions) {
      throw new UserMistake(
          ("the prompt of problem %s has %d tokens, which with max_new_tokens %d exceed the model's"
                  + " %d positions: shorten one of them")
              .formatted(problem.getProblemId(), promptTokens, longest, positions));
    }
  }

  private static Rollout rollout(
      Problem problem,
      int sample,
      GenerationRequest asked,
      Generated generated,
      SampleRequest request,
      HfTokenizer tokenizer) {
    int[] ids = generated.tokenIds();
    int[] visible = generated.textTokenIds();
    String response = tokenizer.decode(visible);
    List<Integer> ends = new ArrayList<>(boxed(tokenizer.tokenEnds(visible)));
    if (visible.length < ids.length) {
      ends.add(response.codePointCount(0, response.length()));
    }
    List<Float> logProbabilities = new ArrayList<>();
    for (float logProbability : generated.logProbabilities()) {
      logProbabilities.add(logProbability);
    }
    return Rollout.newBuilder()
        .setRunId(request.runId())
        .setIteration(request.iteration())
        .setProblem(problem)
        .setSampleIndex(sample)
        .setRolloutId(Keys.rolloutId(request.iteration(), problem.getProblemId(), sample))
        .setPromptTokenIds(boxed(asked.promptTokenIds()))
        .setResponseTokenIds(boxed(ids))
        .setResponse(response)
        .setTokenEnds(ends)
        .setBehaviourLogprobs(logProbabilities)
        .setFinishReason(generated.finishReason().text())
        .setPolicyVersion(request.policyVersion())
        .setTemperature(request.sampling().temperature())
        .setTopP(request.sampling().topP())
        .setTopK(request.sampling().topK())
        .setMinP(request.sampling().minP())
        .setStop(request.sampling().stop())
        .setMaxNewTokens(request.sampling().maxNewTokens())
        .setSeed(asked.drawKeys()[sample])
        .build();
  }

  private static List<Integer> boxed(int[] values) {
    return Arrays.stream(values).boxed().toList();
  }
}
