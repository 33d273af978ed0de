package io.capoflow.pipelines.training;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.chat.PromptForm;
import io.capoflow.models.critic.Critic;
import io.capoflow.models.critic.CriticSource;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelDigest;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.pipelines.BuildVersions;
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
import io.capoflow.transforms.train.StartingPolicy;
import io.capoflow.transforms.vote.VotingRules;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
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
   * @param versions each set of versions that a session ran with, in order: equal digests depend on
   *     them
   * @param wallSeconds of completed iterations and measurements
   * @param files the run's own problems, by their path in the run; none in what older code wrote
   * @param problemSources the files that the problems were imported from; none where they were
   *     generated, and in what older code wrote
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
      List<Map<String, String>> versions,
      double wallSeconds,
      SortedMap<String, KeptFile> files,
      List<ProblemSource> problemSources) {
    Fields {
      // Older code wrote none.
      promptDigest = promptDigest == null ? "" : promptDigest;
      prompts = prompts == null ? PromptForm.UNKNOWN : prompts;
      extensions = extensions == null ? List.of() : List.copyOf(extensions);
      versions = List.copyOf(versions);
      files =
          Collections.unmodifiableSortedMap(files == null ? new TreeMap<>() : new TreeMap<>(files));
      problemSources = problemSources == null ? List.of() : List.copyOf(problemSources);
    }

    private Fields withSessions(List<Map<String, String>> sessions, double seconds) {
      return new Fields(
          name,
          seed,
          recipeDigest,
          critic,
          reference,
          promptDigest,
          prompts,
          extensions,
          sessions,
          seconds,
          files,
          problemSources);
    }

    /** With what the run began with, whatever this session was given. */
    private Fields from(Fields before) {
      return new Fields(
          name,
          seed,
          recipeDigest,
          critic,
          reference,
          promptDigest,
          prompts,
          before.extensions(),
          versions,
          before.wallSeconds(),
          before.files(),
          before.problemSources());
    }

    private Fields withProblems(SortedMap<String, KeptFile> kept, List<ProblemSource> sources) {
      return new Fields(
          name,
          seed,
          recipeDigest,
          critic,
          reference,
          promptDigest,
          prompts,
          extensions,
          versions,
          wallSeconds,
          kept,
          sources);
    }
  }

  /**
   * A file that problems were imported from.
   *
   * @param path as the recipe names it
   * @param sha256 of its bytes when it was imported, in lower-case hexadecimal
   */
  public record ProblemSource(String path, String sha256) {
    public ProblemSource {
      requireNonNull(path, "path");
      requireNonNull(sha256, "sha256");
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
   * @throws UserMistake when policy, critic or reference cannot be used, or are others than those
   *     the run began with
   */
  static RunRecord open(
      RunDirectory run,
      BoundRecipe<TrainingRecipe> recipe,
      Problem first,
      Optional<CriticSource> critic) {
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
            List.of(versions()),
            0,
            new TreeMap<>(),
            List.of());
    if (Files.exists(run.run())) {
      fields = goOn(run, JsonFiles.read(run.run(), Fields.class), fields);
    }
    JsonFiles.writeText(run.recipe(), recipe.yaml());
    RunRecord record = new RunRecord(run, fields);
    record.write();
    StartingPolicy.commit(run.policies(), settings.policy().path());
    return record;
  }

  /** The form of a run's prompts; unknown where older code made the run. */
  static PromptForm prompts(RunDirectory run) {
    return JsonFiles.read(run.run(), Fields.class).prompts();
  }

  /**
   * What the record of a run says of the files of problems that it keeps, by their path in the run:
   * {@code problems/train.parquet}, {@code problems/held-out.parquet}, {@code
   * problems-rejected.parquet}. Empty where older code made the run.
   *
   * @throws UserMistake when {@code run.json} is not there or cannot be read
   */
  public static SortedMap<String, KeptFile> files(RunDirectory run) {
    return JsonFiles.read(run.run(), Fields.class).files();
  }

  /**
   * The files that a run's problems were imported from; none where they were generated, and where
   * older code made the run.
   *
   * @throws UserMistake when {@code run.json} is not there or cannot be read
   */
  public static List<ProblemSource> problemSources(RunDirectory run) {
    return JsonFiles.read(run.run(), Fields.class).problemSources();
  }

  /** Records the problems that the run keeps from now on. */
  void keep(SortedMap<String, KeptFile> files, List<ProblemSource> sources) {
    fields = fields.withProblems(files, sources);
    write();
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
    Map<String, String> before = all.get(all.size() - 2);
    List<String> changes = new ArrayList<>();
    all.get(all.size() - 1)
        .forEach(
            (component, version) -> {
              if (!version.equals(before.get(component))) {
                changes.add(component + " " + before.get(component) + " -> " + version);
              }
            });
    return changes.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", changes));
  }

  double wallSeconds() {
    return fields.wallSeconds();
  }

  void addWallSeconds(double seconds) {
    fields = fields.withSessions(fields.versions(), fields.wallSeconds() + seconds);
    write();
  }

  private static Fields goOn(RunDirectory run, Fields before, Fields now) {
    requireSame(run, "critic", "critique.path", before.critic(), now.critic());
    requireSame(run, "reference policy", "reference.path", before.reference(), now.reference());
    requireSamePrompts(run, before, now);
    requireExtensions(run, before.extensions(), now.extensions());
    List<Map<String, String>> versions = new ArrayList<>(before.versions());
    if (!versions.get(versions.size() - 1).equals(now.versions().get(0))) {
      versions.addAll(now.versions());
    }
    return now.from(before).withSessions(versions, before.wallSeconds());
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

  private static Map<String, String> versions() {
    Map<String, String> versions = new TreeMap<>(BuildVersions.all());
    versions.put("java", Runtime.version().toString());
    versions.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    return versions;
  }

  private void write() {
    JsonFiles.write(run.run(), fields);
  }
}
