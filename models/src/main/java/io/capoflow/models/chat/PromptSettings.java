package io.capoflow.models.chat;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.Message;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * How a model's prompts are written: small enough to travel to a worker.
 *
 * @param format which format
 * @param variables of the model's template, each as {@code name=value}; see {@link
 *     TemplateVariables}
 * @param system message of the system before every question, in place of the question's own if it
 *     has one; empty: none is added
 * @param instruction what every question's last message of the user ends with, on a line of its
 *     own; empty: nothing
 */
public record PromptSettings(
    PromptFormat format, List<String> variables, String system, String instruction)
    implements Serializable {
  /** As the model wants it. */
  public static final PromptSettings AUTO = new PromptSettings(PromptFormat.AUTO, List.of());

  private static final String SYSTEM = "system";
  private static final String USER = "user";

  /**
   * @throws IllegalArgumentException when variables are malformed, or the format has none
   */
  public PromptSettings {
    requireNonNull(format, "format");
    variables = List.copyOf(variables);
    requireNonNull(system, "system");
    requireNonNull(instruction, "instruction");
    TemplateVariables.parse(variables);
    boolean template = format == PromptFormat.AUTO || format == PromptFormat.TEMPLATE;
    if (!template && !variables.isEmpty()) {
      throw new IllegalArgumentException(
          "are of a checkpoint's own template, which this prompt_format does not use; leave one out");
    }
  }

  /** Questions as they are. */
  public PromptSettings(PromptFormat format, List<String> variables) {
    this(format, variables, "", "");
  }

  /**
   * Tells apart settings that can give other tokens; empty for {@link #AUTO}, and without what is
   * not set, so that what was made before there was such a setting keeps its keys.
   */
  public String identity() {
    String form =
        format == PromptFormat.AUTO && variables.isEmpty()
            ? ""
            : ";prompt_format=%s;template_variables=%s"
                .formatted(format, new TreeMap<>(TemplateVariables.parse(variables)));
    return form + part("system", system) + part("instruction", instruction);
  }

  /** A question with what these settings say to it. */
  List<Message> complete(List<Message> question) {
    List<Message> complete = new ArrayList<>();
    if (!system.isEmpty()) {
      complete.add(new Message(SYSTEM, system));
    }
    int last = lastOfUser(question);
    boolean othersSpeak = question.stream().anyMatch(message -> !message.getRole().equals(SYSTEM));
    for (int i = 0; i < question.size(); i++) {
      Message message = question.get(i);
      if (message.getRole().equals(SYSTEM) && !system.isEmpty() && othersSpeak) {
        continue;
      }
      complete.add(
          i == last && !instruction.isEmpty()
              ? new Message(message.getRole(), message.getContent() + "\n" + instruction)
              : message);
    }
    return List.copyOf(complete);
  }

  /** The last message that a user speaks, or the last of all where none does. */
  private static int lastOfUser(List<Message> question) {
    for (int i = question.size() - 1; i >= 0; i--) {
      if (question.get(i).getRole().equals(USER)) {
        return i;
      }
    }
    return question.size() - 1;
  }

  /** Its length stands before it, so that no text can pass for another part. */
  private static String part(String name, String text) {
    return text.isEmpty() ? "" : ";%s=%d:%s".formatted(name, text.length(), text);
  }
}
