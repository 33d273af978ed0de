package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.cache.LoadedModels;
import io.capoflow.models.chat.Prompts;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.generation.Generated;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.steps.RolloutSteps;
import io.capoflow.models.steps.Step;
import io.capoflow.models.steps.StepSplitter;
import io.capoflow.models.tensor.Torch;
import io.capoflow.models.tensor.TorchSettings;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.Draws;
import io.capoflow.schemas.FinishReason;
import io.capoflow.schemas.Judgment;
import io.capoflow.schemas.Pending;
import io.capoflow.schemas.Rollout;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A generative critic in this process. The k critiques of a rollout share the reading of its
 * prompt, and so many critiques are decoded at a time. A call's wall-clock is shared evenly among
 * the critiques that were asked for, so that the millis of critiques add up to the time they took.
 * Draws are keyed by (seed, iteration, problem_id, sample_index, critique_index, position).
 * Thread-safe: the model is shared and only read.
 */
public final class LocalCritic implements Critic {
  private final String identity;
  private final Prompts prompts;
  private final TorchSettings torch;
  private final LoadedModels.Lease lease;
  private final PromptTemplate template;
  private final StepSplitter splitter;
  private final SamplingParameters sampling;
  private final int maxRows;

  /**
   * Takes the lease over; closing the critic closes it.
   *
   * @param torch how the tensor engine computes
   */
  public LocalCritic(
      String identity,
      TorchSettings torch,
      Prompts prompts,
      LoadedModels.Lease lease,
      PromptTemplate template,
      StepSplitter splitter,
      SamplingParameters sampling,
      int maxRows) {
    this.identity = requireNonNull(identity, "identity");
    this.torch = requireNonNull(torch, "torch");
    this.prompts = requireNonNull(prompts, "prompts");
    this.lease = requireNonNull(lease, "lease");
    this.template = requireNonNull(template, "template");
    this.splitter = requireNonNull(splitter, "splitter");
    this.sampling = requireNonNull(sampling, "sampling");
    this.maxRows = maxRows;
  }

  /** A rollout with what the critic is asked about it. */
  private record Question(Rollout rollout, List<Step> steps, int[] promptTokenIds) {}

  @Override
  public String identity() {
    return identity;
  }

  @Override
  public Pending<Critique> critique(List<Rollout> rollouts, int times, long seed) {
    Torch.use(torch);
    long started = System.nanoTime();
    List<Question> questions = rollouts.stream().map(this::question).toList();
    List<GenerationRequest> requests =
        questions.stream()
            .filter(this::answerable)
            .map(
                question ->
                    new GenerationRequest(question.promptTokenIds(), keys(question, times, seed)))
            .toList();
    List<List<Generated>> generated = lease.model().generate(requests, sampling, maxRows);
    long millis = (System.nanoTime() - started) / 1_000_000;
    List<Critique> critiques = new ArrayList<>();
    int asked = 0;
    long all = (long) requests.size() * times;
    for (Question question : questions) {
      long[] keys = keys(question, times, seed);
      if (answerable(question)) {
        List<Generated> answers = generated.get(asked / times);
        for (int index = 0; index < times; index++, asked++) {
          long share = millis * (asked + 1) / all - millis * asked / all;
          critiques.add(read(question, index, answers.get(index), keys[index], share));
        }
      } else {
        for (int index = 0; index < times; index++) {
          critiques.add(unasked(question, index, keys[index]));
        }
      }
    }
    return Pending.done(critiques);
  }

  @Override
  public void close() {
    lease.close();
  }

  private Question question(Rollout rollout) {
    List<Step> steps = RolloutSteps.of(rollout, splitter);
    CausalLm model = lease.model();
    int[] prompt =
        steps.isEmpty()
            ? new int[0]
            : prompts.encode(
                template.render(rollout, steps), model.tokenizer(), model.config().bosTokenId());
    return new Question(rollout, steps, prompt);
  }

  private boolean answerable(Question question) {
    int prompt = question.promptTokenIds().length;
    return prompt > 0 && prompt + sampling.maxNewTokens() <= lease.model().config().maxPositions();
  }

  private static long[] keys(Question question, int times, long seed) {
    Rollout rollout = question.rollout();
    return IntStream.range(0, times)
        .mapToLong(
            index ->
                Draws.key(
                    seed,
                    "critique",
                    rollout.getIteration(),
                    rollout.getProblem().getProblemId(),
                    rollout.getSampleIndex(),
                    index))
        .toArray();
  }

  private Critique read(Question question, int index, Generated answer, long key, long millis) {
    boolean cut = answer.finishReason() == FinishReason.LENGTH;
    String text = lease.model().tokenizer().decode(answer.textTokenIds());
    CritiqueReading reading = template.read(text, cut, question.steps().size());
    return critique(question, index, key)
        .setText(text)
        .setJudgment(reading.judgment().map(Judgment::text).orElse(null))
        .setWrongSteps(reading.wrongSteps())
        .setDroppedIndices(reading.droppedIndices())
        .setVoidReason(reading.voidReason().map(VoidReason::name).orElse(null))
        .setTokens(answer.tokenIds().length)
        .setFinishReason(answer.finishReason().text())
        .setMillis(millis)
        .build();
  }

  /** There were no steps to judge, or the question does not fit into the critic. */
  private Critique unasked(Question question, int index, long key) {
    VoidReason reason =
        question.steps().isEmpty() ? VoidReason.NO_STEPS : VoidReason.CONTEXT_LENGTH;
    return critique(question, index, key)
        .setText("")
        .setWrongSteps(List.of())
        .setDroppedIndices(0)
        .setVoidReason(reason.name())
        .setTokens(0)
        .setFinishReason(FinishReason.STOP.text())
        .setMillis(0)
        .build();
  }

  private Critique.Builder critique(Question question, int index, long key) {
    Rollout rollout = question.rollout();
    return Critique.newBuilder()
        .setIteration(rollout.getIteration())
        .setProblemId(rollout.getProblem().getProblemId())
        .setSampleIndex(rollout.getSampleIndex())
        .setRolloutId(rollout.getRolloutId())
        .setCritiqueIndex(index)
        .setCritic(identity)
        .setPromptTemplate(template.name())
        .setPromptTokens(question.promptTokenIds().length)
        .setSeed(key);
  }
}
