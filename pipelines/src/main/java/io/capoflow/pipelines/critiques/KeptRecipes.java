package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.capoflow.pipelines.critiques.Edition.EditionCritic;
import io.capoflow.schemas.Json;
import io.capoflow.settings.recipe.CritiqueSection;
import io.capoflow.settings.recipe.ServerKeys;
import io.capoflow.transforms.storage.JsonFiles;
import io.capoflow.transforms.storage.WriteFailures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The recipes that a dataset keeps: with all that critiques depend on, files of prompts among them,
 * so that anyone can make them anew, and without what is nobody else's business: the server's
 * address, headers, names of variables, jars.
 */
final class KeptRecipes {
  /** In place of a server's address; the domain {@code invalid} names nothing (RFC 2606). */
  static final String NO_ENDPOINT = "http://endpoint.invalid/v1";

  private static final String FILE = "file:";

  private final DatasetDirectory directory;
  private final Edition edition;

  KeptRecipes(DatasetDirectory directory, Edition edition) {
    this.directory = requireNonNull(directory, "directory");
    this.edition = requireNonNull(edition, "edition");
  }

  /** Whether every critic's recipe is there. */
  boolean areThere() {
    return edition.critics().stream().allMatch(critic -> Files.exists(file(critic)));
  }

  private Path file(EditionCritic critic) {
    return directory.recipe(edition.datasetTable(), critic.table());
  }

  /** Writes them. */
  void write() {
    for (EditionCritic critic : edition.critics()) {
      Path file = file(critic);
      create(file.getParent());
      Map<String, String> replaced = new LinkedHashMap<>();
      replaced.put("extensions", "[]");
      replaced.put("critique.journal", "runs/journal");
      replaced.put("critique.headers", "[]");
      replaced.put("critique.api_key_env", "CAPOFLOW_API_KEY");
      replaced.put("critique.api_key_header", "null");
      CritiqueSection critique = critic.recipe().settings().critique();
      ServerKeys server = critique.server();
      if (server.used()) {
        replaced.put("critique.endpoint", "[" + quoted(NO_ENDPOINT) + "]");
      }
      if (critique.template().startsWith(FILE)) {
        Path template = Path.of(critique.template().substring(FILE.length()));
        replaced.put("critique.template", quoted(FILE + copied(template, file)));
      }
      critique
          .examples()
          .ifPresent(examples -> replaced.put("critique.examples", quoted(copied(examples, file))));
      JsonFiles.writeText(file, critic.recipe().yaml(replaced));
    }
  }

  /** A file beside a recipe, as the recipe names it. */
  private static String copied(Path original, Path recipe) {
    String folder = recipe.getFileName().toString().replace(".yaml", "-files");
    Path copy = recipe.resolveSibling(folder).resolve(original.getFileName().toString());
    create(copy.getParent());
    try {
      if (!Files.exists(copy) || !Files.isSameFile(original, copy)) {
        JsonFiles.writeText(copy, Files.readString(original));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + original, e);
    }
    return "./" + folder + "/" + copy.getFileName();
  }

  private static String quoted(String text) {
    try {
      return Json.ONE_LINE.writeValueAsString(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  private static void create(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw WriteFailures.of(folder, e);
    }
  }
}
