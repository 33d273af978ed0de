package io.capoflow.runners.cli;

import static java.util.Objects.requireNonNull;

import io.capoflow.datasets.problems.GoldCheck;
import io.capoflow.datasets.problems.ProblemFiles;
import io.capoflow.datasets.problems.ProblemIntake;
import io.capoflow.datasets.problems.ProblemSet;
import io.capoflow.models.chat.Instructions;
import io.capoflow.models.chat.PromptFormat;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.decoder.ModelDigest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.policy.PolicySpec;
import io.capoflow.models.tensor.Numerics;
import io.capoflow.models.tensor.Precision;
import io.capoflow.models.tensor.Torch;
import io.capoflow.models.tensor.TorchSettings;
import io.capoflow.pipelines.evaluation.Evaluation;
import io.capoflow.pipelines.evaluation.EvaluationFigures;
import io.capoflow.pipelines.evaluation.EvaluationSettings;
import io.capoflow.pipelines.training.RunNumerics;
import io.capoflow.pipelines.training.RunPrompts;
import io.capoflow.pipelines.workers.WorkerCheck;
import io.capoflow.runners.engine.EnginePipelines;
import io.capoflow.runners.terminal.ProgressBar;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.Json;
import io.capoflow.schemas.Locations;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.storage.ProblemRows;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.workers.WorkerNeeds;
import io.capoflow.transforms.workers.Workers;
import io.capoflow.worlds.arithmetic.ArithmeticSplit;
import io.capoflow.worlds.arithmetic.ArithmeticWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures a policy. */
@Command(
    name = "evaluate",
    description =
        "Measures a policy: greedy accuracy, share of right samples (pass@1), and, where the"
            + " problems' steps are known, how many of them are right.",
    mixinStandardHelpOptions = true,
    footerHeading = "%n",
    footer = {
      "Examples:",
      "  capoflow evaluate --policy weights/arithmetic-policy --held-out 500",
      "  capoflow evaluate --policy runs/arithmetic-seed0/policy/v00012 --held-out 500 --json",
      "  capoflow evaluate --policy my-model --problems gsm8k-test.jsonl --instruction gsm8k"
          + " --max-new-tokens 512 --output measured"
    })
final class EvaluateCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Option(
      names = "--policy",
      required = true,
      paramLabel = "DIR",
      converter = LocationConverter.class,
      description = "A checkpoint: the policy of a run, or a Hugging Face model directory.")
  private Path policy;

  @ArgGroup(multiplicity = "1")
  private Source source;

  @Option(
      names = "--samples",
      paramLabel = "S",
      defaultValue = "4",
      description =
          "Sampled responses a problem, beside the greedy one (default: ${DEFAULT-VALUE}).")
  private int samples;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "1",
      description = "Of those samples (default: ${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--max-new-tokens",
      paramLabel = "N",
      defaultValue = "96",
      description = "Tokens a response may have (default: ${DEFAULT-VALUE}).")
  private int maxNewTokens;

  @Option(
      names = "--prompt-format",
      paramLabel = "FORMAT",
      description =
          "How messages become a prompt: ${COMPLETION-CANDIDATES} (default: as the run of this policy"
              + " asks; else AUTO: by the model's chat template where it has one, else plain).")
  private Optional<PromptFormat> promptFormat = Optional.empty();

  @Option(
      names = "--template-variable",
      paramLabel = "NAME=VALUE",
      description =
          "A variable of the model's chat template; may be repeated (default: those of the run of"
              + " this policy).")
  private List<String> templateVariables = List.of();

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description =
          "Message of the system before every question; a text, or boxed or gsm8k for the usual"
              + " ones (default: that of the run of this policy; an empty one is none).")
  private Optional<String> system = Optional.empty();

  @Option(
      names = "--instruction",
      paramLabel = "TEXT",
      description =
          "What every question ends with, on a line of its own; a text, or boxed or gsm8k for the"
              + " usual ones (default: that of the run of this policy; an empty one is none).")
  private Optional<String> instruction = Optional.empty();

  @Mixin private VerifierFlags verifierFlags;

  @Mixin private ExtensionOptions extensions;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Key of the draws and of the held-out problems (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      defaultValue = "auto",
      description = "auto, cpu or cuda:N (default: ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--dtype",
      paramLabel = "DTYPE",
      defaultValue = "f32",
      description = "In what the policy computes: f32 or bf16 (default: ${DEFAULT-VALUE}).")
  private Precision dtype;

  @Option(
      names = "--numerics",
      paramLabel = "NUMERICS",
      description =
          "native, or portable: the same bits on every x86-64 processor with AVX2, slower (default:"
              + " as the run of this policy computes; else native).")
  private Optional<Numerics> numerics = Optional.empty();

  @Mixin private ExecutionOptions engine;

  @Mixin private RejectedShareOption rejectedShare;

  @Option(
      names = "--output",
      paramLabel = "DIR",
      converter = LocationConverter.class,
      description =
          "Keeps the problems, every rollout and every verdict here, as Parquet files; a new or"
              + " empty directory.")
  private Optional<Path> output = Optional.empty();

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  /** Where the problems come from. */
  private static final class Source {
    @Option(
        names = "--problems",
        required = true,
        paramLabel = "FILE",
        description = "Problems: our Parquet, GSM8K JSON lines, or another known layout.")
    private Path problems;

    @Option(
        names = "--held-out",
        required = true,
        paramLabel = "N",
        description = "The first N held-out running sums.")
    private int heldOut;
  }

  EvaluateCommand(Terminal terminal) {
    this.terminal = requireNonNull(terminal, "terminal");
  }

  @Override
  public Integer call() throws IOException {
    requireAtLeastOne("--samples", samples);
    requireAtLeastOne("--max-new-tokens", maxNewTokens);
    engine.requireValid();
    rejectedShare.requireValid();
    if (!(temperature > 0) || Double.isInfinite(temperature)) {
      throw new UserMistake("--temperature " + temperature + ": expects a positive number");
    }
    if (!Files.isDirectory(policy)) {
      throw new UserMistake("--policy " + policy + ": is no directory; name a checkpoint");
    }
    if (output.isPresent()) {
      requireEmpty(output.get());
    }
    EvaluationSettings settings =
        new EvaluationSettings(
            samples,
            new SamplingParameters(temperature, 1, maxNewTokens),
            verifierFlags.name(),
            verifierFlags.options(),
            "blank_line",
            seed);
    GoldCheck goldCheck = new GoldCheck(verifierFlags.verifier(), settings.verifierOptions());
    Optional<ProblemSet> file =
        Optional.ofNullable(source.problems).map(path -> read(path, goldCheck));
    List<Problem> problems = file.map(ProblemSet::problems).orElseGet(this::heldOut);
    goldCheck.requireAll(problems, "--verifier");
    PolicySpec asked = policy();
    show(measure(asked, settings, problems), file);
    return 0;
  }

  /** The policy, asked as its run asks it where no flag says otherwise. */
  private PolicySpec policy() {
    Optional<RunDirectory> run = RunDirectory.ofPolicy(policy);
    TorchSettings torch = torch(run);
    PromptSettings ofRun = run.map(RunPrompts::settings).orElse(PromptSettings.AUTO);
    PromptSettings wanted = prompts(ofRun);
    if (!json) {
      run.flatMap(Runs::promptFault).ifPresent(terminal::line);
    }
    PolicySpec spec =
        PolicySpec.of(
            policy.toAbsolutePath().normalize(),
            policy.toAbsolutePath().normalize().getFileName().toString(),
            ModelDigest.of(policy),
            device,
            dtype,
            torch,
            wanted);
    // Asked otherwise or not, the version's files must be those that the run knows.
    run.ifPresent(kept -> RunPrompts.requireKept(kept, asTheRunAsks(spec, ofRun)));
    return spec;
  }

  /** Settles how this process computes, and sees that the device can. */
  private TorchSettings torch(Optional<RunDirectory> run) {
    Numerics wanted = numerics.or(() -> run.map(RunNumerics::of)).orElse(Numerics.NATIVE);
    Torch.useNumerics(wanted);
    Torch.device(device);
    return new TorchSettings(Torch.threads(), wanted);
  }

  private static PolicySpec asTheRunAsks(PolicySpec spec, PromptSettings ofRun) {
    return PolicySpec.of(
        Locations.of(spec.directory()),
        spec.version(),
        spec.digest(),
        spec.device(),
        spec.precision(),
        spec.torch(),
        ofRun);
  }

  private PromptSettings prompts(PromptSettings otherwise) {
    PromptFormat format = promptFormat.orElse(otherwise.format());
    boolean hasVariables = format == PromptFormat.AUTO || format == PromptFormat.TEMPLATE;
    try {
      return new PromptSettings(
          format,
          templateVariables.isEmpty() && hasVariables ? otherwise.variables() : templateVariables,
          system.map(Instructions::named).orElse(otherwise.system()),
          instruction.map(Instructions::named).orElse(otherwise.instruction()));
    } catch (IllegalArgumentException e) {
      throw new UserMistake("--template-variable: " + e.getMessage(), e);
    }
  }

  private ProblemSet read(Path file, GoldCheck goldCheck) {
    ProblemSet set = new ProblemIntake(goldCheck).read(file);
    rejectedShare.requireUsable(set);
    return set;
  }

  private List<Problem> heldOut() {
    requireAtLeastOne("--held-out", source.heldOut);
    return new ArithmeticWorld(seed).problems(ArithmeticSplit.HELD_OUT, source.heldOut);
  }

  private EvaluationFigures measure(
      PolicySpec policy, EvaluationSettings settings, List<Problem> problems) throws IOException {
    int shards = Evaluation.shards(problems.size());
    Path directory =
        output.isPresent()
            ? output.get().toAbsolutePath().normalize()
            : Files.createTempDirectory("capoflow-evaluate");
    try (EnginePipelines pipelines = EnginePipelines.of(engine.execution(), this::say);
        AtExit abandoning = AtExit.run(() -> pipelines.abandon(this::say))) {
      WorkerCheck.of(
              pipelines,
              directory,
              new WorkerNeeds(
                  Optional.of(policy.torch().numerics()),
                  List.of(policy.device()),
                  Optional.empty()))
          .map(Workers::notices)
          .ifPresent(notices -> notices.forEach(this::say));
      // Who is refused before this may name the directory again.
      Files.createDirectories(directory);
      Path asked = directory.resolve("problems.parquet");
      ProblemFiles.write(asked, problems);
      return new Evaluation(pipelines, directory, settings)
          .measure(
              policy,
              policy.version(),
              ProblemRows.of(asked, problems),
              directory,
              done ->
                  terminal.passing(
                      ProgressBar.of("evaluate", done, shards, "shards", terminal.columns())));
    } finally {
      if (output.isEmpty()) {
        delete(directory);
      }
    }
  }

  /** What happens between this process and an engine outside of it; JSON stands alone. */
  private void say(String notice) {
    if (!json) {
      terminal.line(Terminal.safe(notice));
    }
  }

  private void show(EvaluationFigures figures, Optional<ProblemSet> file) throws IOException {
    TreeMap<String, Double> named = new TreeMap<>(figures.named());
    if (json) {
      TreeMap<String, Object> fields = new TreeMap<>(named);
      fields.put("problems", figures.problems());
      fields.put("rejected", file.map(set -> set.rejected().size()).orElse(0));
      fields.put("samples", samples);
      terminal.line(Json.ONE_LINE.writeValueAsString(fields));
      return;
    }
    extensions.show(terminal);
    file.ifPresent(this::showRejected);
    terminal.line(
        Terminal.safe(policy.toString())
            + ": "
            + figures.problems()
            + " problems, greedily and with "
            + samples
            + " samples each");
    named.forEach(
        (name, value) ->
            terminal.line(
                String.format(Locale.ROOT, "  %-30s %.4f", name.replace('_', ' '), value)));
  }

  private void showRejected(ProblemSet set) {
    set.firstRejected()
        .ifPresent(
            first ->
                terminal.line(
                    Terminal.safe(
                        set.file()
                            + ": "
                            + set.rejected().size()
                            + " rows rejected; the first, "
                            + first)));
  }

  private static void requireAtLeastOne(String flag, int value) {
    if (value < 1) {
      throw new UserMistake(flag + " " + value + ": expects a number of at least 1");
    }
  }

  private static void requireEmpty(Path directory) throws IOException {
    boolean free = !Files.exists(directory);
    if (Files.isDirectory(directory)) {
      try (Stream<Path> entries = Files.list(directory)) {
        free = entries.findAny().isEmpty();
      }
    }
    if (!free) {
      throw new UserMistake(
          "--output " + directory + ": is there and not empty; name a new directory");
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
