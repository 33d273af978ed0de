package io.capoflow.settings.recipe;

import io.capoflow.models.chat.Instructions;
import io.capoflow.models.chat.PromptFormat;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.critic.PromptTemplate;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.learning.AdamWSettings;
import io.capoflow.models.learning.ComputeSettings;
import io.capoflow.models.learning.Layout;
import io.capoflow.models.learning.LearningRateSchedule;
import io.capoflow.models.learning.ObjectiveSettings;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.steps.StepSplitter;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.Torch;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.InvalidSetting;
import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.KeyKind;
import io.capoflow.settings.binding.NeedsFiles;
import io.capoflow.settings.binding.Section;
import io.capoflow.transforms.credit.CreditScheme;
import io.capoflow.transforms.credit.CreditSchemes;
import io.capoflow.transforms.credit.CreditSettings;
import io.capoflow.transforms.verify.VerifierTable;
import io.capoflow.transforms.vote.Greedy;
import io.capoflow.transforms.vote.VotingRule;
import io.capoflow.transforms.vote.VotingRules;
import io.capoflow.verifiers.CompositeVerifier;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A whole training experiment. Defaults are the paper's where it states one ("CAPO: Towards
 * Enhancing LLM Reasoning through Generative Credit Assignment", arXiv 2508.02298), but for the
 * learning rate's course: the paper's cosine needs a length that only a recipe knows.
 */
public record TrainingRecipe(
    @Key(
            doc = "Name of the experiment; runs lie in runs/<name>-seed<seed>",
            kind = KeyKind.EXECUTION,
            fromFileName = true)
        String name,
    @Key(doc = "Key of every random draw of the run", defaults = "0", range = "[0, )") long seed,
    @Key(
            doc = "Iterations of sampling and training",
            defaults = "12",
            range = "[0, )",
            kind = KeyKind.ITERATIONS)
        int iterations,
    @Section("The problems to train on and to measure with") ProblemsSection problems,
    @Section("The policy that is trained") PolicySection policy,
    @Section("The policy that the KL term holds on to") ReferenceSection reference,
    @Section("Sampling rollouts") SampleSection sample,
    @Section("Deciding whether an answer is right") VerifySection verify,
    @Section("Critiquing the steps of every rollout") CritiqueSection critique,
    @Section("Voting on steps") VoteSection vote,
    @Section("Rewards and advantages of tokens") CreditSection credit,
    @Section("Forming batches") BatchSection batch,
    @Section("The objective and its optimizer (AdamW)") TrainSection train,
    @Section("Training a low-rank adapter in place of all parameters") LoraSection lora,
    @Section("Measuring on held-out problems, greedily and by sampling") EvaluateSection evaluate,
    @Section("The tensor engine") TorchSection torch,
    @Section("Where the dataflow runs") ExecutionSection execution,
    @Section("What a run keeps on disk") RetentionSection retention)
    implements NeedsFiles {

  public TrainingRecipe {
    if (batch.miniBatchRollouts() % sample.rollouts() != 0) {
      throw new InvalidSetting(
          "batch.mini_batch_rollouts",
          "must be a multiple of sample.rollouts, since a group is never split: "
              + batch.miniBatchRollouts()
              + " is no multiple of "
              + sample.rollouts());
    }
    if (critique.enabled()
        && VotingRules.named(vote.rule()) instanceof Greedy
        && (critique.times() != 1 || critique.temperature() != 0)) {
      throw new InvalidSetting(
          "vote.rule",
          "is greedy, which takes one critique without chance: set critique.times to 1 and"
              + " critique.temperature to 0, or name another rule");
    }
    if (!critique.enabled() && CreditSchemes.named(credit.scheme()).needsVotes()) {
      throw new InvalidSetting(
          "critique.enabled",
          "is false, but credit.scheme "
              + credit.scheme()
              + " needs the critics' votes; ask the critics, or choose another scheme");
    }
  }

  /** How the policy is asked: critics are shown questions without system and instruction. */
  public PromptSettings policyPrompts() {
    return new PromptSettings(
        policy.promptFormat(),
        policy.templateVariables(),
        Instructions.named(problems.system().orElse("")),
        Instructions.named(problems.instruction().orElse("")));
  }

  @Override
  public List<String> requiredFiles() {
    List<String> keys = new ArrayList<>();
    if (problems.source() == ProblemSource.FILE) {
      keys.add("problems.file");
      if (problems.heldOutFile().isPresent()) {
        keys.add("problems.held_out_file");
      }
    }
    keys.add("policy.path");
    if (reference.path().isPresent() && train.klCoefficient() > 0) {
      keys.add("reference.path");
    }
    if (critique.enabled()) {
      keys.add("critique.path");
    }
    return List.copyOf(keys);
  }

  /** Where problems come from. */
  public enum ProblemSource {
    /** The embedded arithmetic task, generated. */
    ARITHMETIC,
    /** A file of problems. */
    FILE
  }

  /** The problems to train on and to measure with. */
  public record ProblemsSection(
      @Key(doc = "The generated arithmetic task, or a file", defaults = "arithmetic")
          ProblemSource source,
      @Key(doc = "Training problems, with source: file: our Parquet, or GSM8K's JSON lines")
          Optional<Path> file,
      @Key(
              doc =
                  "Held-out problems, with source: file; where not set, problems.held_out of"
                      + " problems.file are set aside")
          Optional<Path> heldOutFile,
      @Key(
              doc =
                  "Key of the generated problems and of the split, apart from the run's seed: runs"
                      + " of several seeds are measured on the same problems",
              defaults = "0",
              range = "[0, )")
          long seed,
      @Key(doc = "Training problems to generate", defaults = "4096", range = "[1, )") int train,
      @Key(doc = "Held-out problems to generate or to set aside", defaults = "500", range = "[1, )")
          int heldOut,
      @Key(
              doc =
                  "Message of the system before every question to the policy, in place of the"
                      + " problem's own; a text, or boxed or gsm8k for the usual ones")
          Optional<String> system,
      @Key(
              doc =
                  "What every question to the policy ends with, on a line of its own; a text, or"
                      + " boxed or gsm8k for the usual ones")
          Optional<String> instruction,
      @Key(doc = "Problems of one iteration", defaults = "64", range = "[1, )") int perIteration,
      @Key(
              doc = "Share of bad rows above which a problem set is refused",
              defaults = "0.05",
              range = "[0, 1]")
          double maxRejectedShare) {
    public ProblemsSection {
      if (source == ProblemSource.FILE && file.isEmpty()) {
        throw new InvalidSetting("file", "is not set, but problems.source is file; name a file");
      }
      if (source == ProblemSource.ARITHMETIC && file.isPresent()) {
        throw new InvalidSetting(
            "source", "is arithmetic, but problems.file is set; write source: file");
      }
      if (source == ProblemSource.ARITHMETIC && perIteration > train) {
        throw new InvalidSetting(
            "per_iteration",
            "exceeds problems.train: an iteration of "
                + perIteration
                + " cannot be drawn from "
                + train
                + " problems");
      }
    }
  }

  /** The policy that is trained. */
  public record PolicySection(
      @Key(doc = "Starting policy, a Hugging Face model directory") Path path,
      @Key(doc = "auto, cpu or cuda:N; auto takes the first GPU there is", defaults = "auto")
          String device,
      @Key(
              doc =
                  "In what policy and reference compute, sampling and training alike; the trained"
                      + " weights are f32 in either",
              defaults = "f32")
          Precision dtype,
      @Key(
              doc =
                  "How messages become a prompt; auto: by the checkpoint's chat template where it"
                      + " has one, else plain",
              defaults = "auto")
          PromptFormat promptFormat,
      @Key(
              doc =
                  "Variables of the checkpoint's chat template, as [enable_thinking=false]; see"
                      + " docs/chat-templates.md")
          List<String> templateVariables) {
    public PolicySection {
      requireDevice(device);
      requirePrompts(promptFormat, templateVariables);
    }
  }

  /** The policy that the KL term holds on to. */
  public record ReferenceSection(
      @Key(doc = "Reference policy; where not set, the starting policy") Optional<Path> path) {}

  /** Sampling rollouts. */
  public record SampleSection(
      @Key(doc = "Rollouts of each problem, the group size n", defaults = "16", range = "[1, )")
          int rollouts,
      @Key(doc = "Divides the logits", defaults = "0.7", range = "(0, )") double temperature,
      @Key(
              doc = "Nucleus: the most likely tokens that together reach this probability",
              defaults = "0.9",
              range = "(0, 1]")
          double topP,
      @Key(
              doc = "Most likely tokens kept before top_p, and any as likely as the last; 0: all",
              defaults = "0",
              range = "[0, )")
          int topK,
      @Key(
              doc =
                  "Tokens are dropped below this share of the most likely one's probability; 0:"
                      + " none",
              defaults = "0",
              range = "[0, 1]")
          double minP,
      @Key(doc = "Texts that end a response, which keeps the one it ended with", defaults = "[]")
          List<String> stop,
      @Key(doc = "Tokens a response may have", defaults = "1024", range = "[1, )") int maxNewTokens,
      @Key(
              doc = "Problems sampled as one shard and one generation batch",
              defaults = "4",
              range = "[1, )")
          int shardProblems) {
    /** As the models take them. */
    public SamplingParameters parameters() {
      return new SamplingParameters(temperature, topP, topK, minP, stop, maxNewTokens);
    }
  }

  /** Deciding whether an answer is right. */
  public record VerifySection(
      @Key(doc = "Verifier", defaults = "math", extension = Verifier.class) String verifier,
      @Key(
              doc = "How far the search for an answer may reach: strict for rewards",
              defaults = "strict")
          VerifierOptions.Mode mode,
      @Key(
              doc =
                  "Whether what stands in a response's last pair of answer tags goes before any other"
                      + " answer in it",
              defaults = "false")
          boolean answerTag,
      @Key(
              doc =
                  "Significant digits that a decimal must show to stand for an exact answer that no"
                      + " decimal equals, such as 1/3; read by math",
              defaults = "6",
              range = "[1, )")
          int approxDigits,
      @Key(
              doc =
                  "Whether a number must be written out, so that 2^{10} is no answer where 1024 is"
                      + " asked for; read by math",
              defaults = "false")
          boolean literalOnly,
      @Key(
              doc =
                  "With verifier: by_source, a verifier for each source of problems, as"
                      + " [gsm8k=numeric, \"*=math\"]; * is every other source")
          List<String> bySource) {
    public VerifySection {
      if (!bySource.isEmpty() && !verifier.equals(CompositeVerifier.NAME)) {
        throw new InvalidSetting(
            "by_source",
            "is set, but verify.verifier is " + verifier + "; write verifier: by_source");
      }
      try {
        VerifierTable.parse(bySource);
      } catch (UserMistake wrong) {
        throw new InvalidSetting("by_source", wrong.getMessage());
      }
    }

    /** As the verifier takes them; its random evaluation points are fixed. */
    public VerifierOptions options() {
      return new VerifierOptions(
          mode, 0, answerTag, approxDigits, literalOnly, VerifierTable.parse(bySource));
    }
  }

  /** Critiquing the steps of every rollout. */
  public record CritiqueSection(
      @Key(doc = "Whether critics are asked at all", defaults = "true") boolean enabled,
      @Key(
              doc = "Kind of critic: local is a language model in this process",
              defaults = "local",
              choices = {"local"})
          String critic,
      @Key(doc = "Critic, a Hugging Face model directory; needed while critics are asked")
          Optional<Path> path,
      @Key(doc = "auto, cpu or cuda:N", defaults = "auto") String device,
      @Key(
              doc = "Prompt template",
              defaults = "capo",
              extension = PromptTemplate.class,
              orPrefix = "file:")
          String template,
      @Key(doc = "How the critic's messages become a prompt", defaults = "auto")
          PromptFormat promptFormat,
      @Key(doc = "Variables of the critic's chat template") List<String> templateVariables,
      @Key(
              doc = "How a response is divided into steps",
              defaults = "blank_line",
              extension = StepSplitter.class)
          String splitter,
      @Key(doc = "Critiques of each rollout, k", defaults = "4", range = "[1, )") int times,
      @Key(doc = "Divides the critic's logits; 0 is greedy", defaults = "0.7", range = "[0, )")
          double temperature,
      @Key(doc = "Nucleus of the critic's sampling", defaults = "0.9", range = "(0, 1]")
          double topP,
      @Key(
              doc = "Most likely tokens kept before top_p, and any as likely as the last; 0: all",
              defaults = "0",
              range = "[0, )")
          int topK,
      @Key(
              doc =
                  "Tokens are dropped below this share of the most likely one's probability; 0:"
                      + " none",
              defaults = "0",
              range = "[0, 1]")
          double minP,
      @Key(doc = "Texts that end a critique, which keeps the one it ended with", defaults = "[]")
          List<String> stop,
      @Key(doc = "Tokens a critique may have", defaults = "2048", range = "[1, )") int maxNewTokens,
      @Key(doc = "Rollouts critiqued in one generation batch", defaults = "16", range = "[1, )")
          int batchRollouts) {
    public CritiqueSection {
      requireDevice(device);
      requirePrompts(promptFormat, templateVariables);
    }

    /** As the models take them. */
    public PromptSettings prompts() {
      return new PromptSettings(promptFormat, templateVariables);
    }

    /** As the models take them. */
    public SamplingParameters parameters() {
      return new SamplingParameters(temperature, topP, topK, minP, stop, maxNewTokens);
    }
  }

  /** Voting on steps. */
  public record VoteSection(
      @Key(
              doc = "Which steps count as wrong",
              defaults = "intersection",
              extension = VotingRule.class)
          String rule) {}

  /** Rewards and advantages of tokens. */
  public record CreditSection(
      @Key(doc = "Credit scheme", defaults = "capo", extension = CreditScheme.class) String scheme,
      @Key(doc = "Reward of every token of a right answer", defaults = "2", range = "(0, )")
          double wWhole,
      @Key(doc = "Penalty of every token of a wrong step", defaults = "1", range = "[0, )")
          double wProcess,
      @Key(doc = "Over which population advantages are normalised", defaults = "token")
          CreditSettings.Normalisation normalisation,
      @Key(doc = "Reward of a response with exactly one final box", defaults = "0", range = "[0, )")
          double formatReward) {
    public CreditSection {
      if (wProcess >= wWhole) {
        throw new InvalidSetting(
            "w_process",
            "must stay below credit.w_whole, so that a right answer outranks a wrong one: "
                + wProcess
                + " against "
                + wWhole);
      }
      if (formatReward > 0 && formatReward >= wWhole - wProcess) {
        throw new InvalidSetting(
            "format_reward",
            "must stay below credit.w_whole - credit.w_process, which is " + (wWhole - wProcess));
      }
    }

    /** As the credit schemes take them. */
    public CreditSettings settings() {
      return new CreditSettings(wWhole, wProcess, normalisation, formatReward);
    }
  }

  /** Forming batches. */
  public record BatchSection(
      @Key(doc = "Tokens of one micro-batch, the memory limit", defaults = "16384", range = "[1, )")
          int tokens,
      @Key(doc = "Rows padded to the longest, or packed end to end", defaults = "padded")
          Layout layout,
      @Key(
              doc = "Rollouts of one optimizer step, a multiple of sample.rollouts",
              defaults = "192",
              range = "[1, )")
          int miniBatchRollouts) {}

  /** The objective and its optimizer. */
  public record TrainSection(
      @Key(doc = "Passes over an iteration's rollouts", defaults = "4", range = "[1, )") int epochs,
      @Key(doc = "Peak learning rate", defaults = "1e-7", range = "(0, )") double learningRate,
      @Key(doc = "Course of the learning rate after the warm-up", defaults = "constant")
          LearningRateSchedule.Kind schedule,
      @Key(
              doc = "Optimizer steps over which the rate rises from 0",
              defaults = "0",
              range = "[0, )")
          int warmupSteps,
      @Key(
              doc =
                  "Optimizer steps after which a cosine reaches its floor, the warm-up included;"
                      + " apart from iterations, so that a longer run repeats the shorter one",
              range = "[1, )")
          Optional<Integer> scheduleSteps,
      @Key(doc = "Share of the peak rate where a cosine ends", defaults = "0", range = "[0, 1]")
          double floor,
      @Key(doc = "The ratio is clipped at 1 - clip_low", defaults = "0.2", range = "(0, 1]")
          double clipLow,
      @Key(doc = "The ratio is clipped at 1 + clip_high", defaults = "0.2", range = "(0, )")
          double clipHigh,
      @Key(
              doc =
                  "Bound c on the loss of tokens with a negative advantage and a large ratio: c times"
                      + " the advantage",
              defaults = "3",
              range = "(1, )")
          double dualClip,
      @Key(
              doc = "Weight β of the KL divergence to the reference; 0: no reference",
              defaults = "0.01",
              range = "[0, )")
          double klCoefficient,
      @Key(doc = "Estimator of the KL divergence", defaults = "k3")
          ObjectiveSettings.KlEstimator klEstimator,
      @Key(
              doc =
                  "How token losses are summed: the mean over responses of each one's mean, one mean"
                      + " over all tokens, or the mean over responses of each one's sum",
              defaults = "sequence_mean")
          ObjectiveSettings.LossAggregation aggregation,
      @Key(doc = "AdamW's β1", defaults = "0.9", range = "[0, 1)") double beta1,
      @Key(doc = "AdamW's β2", defaults = "0.95", range = "[0, 1)") double beta2,
      @Key(doc = "AdamW's ε", defaults = "1e-8", range = "(0, )") double epsilon,
      @Key(doc = "AdamW's weight decay", defaults = "0", range = "[0, )") double weightDecay,
      @Key(
              doc = "Gradients are scaled down to this global norm; 0: never",
              defaults = "1",
              range = "[0, )")
          double maxGradientNorm,
      @Key(
              doc =
                  "Whether each layer is computed again for its backward pass: less memory, a third"
                      + " more work",
              defaults = "false")
          boolean recomputeLayers,
      @Key(
              doc = "Response tokens whose distributions over the vocabulary exist at a time",
              defaults = "1024",
              range = "[1, )")
          int logitTokens) {
    public TrainSection {
      if (schedule == LearningRateSchedule.Kind.COSINE && scheduleSteps.isEmpty()) {
        throw new InvalidSetting(
            "schedule_steps", "is not set, but a cosine schedule needs its length");
      }
      if (scheduleSteps.isPresent() && scheduleSteps.get() <= warmupSteps) {
        throw new InvalidSetting("schedule_steps", "must exceed train.warmup_steps");
      }
    }

    /**
     * As the learner takes them.
     *
     * @param temperature at which rollouts were sampled
     */
    public ObjectiveSettings objective(double temperature) {
      return new ObjectiveSettings(
          clipLow, clipHigh, dualClip, klCoefficient, klEstimator, temperature, aggregation);
    }

    /** As the learner takes them. */
    public AdamWSettings optimizer() {
      return new AdamWSettings(beta1, beta2, epsilon, weightDecay, maxGradientNorm);
    }

    /** As the learner takes them, with the dtype of policy and reference. */
    public ComputeSettings compute(Precision dtype) {
      return new ComputeSettings(dtype, recomputeLayers, logitTokens);
    }

    /** As the learner takes them; a constant rate has no length. */
    public LearningRateSchedule learningRates() {
      return new LearningRateSchedule(
          schedule, learningRate, warmupSteps, scheduleSteps.orElse(1), floor);
    }
  }

  /** Training a low-rank adapter. */
  public record LoraSection(
      @Key(
              doc = "Rank r of the adapter; 0: all parameters are trained",
              defaults = "0",
              range = "[0, )")
          int rank,
      @Key(
              doc = "What the adapter adds is multiplied by alpha / rank",
              defaults = "32",
              range = "(0, )")
          double alpha,
      @Key(
              doc = "Matrices of every layer that the adapter adds to",
              defaults = "[q_proj, k_proj, v_proj, o_proj, gate_proj, up_proj, down_proj]")
          List<LoraTarget> targets) {
    public LoraSection {
      if (rank > 0 && targets.isEmpty()) {
        throw new InvalidSetting("targets", "is empty, but an adapter needs matrices to add to");
      }
    }

    /** As the models take them. */
    public LoraSettings settings() {
      return LoraSettings.of(rank, alpha, targets);
    }
  }

  /** Measuring on held-out problems. */
  public record EvaluateSection(
      @Key(
              doc = "Held-out problems measured, the first of the split; 0: all",
              defaults = "500",
              range = "[0, )")
          int problems,
      @Key(
              doc = "Sampled responses a problem for the pass rate, beside the greedy one",
              defaults = "1",
              range = "[1, )")
          int samples,
      @Key(doc = "Temperature of those samples", defaults = "1", range = "(0, )")
          double temperature,
      @Key(
              doc = "Iterations between two measurements; 0: only before and after",
              defaults = "0",
              range = "[0, )",
              kind = KeyKind.EXECUTION)
          int every) {}

  /** The tensor engine. */
  public record TorchSection(
      @Key(
              doc = "Threads of one tensor operation; sums depend on it, so it is content",
              defaults = "1",
              range = "[1, )")
          int threads) {}

  /** Which engine runs the dataflow. */
  public enum Runner {
    FLINK,
    DIRECT
  }

  /** Where the dataflow runs. */
  public record ExecutionSection(
      @Key(doc = "Engine of the dataflow", defaults = "flink", kind = KeyKind.EXECUTION)
          Runner runner,
      @Key(
              doc = "Slots that work at the same time",
              defaults = "2",
              range = "[1, )",
              kind = KeyKind.EXECUTION)
          int parallelism) {}

  /** What a run keeps on disk. */
  public record RetentionSection(
      @Key(
              doc = "Policy versions that keep their optimizer state; older ones drop it",
              defaults = "2",
              range = "[1, )",
              kind = KeyKind.EXECUTION)
          int optimizerStates) {}

  private static void requirePrompts(PromptFormat format, List<String> variables) {
    try {
      new PromptSettings(format, variables);
    } catch (IllegalArgumentException e) {
      throw new InvalidSetting("template_variables", e.getMessage());
    }
  }

  private static void requireDevice(String device) {
    if (!Torch.isDeviceName(device)) {
      throw new InvalidSetting("device", "expects auto, cpu or cuda:N, found " + device);
    }
  }
}
