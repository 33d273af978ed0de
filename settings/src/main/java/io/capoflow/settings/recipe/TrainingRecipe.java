package io.capoflow.settings.recipe;

import io.capoflow.models.chat.Instructions;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.settings.binding.InvalidSetting;
import io.capoflow.settings.binding.Key;
import io.capoflow.settings.binding.KeyKind;
import io.capoflow.settings.binding.NeedsFiles;
import io.capoflow.settings.binding.Section;
import io.capoflow.transforms.credit.CreditScheme;
import io.capoflow.transforms.credit.CreditSchemes;
import io.capoflow.transforms.vote.CritiqueNeeds;
import io.capoflow.transforms.vote.VotingRules;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
    @Key(
            doc =
                "Jars of your own, or folders of jars, whose classes this recipe names; their code"
                    + " runs with your rights; see docs/extending.md",
            kind = KeyKind.EXECUTION)
        List<Path> extensions,
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
    if (critique.enabled()) {
      // A rule that is unknown here asks for nothing: a kept recipe is read without its jars.
      VotingRules.find(vote.rule())
          .map(VotingRules::needs)
          .filter(needs -> !needs.takes(critique.times(), critique.sampling().temperature()))
          .ifPresent(
              needs -> {
                throw unmet(vote.rule(), needs);
              });
    }
    if (!critique.enabled()
        && CreditSchemes.find(credit.scheme()).filter(CreditScheme::needsVotes).isPresent()) {
      throw new InvalidSetting(
          "critique.enabled",
          "is false, but credit.scheme "
              + credit.scheme()
              + " needs the critics' votes; ask the critics, or choose another scheme");
    }
  }

  /** What is wrong with a recipe that asks for critiques which its voting rule cannot count. */
  static InvalidSetting unmet(String rule, CritiqueNeeds needs) {
    return new InvalidSetting(
        "vote.rule",
        "is %s, which takes %s%s: set critique.times to %s%s, or name another rule"
            .formatted(
                rule,
                needs.critiques(),
                needs.withoutChance() ? " without chance" : "",
                needs.number(),
                needs.withoutChance() ? " and critique.temperature to 0" : ""));
  }

  /**
   * Whether the policy's log-probabilities are needed before an update's first step: not where one
   * mini-batch takes all rollouts of an iteration, once, since that step computes them.
   */
  public boolean needsOldLogProbabilities() {
    long rollouts = (long) problems.perIteration() * sample.rollouts();
    return train.epochs() > 1 || batch.miniBatchRollouts() < rollouts;
  }

  /** Whether the reference's are: where the loss has a KL term. */
  public boolean needsReferenceLogProbabilities() {
    return train.klCoefficient() > 0;
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
    if (problems.source() == ProblemsSection.Source.FILE) {
      keys.add("problems.file");
      if (problems.heldOutFile().isPresent()) {
        keys.add("problems.held_out_file");
      }
    }
    keys.add("policy.path");
    if (reference.path().isPresent() && train.klCoefficient() > 0) {
      keys.add("reference.path");
    }
    if (critique.enabled() && critique.examples().isPresent()) {
      keys.add("critique.examples");
    }
    if (critique.enabled() && !critique.server().used()) {
      keys.add("critique.path");
    }
    return List.copyOf(keys);
  }
}
