package io.capoflow.models.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a template does. */
sealed interface Statement {
  /** Whether the statements after this one are carried out. */
  enum Course {
    ON,
    /** To the next round of the loop. */
    CONTINUE,
    /** To the end of the loop. */
    BREAK
  }

  /** Carries the statement out. */
  Course run(Rendering rendering);

  /** Text outside all tags. */
  record Text(String text) implements Statement {
    @Override
    public Course run(Rendering rendering) {
      rendering.write(text);
      return Course.ON;
    }
  }

  /** {@code {{ expression }}}. */
  record Output(Expression expression, int line) implements Statement {
    @Override
    public Course run(Rendering rendering) {
      rendering.at(line);
      Object value = expression.value(rendering);
      rendering.write(value instanceof Safe safe ? safe.text() : Values.text(value, rendering));
      return Course.ON;
    }
  }

  /** One condition of an {@code if}, and what happens under it. */
  record Branch(Expression condition, List<Statement> body, int line) {}

  /** {@code if}, {@code elif} and {@code else}: the first branch that holds. */
  record If(List<Branch> branches, List<Statement> otherwise) implements Statement {
    @Override
    public Course run(Rendering rendering) {
      for (Branch branch : branches) {
        rendering.at(branch.line());
        if (Values.truth(branch.condition().value(rendering))) {
          return Statement.run(branch.body(), rendering);
        }
      }
      return Statement.run(otherwise, rendering);
    }
  }

  /** {@code set name = value}. */
  record Assignment(Target target, Expression value, int line) implements Statement {
    @Override
    public Course run(Rendering rendering) {
      rendering.at(line);
      target.assign(value.value(rendering), rendering);
      return Course.ON;
    }
  }

  /** {@code set name} up to {@code endset}: what is written between them. */
  record BlockAssignment(Target target, List<Statement> body, int line) implements Statement {
    @Override
    public Course run(Rendering rendering) {
      rendering.at(line);
      target.assign(rendering.captured(() -> Statement.run(body, rendering)), rendering);
      return Course.ON;
    }
  }

  /** {@code macro name(parameters)}, the last parameters with defaults. */
  record MacroDefinition(
      String name,
      List<String> parameters,
      List<Expression> defaults,
      List<Statement> body,
      int line)
      implements Statement {
    @Override
    public Course run(Rendering rendering) {
      rendering.at(line);
      rendering.set(name, new Macro(this, rendering.scopes()));
      return Course.ON;
    }
  }

  /** {@code break} and {@code continue}. */
  record Jump(Course course) implements Statement {
    @Override
    public Course run(Rendering rendering) {
      return course;
    }
  }

  /** {@code generation}: marks what an assistant says; written as it is, in a scope of its own. */
  record Generation(List<Statement> body) implements Statement {
    @Override
    public Course run(Rendering rendering) {
      rendering.openScope();
      Course course = Statement.run(body, rendering);
      rendering.closeScope();
      return course;
    }
  }

  /**
   * {@code for target in items if condition}; {@code else} is for when no round came to the body's
   * end, which is how Jinja2 takes "when there are none".
   */
  record For(
      Target target,
      Expression items,
      Expression condition,
      List<Statement> body,
      List<Statement> otherwise,
      int line)
      implements Statement {
    /** A round makes two scopes and the values of {@code loop}. */
    private static final int WORK_OF_A_ROUND = 30;

    @Override
    public Course run(Rendering rendering) {
      rendering.at(line);
      List<Object> chosen = chosen(Values.items(items.value(rendering), rendering), rendering);
      boolean completed = false;
      for (int i = 0; i < chosen.size(); i++) {
        rendering.at(line);
        rendering.spend(WORK_OF_A_ROUND);
        rendering.openScope();
        target.assign(chosen.get(i), rendering);
        rendering.set("loop", loop(chosen, i));
        Course course = Statement.run(body, rendering);
        rendering.closeScope();
        completed |= course == Course.ON;
        if (course == Course.BREAK) {
          break;
        }
      }
      return completed ? Course.ON : Statement.run(otherwise, rendering);
    }

    private List<Object> chosen(List<Object> all, Rendering rendering) {
      List<Object> chosen = new ArrayList<>();
      for (Object item : all) {
        rendering.openScope();
        target.assign(item, rendering);
        if (Values.truth(condition.value(rendering))) {
          chosen.add(item);
        }
        rendering.closeScope();
      }
      return chosen;
    }

    private static Map<String, Object> loop(List<Object> items, int index) {
      int size = items.size();
      Map<String, Object> loop = new LinkedHashMap<>();
      loop.put("index", index + 1L);
      loop.put("index0", (long) index);
      loop.put("revindex", (long) size - index);
      loop.put("revindex0", size - index - 1L);
      loop.put("first", index == 0);
      loop.put("last", index == size - 1);
      loop.put("length", (long) size);
      loop.put("previtem", index == 0 ? new Undefined("previtem") : items.get(index - 1));
      loop.put("nextitem", index == size - 1 ? new Undefined("nextitem") : items.get(index + 1));
      return loop;
    }
  }

  /** What is assigned to. */
  sealed interface Target {
    void assign(Object value, Rendering rendering);
  }

  /** {@code name}. */
  record Variable(String name) implements Target {
    @Override
    public void assign(Object value, Rendering rendering) {
      rendering.set(name, value);
    }
  }

  /** {@code namespace.attribute}. */
  record NamespaceAttribute(String variable, String attribute) implements Target {
    @Override
    public void assign(Object value, Rendering rendering) {
      if (!(rendering.get(variable) instanceof Namespace namespace)) {
        throw rendering.mistake(variable + " is no namespace, so nothing in it can be set");
      }
      namespace.set(attribute, value);
    }
  }

  /** {@code first, second}. */
  record Several(List<Target> targets) implements Target {
    @Override
    public void assign(Object value, Rendering rendering) {
      List<Object> items = Values.items(value, rendering);
      if (items.size() != targets.size()) {
        throw rendering.mistake(
            "%d values are assigned to %d names".formatted(items.size(), targets.size()));
      }
      for (int i = 0; i < items.size(); i++) {
        targets.get(i).assign(items.get(i), rendering);
      }
    }
  }

  /** Carries statements out until one says otherwise. */
  static Course run(List<Statement> statements, Rendering rendering) {
    for (Statement statement : statements) {
      Course course = statement.run(rendering);
      if (course != Course.ON) {
        return course;
      }
    }
    return Course.ON;
  }
}
