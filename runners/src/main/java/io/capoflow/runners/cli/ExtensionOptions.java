package io.capoflow.runners.cli;

import io.capoflow.runners.terminal.Terminal;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.extensions.ExtensionJars;
import io.capoflow.settings.extensions.ExtensionJars.Loaded;
import java.io.File;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** {@code --extensions}, for every command that can name a class of somebody else's. */
final class ExtensionOptions {
  /** Names jars for every command, as the flag does. */
  private static final String VARIABLE = "CAPOFLOW_EXTENSIONS";

  private static final String FLAG = "--extensions";
  private static final int SHOWN_DIGITS = 16;

  @Option(
      names = FLAG,
      paramLabel = "JAR_OR_DIR",
      description =
          "Jar of your own verifiers, voting rules, credit schemes, prompt templates or step"
              + " splitters, or a folder of jars; may be repeated. Their code runs with your rights."
              + " CAPOFLOW_EXTENSIONS and a recipe's extensions: name more.")
  private List<String> extensions = List.of();

  /**
   * Loads what the environment and the flag name.
   *
   * @throws UserMistake when a jar is not there or cannot be used
   */
  void load(Map<String, String> environment) {
    Pattern.compile(File.pathSeparator, Pattern.LITERAL)
        .splitAsStream(environment.getOrDefault(VARIABLE, ""))
        .filter(path -> !path.isBlank())
        .forEach(path -> load(path, VARIABLE));
    extensions.forEach(path -> load(path, FLAG));
  }

  /** Names the jars that are loaded, a line each. */
  void show(Terminal terminal) {
    for (Loaded loaded : ExtensionJars.loaded()) {
      terminal.line(
          Terminal.safe(
              "extension %s, sha256 %s%s"
                  .formatted(
                      loaded.jar().file(),
                      loaded.jar().digest().substring(0, SHOWN_DIGITS),
                      hidden(loaded.hidden()))));
    }
  }

  private static String hidden(List<String> classes) {
    return classes.isEmpty()
        ? ""
        : "; %d of its classes are not used, since CapoFlow has others of that name: %s%s"
            .formatted(classes.size(), classes.get(0), classes.size() == 1 ? "" : ", …");
  }

  private static void load(String path, String origin) {
    try {
      ExtensionJars.load(Path.of(path), origin);
    } catch (InvalidPathException e) {
      throw new UserMistake("%s: %s is no path; name a jar".formatted(origin, path), e);
    }
  }
}
