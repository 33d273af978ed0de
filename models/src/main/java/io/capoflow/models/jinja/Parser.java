package io.capoflow.models.jinja;

import io.capoflow.models.jinja.Statement.Course;
import io.capoflow.models.jinja.Statement.Target;
import io.capoflow.models.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Parses the statements of a template; what is not supported is refused by name. */
final class Parser {
  private final Tokens tokens;
  private final ExpressionParser expressions;
  private final MacroNames macros = new MacroNames();
  private int loops;

  /**
   * What a template does.
   *
   * @param deepest how deep a rendering recurses at most, without calls of macros
   */
  record Parsed(List<Statement> statements, int deepest) {}

  private Parser(Tokens tokens, Set<String> variables) {
    this.tokens = tokens;
    this.expressions = new ExpressionParser(tokens, variables, macros);
  }

  /**
   * The statements of a template.
   *
   * @param template what messages call it
   * @param variables is given the names of those that are read
   * @throws io.capoflow.schemas.UserMistake when it is no Jinja, or more than is supported
   */
  static Parsed parse(String template, String source, Set<String> variables) {
    Parser parser = new Parser(new Tokens(template, Lexer.tokens(template, source)), variables);
    List<Statement> statements = parser.body();
    if (!parser.tokens.nextIs(Kind.END)) {
      parser.tokens.take();
      throw parser.tokens.mistake("there is an unexpected tag " + parser.tokens.next().shown());
    }
    parser.macros.requireDefined(parser.tokens);
    return new Parsed(List.copyOf(statements), parser.tokens.deepest());
  }

  /** Statements up to the template's end or to a tag that ends a block; that one stays unread. */
  private List<Statement> body() {
    List<Statement> statements = new ArrayList<>();
    while (!tokens.nextIs(Kind.END)) {
      if (tokens.nextIs(Kind.TEXT)) {
        statements.add(new Statement.Text(tokens.take().text()));
      } else if (tokens.nextIs(Kind.OUTPUT_BEGIN)) {
        int line = tokens.take().line();
        statements.add(new Statement.Output(expressions.expression(), line));
        tokens.expect(Kind.OUTPUT_END, "}}");
      } else if (endsBody(tokens.afterNext().text())) {
        return statements;
      } else {
        int line = tokens.take().line();
        statements.add(tokens.nested(() -> block(line)));
      }
    }
    return statements;
  }

  private static boolean endsBody(String tag) {
    return tag.startsWith("end") || tag.equals("else") || tag.equals("elif");
  }

  private Statement block(int line) {
    Token tag = tokens.next();
    switch (tag.text()) {
      case "if" -> {
        return ifStatement();
      }
      case "for" -> {
        return forStatement(line);
      }
      case "set" -> {
        return assignment(line);
      }
      case "macro" -> {
        return macro(line);
      }
      case "generation" -> {
        return generation();
      }
      case "break", "continue" -> {
        return jump();
      }
      default -> throw tokens.unsupported("the tag " + tag.shown());
    }
  }

  private Statement ifStatement() {
    List<Statement.Branch> branches = new ArrayList<>();
    do {
      int line = tokens.take().line();
      Expression condition = expressions.expression();
      tokens.expect(Kind.BLOCK_END, "%}");
      branches.add(new Statement.Branch(condition, body(), line));
      expectBlock("endif");
    } while (tokens.nextIsName("elif"));
    List<Statement> otherwise = elseBody("endif");
    end("endif");
    return new Statement.If(List.copyOf(branches), otherwise);
  }

  private Statement forStatement(int line) {
    tokens.take();
    Target target = target();
    if (!tokens.skipName("in")) {
      throw tokens.mistake("in is wanted, found " + tokens.next().shown());
    }
    Expression items = expressions.withoutConditional();
    Expression condition =
        tokens.skipName("if") ? expressions.expression() : new Expression.Literal(true);
    if (tokens.nextIsName("recursive")) {
      throw tokens.unsupported("a recursive loop");
    }
    tokens.expect(Kind.BLOCK_END, "%}");
    loops++;
    List<Statement> body = body();
    loops--;
    expectBlock("endfor");
    List<Statement> otherwise = elseBody("endfor");
    end("endfor");
    return new Statement.For(target, items, condition, body, otherwise, line);
  }

  private Statement assignment(int line) {
    tokens.take();
    Target target = target();
    if (tokens.nextIsOperator("|")) {
      throw tokens.unsupported("a filter of what a set encloses");
    }
    if (tokens.nextIs(Kind.BLOCK_END)) {
      return new Statement.BlockAssignment(target, enclosed("endset"), line);
    }
    tokens.expectOperator("=");
    Expression value = expressions.expression();
    tokens.expect(Kind.BLOCK_END, "%}");
    return new Statement.Assignment(target, value, line);
  }

  private Statement macro(int line) {
    tokens.take();
    Token name = tokens.expect(Kind.NAME, "a name");
    if (Function.named(name.text()).isPresent()) {
      throw tokens.unsupported(name, "a macro with the name of the function " + name.text());
    }
    macros.defined(name.text());
    List<String> parameters = new ArrayList<>();
    List<Expression> defaults = new ArrayList<>();
    tokens.expectOperator("(");
    while (!tokens.skipOperator(")")) {
      parameters.add(tokens.expect(Kind.NAME, "a name").text());
      if (tokens.skipOperator("=")) {
        defaults.add(expressions.expression());
      } else if (!defaults.isEmpty()) {
        throw tokens.mistake("a parameter without a default follows one that has a default");
      }
      if (!tokens.nextIsOperator(")")) {
        tokens.expectOperator(",");
      }
    }
    return new Statement.MacroDefinition(
        name.text(), List.copyOf(parameters), List.copyOf(defaults), enclosed("endmacro"), line);
  }

  /** A body whose output is a value; no break in it ends a loop around it. */
  private List<Statement> enclosed(String end) {
    tokens.expect(Kind.BLOCK_END, "%}");
    int loopsAround = loops;
    loops = 0;
    List<Statement> body = body();
    loops = loopsAround;
    expectBlock(end);
    end(end);
    return body;
  }

  private Statement generation() {
    tokens.take();
    tokens.expect(Kind.BLOCK_END, "%}");
    List<Statement> body = body();
    expectBlock("endgeneration");
    end("endgeneration");
    return new Statement.Generation(body);
  }

  private Statement jump() {
    Course course = tokens.next().text().equals("break") ? Course.BREAK : Course.CONTINUE;
    if (loops == 0) {
      throw tokens.mistake(tokens.next().text() + " stands outside of all loops");
    }
    tokens.take();
    tokens.expect(Kind.BLOCK_END, "%}");
    return new Statement.Jump(course);
  }

  private Target target() {
    List<Target> targets = new ArrayList<>();
    boolean parenthesised = tokens.skipOperator("(");
    do {
      targets.add(oneTarget());
    } while (tokens.skipOperator(","));
    if (parenthesised) {
      tokens.expectOperator(")");
    }
    return targets.size() == 1 ? targets.get(0) : new Statement.Several(List.copyOf(targets));
  }

  private Target oneTarget() {
    String name = tokens.expect(Kind.NAME, "a name").text();
    if (tokens.skipOperator(".")) {
      return new Statement.NamespaceAttribute(name, tokens.expect(Kind.NAME, "a name").text());
    }
    return new Statement.Variable(name);
  }

  private List<Statement> elseBody(String end) {
    if (!tokens.skipName("else")) {
      return List.of();
    }
    tokens.expect(Kind.BLOCK_END, "%}");
    List<Statement> body = body();
    expectBlock(end);
    return body;
  }

  /** The opening of the tag that a body stopped at. */
  private void expectBlock(String end) {
    if (!tokens.nextIs(Kind.BLOCK_BEGIN)) {
      throw tokens.mistake("the template ends before " + end);
    }
    tokens.take();
  }

  private void end(String name) {
    if (!tokens.skipName(name)) {
      throw tokens.mistake("%s is wanted, found %s".formatted(name, tokens.next().shown()));
    }
    tokens.expect(Kind.BLOCK_END, "%}");
  }
}
