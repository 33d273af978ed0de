package io.capoflow.runners.doctor;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.chat.ChatTemplate;
import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.chat.Prompts;
import io.capoflow.models.checkpoint.ModelDirectory;
import io.capoflow.models.decoder.DecoderConfig;
import io.capoflow.models.text.HfTokenizer;
import io.capoflow.models.text.TokenizerConfig;
import io.capoflow.pipelines.memory.PromptLengths;
import io.capoflow.pipelines.training.RunPrompts;
import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import io.capoflow.settings.recipe.TrainingRecipe;
import io.capoflow.transforms.storage.RunDirectory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/**
 * What a model is asked, in words: the prompt that a problem becomes, where each file that makes it
 * lies, and what ends a response. All text of files is shown escaped. Immutable.
 */
public final class PromptReport {
  private static final String ROW = "  %-24s %s";
  private static final Problem SAMPLE =
      Problem.newBuilder()
          .setProblemId("sample")
          .setPrompt(List.of(new Message("user", "What is 7 + 8?")))
          .setAnswer("15")
          .setSource("sample")
          .build();

  private final List<String> lines;

  private PromptReport(List<String> lines) {
    this.lines = List.copyOf(lines);
  }

  /**
   * The prompt that a recipe's first problem becomes for its policy, or for another model.
   *
   * @param overrides of the recipe, the model among them
   * @throws UserMistake when recipe, problems or the model's files cannot be read
   */
  public static PromptReport ofRecipe(Path file, List<Setting> overrides) {
    TrainingRecipe recipe = RecipeBinder.of(TrainingRecipe.class).load(file, overrides).settings();
    List<Problem> problems = PromptLengths.problems(recipe);
    if (problems.isEmpty()) {
      throw new UserMistake(file + ": has no problem that can be used");
    }
    return of(
        recipe.policy().path(),
        recipe.policyPrompts(),
        problems.get(0),
        recipe.sample().sampling().stop());
  }

  /**
   * The prompt that a sample question becomes: for a version of a run's policy as the run asks it,
   * for any other model as that model wants it.
   *
   * @throws UserMistake when the model's files cannot be read
   */
  public static PromptReport ofModel(Path model) {
    PromptSettings settings =
        RunDirectory.ofPolicy(model).map(RunPrompts::settings).orElse(PromptSettings.AUTO);
    return of(model, settings, SAMPLE, List.of());
  }

  static PromptReport of(
      Path model, PromptSettings settings, Problem problem, List<String> stopTexts) {
    requireNonNull(problem, "problem");
    ModelDirectory files = ModelDirectory.of(model);
    DecoderConfig config = DecoderConfig.read(files.base());
    Prompts prompts = Prompts.read(settings, files);
    List<String> lines = new ArrayList<>();
    try (HfTokenizer tokenizer = HfTokenizer.load(files)) {
      int[] ids = prompts.encode(problem.getPrompt(), tokenizer, config.bosTokenId());
      lines.add("");
      lines.add(
          "prompt of problem %s for %s, in the format %s: %d tokens, form %s"
              .formatted(
                  Terminal.safe(problem.getProblemId()),
                  Terminal.safe(model.toString()),
                  prompts.form().format(),
                  ids.length,
                  prompts.form().digest().substring(0, 12)));
      // With a last empty line where the prompt ends with the end of a line.
      for (String line : tokenizer.decodeAll(ids).split("\n", -1)) {
        lines.add("  | " + Terminal.safe(line));
      }
      lines.add(
          "  ids "
              + Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(" ")));
      lines.addAll(files(files));
      lines.addAll(ends(files, config, tokenizer, stopTexts));
    }
    return new PromptReport(lines);
  }

  /** As they are to be shown. */
  public List<String> lines() {
    return lines;
  }

  private static List<String> files(ModelDirectory files) {
    Path tokens = files.tokenizerConfigDirectory();
    return List.of(
        files.isAdapter() ? "files of the adapter and its base" : "files of the model",
        row(ModelDirectory.CONFIG, files.config()),
        row(ModelDirectory.GENERATION_CONFIG, files.generationConfig()),
        row(ModelDirectory.TOKENIZER, files.tokenizer()),
        row(ModelDirectory.TOKENIZER_CONFIG, tokens.resolve(ModelDirectory.TOKENIZER_CONFIG)),
        row(ModelDirectory.SPECIAL_TOKENS, tokens.resolve(ModelDirectory.SPECIAL_TOKENS)),
        ROW.formatted(
            "chat template",
            ChatTemplate.find(files).map(source -> Terminal.safe(source.place())).orElse("none")));
  }

  private static String row(String name, Path file) {
    return ROW.formatted(name, Files.isRegularFile(file) ? Terminal.safe(file.toString()) : "none");
  }

  private static List<String> ends(
      ModelDirectory files, DecoderConfig config, HfTokenizer tokenizer, List<String> stopTexts) {
    List<String> lines = new ArrayList<>();
    String place = DecoderConfig.endTokensFile(files.base()).getFileName().toString();
    String tokens =
        config.eosTokenIds().stream()
            .map(id -> "%s (%d)".formatted(Terminal.safe(tokenizer.decodeAll(new int[] {id})), id))
            .collect(Collectors.joining(", "));
    lines.add(
        tokens.isEmpty()
            ? "no token ends a response: neither %s nor %s has an eos_token_id"
                .formatted(ModelDirectory.GENERATION_CONFIG, ModelDirectory.CONFIG)
            : "a response ends with %s, as %s says".formatted(tokens, place));
    if (!stopTexts.isEmpty()) {
      lines.add(
          "  or with a text of sample.stop: "
              + stopTexts.stream()
                  .map(Terminal::safe)
                  .collect(Collectors.joining("\", \"", "\"", "\"")));
    }
    TokenizerConfig.read(files)
        .token("eos_token")
        .ifPresent(
            token -> {
              OptionalInt id = tokenizer.specialTokenId(token);
              if (id.isPresent() && !config.eosTokenIds().contains(id.getAsInt())) {
                lines.add(
                    String.format(
                        Locale.ROOT,
                        "  warn: the tokenizer's eos_token %s (%d) is not among them; if it ends the"
                            + " model's turns, add it to eos_token_id in %s",
                        Terminal.safe(token),
                        id.getAsInt(),
                        place));
              }
            });
    return lines;
  }
}
