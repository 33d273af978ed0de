package io.capoflow.models.chat;

import static java.util.Objects.requireNonNull;

import java.io.Serializable;
import java.util.List;
import java.util.TreeMap;

/**
 * How a model's prompts are written: small enough to travel to a worker.
 *
 * @param format which format
 * @param variables of the checkpoint's template, each as {@code name=value}; see {@link
 *     TemplateVariables}
 */
public record PromptSettings(PromptFormat format, List<String> variables) implements Serializable {
  /** As the checkpoint wants it. */
  public static final PromptSettings AUTO = new PromptSettings(PromptFormat.AUTO, List.of());

  /**
   * @throws IllegalArgumentException when variables are malformed, or the format has none
   */
  public PromptSettings {
    requireNonNull(format, "format");
    variables = List.copyOf(variables);
    TemplateVariables.parse(variables);
    boolean template = format == PromptFormat.AUTO || format == PromptFormat.TEMPLATE;
    if (!template && !variables.isEmpty()) {
      throw new IllegalArgumentException(
          "are of a checkpoint's own template, which this prompt_format does not use; leave one out");
    }
  }

  /**
   * Tells apart settings that can give other tokens; empty for {@link #AUTO}, so that what was made
   * before there were formats keeps its keys.
   */
  public String identity() {
    return equals(AUTO)
        ? ""
        : ";prompt_format=%s;template_variables=%s"
            .formatted(format, new TreeMap<>(TemplateVariables.parse(variables)));
  }
}
