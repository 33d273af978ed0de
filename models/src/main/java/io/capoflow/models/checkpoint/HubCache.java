package io.capoflow.models.checkpoint;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The models that Hugging Face's tools have downloaded to this machine, in the layout of
 * huggingface_hub: {@code models--org--name/snapshots/<commit>} with {@code refs/<branch>} holding
 * a commit. Only read, never filled: nothing is fetched from anywhere. Immutable and thread-safe.
 *
 * @param directory holds a folder for each model; need not be there
 */
record HubCache(Path directory) {
  /** At most an owner and a name, so that nothing outside of the cache can be named. */
  private static final Pattern MODEL =
      Pattern.compile("[A-Za-z0-9_.-]{1,96}(/[A-Za-z0-9_.-]{1,96})?");

  private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9_.-]{1,200}");
  private static final String DEFAULT_BRANCH = "main";

  HubCache {
    requireNonNull(directory, "directory");
  }

  /** Where this process's environment has it. */
  static HubCache ofThisProcess() {
    return of(System.getenv(), Path.of(System.getProperty("user.home", "")));
  }

  /**
   * As huggingface_hub finds it: by HF_HUB_CACHE or its older name, HF_HOME, XDG_CACHE_HOME, or in
   * the home.
   */
  static HubCache of(Map<String, String> environment, Path home) {
    return new HubCache(
        named(environment, "HF_HUB_CACHE")
            .or(() -> named(environment, "HUGGINGFACE_HUB_CACHE"))
            .or(() -> named(environment, "HF_HOME").map(path -> path.resolve("hub")))
            .or(
                () ->
                    named(environment, "XDG_CACHE_HOME")
                        .map(path -> path.resolve("huggingface").resolve("hub")))
            .orElseGet(() -> home.resolve(".cache").resolve("huggingface").resolve("hub")));
  }

  /**
   * A model's snapshot.
   *
   * @param model as the hub names it: {@code owner/name}
   * @param revision a branch or a commit; empty: the main branch
   */
  Optional<Path> find(String model, Optional<String> revision) {
    String wanted = revision.orElse(DEFAULT_BRANCH);
    if (!isName(MODEL, model) || !isName(REVISION, wanted)) {
      return Optional.empty();
    }
    Path folder = directory.resolve("models--" + model.replace("/", "--"));
    Path snapshots = folder.resolve("snapshots");
    return Stream.concat(commit(folder.resolve("refs").resolve(wanted)).stream(), Stream.of(wanted))
        .map(snapshots::resolve)
        .filter(Files::isDirectory)
        .findFirst();
  }

  private static boolean isName(Pattern pattern, String name) {
    return pattern.matcher(name).matches() && !name.contains("..") && !name.equals(".");
  }

  private static Optional<String> commit(Path reference) {
    if (!Files.isRegularFile(reference)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(reference).strip())
          .filter(commit -> isName(REVISION, commit));
    } catch (IOException e) {
      throw new UserMistake(reference + ": cannot be read; fetch the model again", e);
    }
  }

  private static Optional<Path> named(Map<String, String> environment, String variable) {
    return Optional.ofNullable(environment.get(variable))
        .filter(value -> !value.isBlank())
        .map(Path::of);
  }
}
