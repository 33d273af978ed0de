package io.capoflow.models.jinja;

import io.capoflow.schemas.UserMistake;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * One rendering of a template: what is written, the variables in their scopes, and the work that
 * may still be done. Of one thread.
 */
final class Rendering {
  private final String template;
  private final LocalDate today;
  private final StringBuilder output = new StringBuilder();
  private final Deque<Map<String, Object>> scopes = new ArrayDeque<>();
  private long workLeft;
  private int line = 1;

  Rendering(String template, Map<String, Object> variables, LocalDate today, long work) {
    this.template = template;
    this.today = today;
    this.workLeft = work;
    scopes.push(new HashMap<>(variables));
    scopes.push(new HashMap<>());
  }

  /** Where the statement stands that is carried out now. */
  void at(int statementLine) {
    this.line = statementLine;
    spend(1);
  }

  LocalDate today() {
    return today;
  }

  /**
   * Pays for work before it is done: one for a step, an item or a character.
   *
   * @throws UserMistake when more is asked for than a rendering may do
   */
  void spend(long work) {
    workLeft -= work;
    if (workLeft < 0) {
      throw mistake("rendering takes more work than a chat template may do");
    }
  }

  void write(String text) {
    spend(text.length());
    output.append(text);
  }

  String output() {
    return output.toString();
  }

  Object get(String name) {
    for (Map<String, Object> scope : scopes) {
      if (scope.containsKey(name)) {
        return scope.get(name);
      }
    }
    return new Undefined(name);
  }

  void set(String name, Object value) {
    scopes.element().put(name, value);
  }

  void openScope() {
    scopes.push(new HashMap<>());
  }

  void closeScope() {
    scopes.pop();
  }

  /** What went wrong, with its place. */
  UserMistake mistake(String what) {
    return new UserMistake("%s, line %d: %s".formatted(template, line, what));
  }
}
