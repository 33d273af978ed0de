package io.capoflow.models.critic;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.steps.Step;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Extensions;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A user's own prompt: a text file with the fields {@code {{question}}}, {@code {{reference}}} and
 * {@code {{steps}}}, the last of them required. The answer is read as {@link CritiqueParser} reads
 * it, so the file must ask for that form. Fields are replaced once: a field's name inside a
 * rollout's text stays text.
 *
 * <p>The template's name is the file's own, without its folder, and a digest of its text, so that a
 * changed prompt means other critiques and a moved file does not.
 */
public final class FileTemplate implements PromptTemplate {
  private static final String QUESTION = "question";
  private static final String REFERENCE = "reference";
  private static final String STEPS = "steps";
  private static final List<String> FIELDS = List.of(QUESTION, REFERENCE, STEPS);

  private final String name;
  private final String text;
  private final List<Part> parts;

  private FileTemplate(String name, String text, List<Part> parts) {
    this.name = name;
    this.text = text;
    this.parts = List.copyOf(parts);
  }

  /** Text as it stands, or the name of a field. */
  private record Part(String text, boolean field) {}

  /**
   * Reads a prompt file.
   *
   * @throws UserMistake when it cannot be read, names an unknown field, or lacks the steps
   */
  public static FileTemplate read(Path file) {
    requireNonNull(file, "file");
    try {
      return of(file.toString(), Files.readString(file));
    } catch (CharacterCodingException e) {
      throw new UserMistake("prompt template " + file + " is not UTF-8 text; save it as UTF-8", e);
    } catch (IOException e) {
      throw new UserMistake(
          "prompt template " + file + " cannot be read; check critique.template", e);
    }
  }

  /**
   * A prompt from its text.
   *
   * @param source what messages call it: the file's path
   * @throws UserMistake when it names an unknown field or lacks the steps
   */
  public static FileTemplate of(String source, String text) {
    requireNonNull(source, "source");
    requireNonNull(text, "text");
    List<Part> parts = parse(source, text);
    if (!parts.contains(new Part(STEPS, true))) {
      throw new UserMistake(
          "prompt template "
              + source
              + " never shows the solution; put {{steps}} where it belongs");
    }
    String digest = Digests.ofBytes(text.getBytes(StandardCharsets.UTF_8));
    Path fileName = Path.of(source).getFileName();
    return new FileTemplate("file:" + fileName + "@" + digest.substring(0, 12), text, parts);
  }

  @Override
  public String name() {
    return name;
  }

  /** What the file says. */
  String text() {
    return text;
  }

  @Override
  public List<Message> render(Rollout rollout, List<Step> steps) {
    StringBuilder prompt = new StringBuilder();
    // Fields that only blanks part are disarmed as one text: a tag may begin in one and go on in
    // the next.
    StringBuilder untrusted = new StringBuilder();
    for (Part part : parts) {
      if (part.field() && !part.text().equals(STEPS)) {
        untrusted.append(untrusted(part.text(), rollout.getProblem()));
      } else if (!part.field() && part.text().isBlank() && !untrusted.isEmpty()) {
        untrusted.append(part.text());
      } else {
        prompt.append(disarmed(untrusted));
        prompt.append(part.field() ? PromptFields.taggedSteps(rollout, steps) : part.text());
      }
    }
    return PromptFields.oneUserMessage(prompt.append(disarmed(untrusted)).toString());
  }

  /** The collected text, which is then empty. */
  private static String disarmed(StringBuilder untrusted) {
    String disarmed = Escapes.disarmEnd(Escapes.disarm(untrusted.toString()));
    untrusted.setLength(0);
    return disarmed;
  }

  private static String untrusted(String field, Problem problem) {
    return switch (field) {
      case QUESTION -> PromptFields.plainQuestion(problem);
      case REFERENCE -> PromptFields.rawReference(problem);
      default -> throw new IllegalStateException("no such field: " + field);
    };
  }

  @Override
  public CritiqueReading read(String text, boolean cut, int stepCount) {
    return CritiqueParser.read(text, cut, stepCount);
  }

  private static List<Part> parse(String source, String text) {
    List<Part> parts = new ArrayList<>();
    int position = 0;
    for (int open = text.indexOf("{{"); open >= 0; open = text.indexOf("{{", position)) {
      int close = text.indexOf("}}", open);
      String field = close < 0 ? "" : text.substring(open + 2, close).strip();
      if (!FIELDS.contains(field)) {
        long line = 1 + text.substring(0, open).chars().filter(c -> c == '\n').count();
        String shown = close < 0 ? "{{" : field.length() > 40 ? field.substring(0, 40) : field;
        throw new UserMistake(
            "prompt template %s, line %d: %s"
                .formatted(source, line, Extensions.unknown("field", shown, FIELDS).getMessage()));
      }
      parts.add(new Part(text.substring(position, open), false));
      parts.add(new Part(field, true));
      position = close + 2;
    }
    parts.add(new Part(text.substring(position), false));
    return parts;
  }
}
