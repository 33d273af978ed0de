package io.capoflow.models.jinja;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import java.time.LocalDate;
import java.util.Collections;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A template that renders as Python's Jinja2 renders it under Hugging Face's settings ({@code
 * trim_blocks}, {@code lstrip_blocks}, loop controls, no escaping), or is refused.
 *
 * <p>Supported are {@code if}, {@code for} with {@code loop}, {@code break} and {@code continue},
 * {@code set} with a value or a block, {@code namespace}, {@code macro}, {@code generation},
 * comments, all operators but {@code /} and {@code **}, slices, and the filters, tests, methods and
 * functions of {@link Filter}, {@link Test}, {@link Method} and {@link Function}. Whatever else a
 * template holds is refused when it is parsed, whether or not a rendering would come to it. A
 * template comes from a stranger's model folder: it reaches nothing but its variables, and its
 * size, depth and work are bounded.
 *
 * <p>Immutable and thread-safe.
 */
public final class Template {
  private static final int MAX_CHARACTERS = 1_000_000;

  /** Steps, items and characters of one rendering: some hundred times those of a long prompt. */
  private static final long MAX_WORK = 50_000_000;

  /** Levels of recursion in a rendering; a macro may go through all of a template's levels. */
  private static final int MAX_LEVELS = 1_500;

  /** What the call of a macro recurses over beside the levels of the template. */
  private static final int LEVELS_OF_A_CALL = 20;

  private final String name;
  private final Parser.Parsed parsed;
  private final SortedSet<String> variables;

  private Template(String name, Parser.Parsed parsed, SortedSet<String> variables) {
    this.name = name;
    this.parsed = parsed;
    this.variables = variables;
  }

  /**
   * Parses a template.
   *
   * @param name what messages call it: its file
   * @throws UserMistake when it is no Jinja, too large, or holds what is not supported; the message
   *     says what, and in which line
   */
  public static Template parse(String name, String source) {
    requireNonNull(name, "name");
    requireNonNull(source, "source");
    if (source.length() > MAX_CHARACTERS) {
      throw new UserMistake(
          "%s: has %d characters; a chat template has at most %d"
              .formatted(name, source.length(), MAX_CHARACTERS));
    }
    SortedSet<String> variables = new TreeSet<>();
    Parser.Parsed parsed = Parser.parse(name, source, variables);
    return new Template(name, parsed, Collections.unmodifiableSortedSet(variables));
  }

  /** Names of all variables that the template reads, those that it sets itself among them. */
  public SortedSet<String> variables() {
    return variables;
  }

  /**
   * Renders the template.
   *
   * @param variables strings, booleans, {@link Long}s, lists, maps with strings for keys, and null
   *     for Python's None; what is not among them is undefined
   * @param today what {@code strftime_now} formats, at midnight
   * @throws UserMistake when the template raises an exception, uses something undefined, or takes
   *     more work than a rendering may; the message names the line
   */
  public String render(Map<String, Object> variables, LocalDate today) {
    Rendering rendering =
        new Rendering(
            name,
            requireNonNull(variables, "variables"),
            requireNonNull(today, "today"),
            MAX_WORK,
            MAX_LEVELS / (LEVELS_OF_A_CALL + parsed.deepest()));
    Statement.run(parsed.statements(), rendering);
    return rendering.output();
  }
}
