package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.steps.Step;
import io.capoflow.models.steps.StepSplitters;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Rollout;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a critic is asked: a template's messages, behind a message of the system and examples of
 * questions with their critiques. It holds what its files said, so that a worker needs none of
 * them. Immutable and thread-safe.
 *
 * @param named the template as a recipe names it, see {@link PromptTemplates#named}
 * @param fileText what a template's file says; empty for a template that is no file
 * @param templateName the template's own name, which for a file says its content, too
 * @param system what the system says first, in place of what the template makes it say; empty:
 *     nothing
 * @param examples questions as the template renders them, each before its critique
 */
public record CritiquePrompt(
    String named, String fileText, String templateName, String system, List<Turn> examples)
    implements Serializable {
  private static final String SYSTEM = "system";

  /** A message in a form that travels. */
  public record Turn(String role, String content) implements Serializable {
    public Turn {
      requireNonNull(role, "role");
      requireNonNull(content, "content");
    }

    static Turn of(Message message) {
      return new Turn(message.getRole(), message.getContent());
    }

    Message message() {
      return Message.newBuilder().setRole(role).setContent(content).build();
    }
  }

  public CritiquePrompt {
    requireNonNull(named, "named");
    requireNonNull(fileText, "fileText");
    requireNonNull(templateName, "templateName");
    requireNonNull(system, "system");
    examples = List.copyOf(examples);
  }

  /**
   * A template alone.
   *
   * @param template as {@link PromptTemplates#named} takes it
   * @throws io.capoflow.schemas.UserMistake when there is no such template
   */
  public static CritiquePrompt of(String template) {
    PromptTemplate found = PromptTemplates.named(template);
    return new CritiquePrompt(
        template,
        found instanceof FileTemplate file ? file.text() : "",
        found.name(),
        "",
        List.of());
  }

  /**
   * A template with all that stands before it. The files are read now.
   *
   * @param template as {@link PromptTemplates#named} takes it
   * @param splitter divides the responses of examples; see {@link StepSplitters}
   * @param system message of the system; empty: none
   * @param examples file of examples, see {@link CritiqueExamples}
   * @throws io.capoflow.schemas.UserMistake when there is no such template or splitter, or an
   *     example cannot be used; the message names its line
   */
  public static CritiquePrompt of(
      String template, String splitter, String system, Optional<Path> examples) {
    CritiquePrompt alone = of(template);
    return new CritiquePrompt(
        template,
        alone.fileText,
        alone.templateName,
        system,
        examples
            .map(
                file ->
                    new CritiqueExamples(alone.template(), StepSplitters.named(splitter))
                        .read(file))
            .orElse(List.of()));
  }

  /**
   * Tells apart prompts of one template that differ in what stands before it; empty where nothing
   * does, so that what was made before there was such a thing keeps its keys.
   */
  public String identity() {
    String[] parts =
        examples.stream()
            .flatMap(turn -> Stream.of(turn.role(), turn.content()))
            .toArray(String[]::new);
    return (system.isEmpty() ? "" : ";system=" + Digests.ofParts(system))
        + (parts.length == 0 ? "" : ";examples=" + Digests.ofParts(parts));
  }

  /** The template, which renders a rollout with all that stands before it. */
  public PromptTemplate template() {
    PromptTemplate template =
        fileText.isEmpty() ? PromptTemplates.named(named) : FileTemplate.of(fileName(), fileText);
    return asIs() ? template : new Preceded(template, system, examples);
  }

  /** Whether nothing stands before the template's own messages. */
  boolean asIs() {
    return system.isEmpty() && examples.isEmpty();
  }

  /** Messages of this form that ask about nothing, to try a model's chat template with. */
  List<Message> trial() {
    return preceded(system, examples, List.of(new Turn("user", "?").message()));
  }

  private String fileName() {
    return named.substring(PromptTemplates.FILE.length());
  }

  static List<Message> preceded(String system, List<Turn> examples, List<Message> question) {
    List<Message> messages = new ArrayList<>();
    if (system.isEmpty()) {
      question.stream().filter(CritiquePrompt::ofSystem).forEach(messages::add);
    } else {
      messages.add(new Turn(SYSTEM, system).message());
    }
    examples.stream().map(Turn::message).forEach(messages::add);
    messages.addAll(withoutSystem(question));
    return List.copyOf(messages);
  }

  /** The messages of all who speak but the system, which speaks once, before all others. */
  static List<Message> withoutSystem(List<Message> messages) {
    return messages.stream().filter(message -> !ofSystem(message)).toList();
  }

  private static boolean ofSystem(Message message) {
    return message.getRole().equals(SYSTEM);
  }

  private record Preceded(PromptTemplate template, String system, List<Turn> examples)
      implements PromptTemplate {
    @Override
    public String name() {
      return template.name();
    }

    @Override
    public List<Message> render(Rollout rollout, List<Step> steps) {
      return preceded(system, examples, template.render(rollout, steps));
    }

    @Override
    public CritiqueReading read(String text, boolean cut, int stepCount) {
      return template.read(text, cut, stepCount);
    }
  }
}
