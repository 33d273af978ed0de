package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Extensions;
import java.nio.file.Path;

/** The prompt templates that a recipe can name. */
public final class PromptTemplates {
  static final String FILE = "file:";

  private PromptTemplates() {}

  /**
   * The template of that name, or the one in the file that {@code file:PATH} names.
   *
   * @throws io.capoflow.schemas.UserMistake when there is none, or the file is no template
   */
  public static PromptTemplate named(String name) {
    requireNonNull(name, "name");
    return name.startsWith(FILE)
        ? FileTemplate.read(Path.of(name.substring(FILE.length())))
        : Extensions.named(PromptTemplate.class, PromptTemplate::name, "prompt template", name);
  }
}
