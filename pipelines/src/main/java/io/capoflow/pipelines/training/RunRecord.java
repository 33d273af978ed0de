package io.capoflow.pipelines.training;

import io.capoflow.models.chat.PromptForm;
import io.capoflow.models.critic.Critic;
import io.capoflow.models.critic.CriticSource;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelDigest;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.endpoint.EndpointReport;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.RecipeDifference;
import io.capoflow.settings.extensions.ExtensionJar;
import io.capoflow.settings.extensions.ExtensionJars;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.JsonFiles;
import io.capoflow.transforms.storage.KeptFile;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.SelfChecked;
import io.capoflow.transforms.train.StartingPolicy;
import io.capoflow.transforms.vote.VotingRules;
import io.capoflow.transforms.workers.Workers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * What a run is: its recipe, its starting policy, the form of its prompts, the critic and reference
 * that it asks, the versions that it has run with, and the time spent on it so far.
 */
public final class RunRecord {
  private final RunDirectory run;
  private Fields fields;

  /**
   * As {@code run.json} holds it.
   *
   * @param critic identity of the critic; empty where none is asked
   * @param reference digest of the reference policy; empty where it is the starting policy or none
   * @param promptDigest of {@code prompts}, for readers; empty in what older code wrote
   * @param prompts what makes a question the prompt that the policy is asked, in every iteration
   *     and evaluation
   * @param extensions jars of others that the run was given, by their content; none in what older
   *     code wrote
   * @param computation the {@link Computation} of all that the run holds
   * @param versions the {@link SessionFacts} of each session that had others than the one before:
   *     equal digests depend on them
   * @param wallSeconds of completed iterations and measurements
   * @param content what the run holds
   * @param checksum of the file itself, see {@link SelfChecked}; empty in what older code wrote
   */
  record Fields(
      String name,
      long seed,
      String recipeDigest,
      String critic,
      String reference,
      String promptDigest,
      PromptForm prompts,
      List<ExtensionJar.Identity> extensions,
      int computation,
      List<Map<String, String>> versions,
      double wallSeconds,
      RunContent content,
      String checksum) {
    Fields {
      // Older code wrote none.
      computation = Math.max(computation, Computation.FIRST);
      promptDigest = promptDigest == null ? "" : promptDigest;
      prompts = prompts == null ? PromptForm.UNKNOWN : prompts;
      extensions = extensions == null ? List.of() : List.copyOf(extensions);
      versions = List.copyOf(versions);
      content = content == null ? RunContent.NONE : content;
      checksum = checksum == null ? "" : checksum;
    }

    private Fields with(
        List<ExtensionJar.Identity> jars,
        List<Map<String, String>> sessions,
        double seconds,
        RunContent held,
        String sum) {
      return new Fields(
          name,
          seed,
          recipeDigest,
          critic,
          reference,
          promptDigest,
          prompts,
          jars,
          computation,
          sessions,
          seconds,
          held,
          sum);
    }

    private Fields withWallSeconds(double seconds) {
      return with(extensions, versions, seconds, content, checksum);
    }

    private Fields withContent(RunContent held) {
      return with(extensions, versions, wallSeconds, held, checksum);
    }

    Fields withChecksum(String sum) {
      return with(extensions, versions, wallSeconds, content, sum);
    }
  }

  private RunRecord(RunDirectory run, Fields fields) {
    this.run = run;
    this.fields = fields;
  }

  /** Whether the directory holds a run, which then goes on as it began. */
  static boolean exists(RunDirectory run) {
    return Files.exists(run.recipe());
  }

  /**
   * Refuses a recipe that an existing run cannot take.
   *
   * @throws UserMistake with every difference
   */
  static void requireCompatible(RunDirectory run, BoundRecipe<TrainingRecipe> recipe) {
    if (exists(run)) {
      BoundRecipe<TrainingRecipe> existing =
          RecipeBinder.of(TrainingRecipe.class).readKept(run.recipe());
      RecipeDifference.between(existing, recipe).requireCompatible(run.root().toString());
    }
  }

  /**
   * Starts a run, or takes an existing one up. Nothing is written before all that the recipe names
   * was found usable: a run that could not begin binds nobody to its settings.
   *
   * @param first a problem that the policy will be asked
   * @param workers those that compute; empty where this process does
   * @param criticServer what the critic's server said of itself; empty where there is none
   * @throws UserMistake when policy, critic or reference cannot be used, or are others than those
   *     the run began with
   */
  static RunRecord open(
      RunDirectory run,
      BoundRecipe<TrainingRecipe> recipe,
      Problem first,
      Optional<CriticSource> critic,
      Optional<Workers> workers,
      Optional<EndpointReport> criticServer) {
    TrainingRecipe settings = recipe.settings();
    if (!exists(run)) {
      VotingRules.named(settings.vote().rule());
      StartingPolicy.requireCheckpoint(settings.policy().path());
      RunPrompts.requireWritable(settings, first);
      ModelLoader.load(
              Loading.forTraining(settings.policy().path(), settings.policy().device())
                  .withAdapter(settings.lora().settings(), settings.seed())
                  .in(settings.policy().dtype()))
          .close();
      critic.map(CriticSource::open).ifPresent(Critic::close);
    }
    PromptForm prompts = RunPrompts.form(run, settings);
    Fields fields =
        new Fields(
            settings.name(),
            settings.seed(),
            recipe.digest(),
            critic.map(CriticSource::identity).orElse(""),
            reference(settings),
            prompts.digest(),
            prompts,
            ExtensionJars.loaded().stream().map(loaded -> loaded.jar().identity()).toList(),
            Computation.NOW,
            List.of(SessionFacts.of(settings, workers, criticServer)),
            0,
            RunContent.NONE,
            "");
    if (Files.exists(run.run())) {
      Fields before = JsonFiles.read(run.run(), Fields.class);
      fields = goOn(run, before, fields);
      if (before.computation() != Computation.NOW) {
        // It has all its iterations, and stays as the code that made it can read it.
        return new RunRecord(run, before);
      }
    }
    String yaml = recipe.yaml();
    JsonFiles.writeText(run.recipe(), yaml);
    String sha256 = Digests.ofBytes(yaml.getBytes(StandardCharsets.UTF_8));
    RunRecord record = new RunRecord(run, fields.withContent(fields.content().withRecipe(sha256)));
    record.write();
    StartingPolicy.commit(run.policies(), settings.policy().path());
    return record;
  }

  /**
   * The {@link Computation} of what a run holds.
   *
   * @throws UserMistake when {@code run.json} cannot be read
   */
  public static int computation(RunDirectory run) {
    return Files.exists(run.run())
        ? JsonFiles.read(run.run(), Fields.class).computation()
        : Computation.NOW;
  }

  /** The form of a run's prompts; unknown where older code made the run. */
  static PromptForm prompts(RunDirectory run) {
    return JsonFiles.read(run.run(), Fields.class).prompts();
  }

  /**
   * What the record of a run says of its content.
   *
   * @throws UserMistake when {@code run.json} is not there or cannot be read
   */
  public static RunContent content(RunDirectory run) {
    return JsonFiles.read(run.run(), Fields.class).content();
  }

  /** Digest of the recipe's content as the run's record holds it. */
  public static String recipeDigest(RunDirectory run) {
    return JsonFiles.read(run.run(), Fields.class).recipeDigest();
  }

  /**
   * Whether a run's record is as it was written.
   *
   * @throws UserMistake when {@code run.json} is not there or cannot be read
   */
  public static SelfChecked checksum(RunDirectory run) {
    return JsonFiles.checksum(run.run(), "content");
  }

  /** Records the problems that the run keeps from now on. */
  void keep(SortedMap<String, KeptFile> files, List<RunContent.ProblemSource> sources) {
    fields = fields.withContent(fields.content().withProblems(files, sources));
    write();
  }

  /** Records what a part of the run that is complete from now on holds, and what it took. */
  void complete(Map<String, String> digests, double seconds) {
    digests.forEach(this::requireRecorded);
    fields =
        fields
            .withContent(fields.content().withDigests(digests))
            .withWallSeconds(fields.wallSeconds() + seconds);
    write();
  }

  /**
   * Records what earlier sessions completed and did not record, as those of older code do: what
   * agrees with its own bookkeeping.
   *
   * @throws UserMistake when something has another digest than the one that was recorded of it
   */
  void completeEarlier() {
    run.digests().forEach(this::requireRecorded);
    Set<String> recorded = fields.content().digests().keySet();
    complete(run.agreedDigests(name -> !recorded.contains(name)), 0);
  }

  /** What was lost whole, and computed again, must be what it was. */
  private void requireRecorded(String name, String digest) {
    String recorded = fields.content().digests().get(name);
    // How a version is measured may change while the run goes on.
    if (recorded != null && !recorded.equals(digest) && !RunContent.mayChange(name)) {
      throw new UserMistake(
          "%s: %s has digest %s, and %s was recorded of it; restore it from a copy, go on with the versions and the processor that run.json names, or begin anew in another directory, with --run"
              .formatted(run.root(), name, digest, recorded));
    }
  }

  /** Iterations whose policy is committed. */
  int committedIterations() {
    List<Integer> versions = run.policies().versions();
    return versions.get(versions.size() - 1);
  }

  /** How this session's versions differ from the last one's; empty where they do not. */
  Optional<String> changedVersions() {
    List<Map<String, String>> all = fields.versions();
    if (all.size() < 2) {
      return Optional.empty();
    }
    List<String> changes = SessionFacts.changes(all.get(all.size() - 2), all.get(all.size() - 1));
    return changes.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", changes));
  }

  double wallSeconds() {
    return fields.wallSeconds();
  }

  private static Fields goOn(RunDirectory run, Fields before, Fields now) {
    requireSame(run, "critic", criticKey(now), before.critic(), now.critic());
    requireSame(run, "reference policy", "reference.path", before.reference(), now.reference());
    requireSamePrompts(run, before, now);
    requireExtensions(run, before.extensions(), now.extensions());
    List<Map<String, String>> versions = new ArrayList<>(before.versions());
    if (!versions.get(versions.size() - 1).equals(now.versions().get(0))) {
      versions.addAll(now.versions());
    }
    return now.with(
        before.extensions(), versions, before.wallSeconds(), before.content(), before.checksum());
  }

  private static String criticKey(Fields now) {
    return now.critic().startsWith("server:") ? "critique.endpoint" : "critique.path";
  }

  private static void requireSamePrompts(RunDirectory run, Fields before, Fields now) {
    if (!before.prompts().equals(PromptForm.UNKNOWN)) {
      now.prompts().requireSame(before.prompts(), "the policy of " + run.root());
      return;
    }
    RunPrompts.fault(run)
        .ifPresent(
            fault -> {
              throw new UserMistake(
                  "%s: %s; begin anew in another directory, with --run"
                      .formatted(run.root(), fault));
            });
  }

  /** A jar that the run did not begin with may come: no name in its recipe leads to it. */
  private static void requireExtensions(
      RunDirectory run, List<ExtensionJar.Identity> before, List<ExtensionJar.Identity> now) {
    Set<String> digests =
        now.stream().map(ExtensionJar.Identity::digest).collect(Collectors.toSet());
    for (ExtensionJar.Identity jar : before) {
      if (!digests.contains(jar.digest())) {
        throw new UserMistake(
            "%s: began with the extension %s (sha256 %s), and %s; name that jar with --extensions to go on, or name a new directory with --run"
                .formatted(
                    run.root(),
                    jar.name(),
                    jar.digest(),
                    now.isEmpty() ? "none is loaded now" : "now has " + listed(now)));
      }
    }
  }

  private static String listed(List<ExtensionJar.Identity> jars) {
    return jars.stream()
        .map(jar -> "%s (sha256 %s)".formatted(jar.name(), jar.digest()))
        .collect(Collectors.joining(", "));
  }

  private static void requireSame(
      RunDirectory run, String what, String key, String before, String now) {
    if (!before.equals(now)) {
      throw new UserMistake(
          "%s: the %s at %s is not the one that the run began with (%s, now %s); restore it to go on, or name a new directory with --run"
              .formatted(run.root(), what, key, before, now));
    }
  }

  private static String reference(TrainingRecipe recipe) {
    return recipe.train().klCoefficient() > 0
        ? recipe.reference().path().map(path -> ModelDigest.of(path)).orElse("")
        : "";
  }

  private void write() {
    JsonFiles.writeChecked(run.run(), fields.withChecksum(""), fields::withChecksum);
  }
}
