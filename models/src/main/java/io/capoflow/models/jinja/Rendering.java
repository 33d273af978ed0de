package io.capoflow.models.jinja;

import io.capoflow.schemas.UserMistake;
import java.time.LocalDate;
import java.util.Map;

/**
 * One rendering of a template: what is written, the variables in their scopes, and the work that
 * may still be done. Of one thread.
 */
final class Rendering {
  private final String template;
  private final LocalDate today;
  private final int callsInOneAnother;
  private StringBuilder output = new StringBuilder();
  private Scopes scopes;
  private long workLeft;
  private int calls;
  private int line = 1;

  /**
   * A rendering.
   *
   * @param work that may be done
   * @param callsInOneAnother how deep macros may call one another
   */
  Rendering(
      String template,
      Map<String, Object> variables,
      LocalDate today,
      long work,
      int callsInOneAnother) {
    this.template = template;
    this.today = today;
    this.workLeft = work;
    this.callsInOneAnother = callsInOneAnother;
    this.scopes = Scopes.of(variables);
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
    return scopes.get(name);
  }

  void set(String name, Object value) {
    scopes.set(name, value);
  }

  void openScope() {
    scopes.open();
  }

  void closeScope() {
    scopes.close();
  }

  /** The scopes that are open now, for a macro that is defined here. */
  Scopes scopes() {
    spend(scopes.depth());
    return scopes.now();
  }

  /** What a body writes, in a scope of its own; nothing of it goes to the output. */
  String captured(Runnable body) {
    StringBuilder outer = output;
    output = new StringBuilder();
    openScope();
    body.run();
    closeScope();
    String text = output.toString();
    output = outer;
    return text;
  }

  /** What the body of a macro writes, in the scopes of its definition. */
  String call(Scopes ofDefinition, Runnable body) {
    calls++;
    if (calls > callsInOneAnother) {
      throw mistake("macros call one another more than %d deep".formatted(callsInOneAnother));
    }
    Scopes ofCaller = scopes;
    int lineOfCaller = line;
    spend(ofDefinition.depth());
    scopes = ofDefinition.now();
    String text = captured(body);
    scopes = ofCaller;
    line = lineOfCaller;
    calls--;
    return text;
  }

  /** What went wrong, with its place. */
  UserMistake mistake(String what) {
    return new UserMistake("%s, line %d: %s".formatted(template, line, what));
  }
}
