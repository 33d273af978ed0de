package io.capoflow.models.jinja;

import io.capoflow.models.jinja.Token.Kind;
import io.capoflow.schemas.UserMistake;
import java.util.List;
import java.util.function.Supplier;

/** The tokens of a template, read in order, and the bounds on how they may be nested. */
final class Tokens {
  /** Of tags and expressions in one another, which both parsing and rendering recurse over. */
  private static final int MAX_DEPTH = 60;

  /** Operations in one tag; a chain of them is as deep as it is long. */
  private static final int MAX_OPERATIONS = 500;

  private final String template;
  private final List<Token> tokens;
  private int position;
  private int depth;
  private int deepest;
  private int operations;
  private int mostOperations;

  Tokens(String template, List<Token> tokens) {
    this.template = template;
    this.tokens = tokens;
  }

  Token next() {
    return tokens.get(position);
  }

  /** The one after the next. */
  Token afterNext() {
    return tokens.get(Math.min(position + 1, tokens.size() - 1));
  }

  Token take() {
    Token token = tokens.get(position);
    position += token.kind() == Kind.END ? 0 : 1;
    if (token.kind() == Kind.BLOCK_BEGIN || token.kind() == Kind.OUTPUT_BEGIN) {
      operations = 0;
    }
    return token;
  }

  boolean nextIs(Kind kind) {
    return next().kind() == kind;
  }

  boolean nextIs(Kind kind, String text) {
    return next().is(kind, text);
  }

  boolean nextIsOperator(String text) {
    return nextIs(Kind.OPERATOR, text);
  }

  boolean nextIsName(String text) {
    return nextIs(Kind.NAME, text);
  }

  boolean skipOperator(String text) {
    return skip(Kind.OPERATOR, text);
  }

  boolean skipName(String text) {
    return skip(Kind.NAME, text);
  }

  void expectOperator(String text) {
    if (!skipOperator(text)) {
      throw mistake("%s is wanted, found %s".formatted(text, next().shown()));
    }
  }

  Token expect(Kind kind, String called) {
    if (!nextIs(kind)) {
      throw mistake("%s is wanted, found %s".formatted(called, next().shown()));
    }
    return take();
  }

  /** Parses one level deeper. */
  <T> T nested(Supplier<T> parse) {
    depth++;
    if (depth > MAX_DEPTH) {
      throw mistake("tags or expressions are nested deeper than " + MAX_DEPTH);
    }
    deepest = Math.max(deepest, depth);
    T parsed = parse.get();
    depth--;
    return parsed;
  }

  /** Counts an operation of the tag. */
  void operation() {
    operations++;
    if (operations > MAX_OPERATIONS) {
      throw mistake("one tag holds more than " + MAX_OPERATIONS + " operations");
    }
    mostOperations = Math.max(mostOperations, operations);
  }

  /** How deep a rendering of what was parsed recurses at most, without calls of macros. */
  int deepest() {
    return deepest + mostOperations;
  }

  /** Something that is Jinja, or that Jinja does not know either, but not supported here. */
  UserMistake unsupported(String what) {
    return unsupported(next(), what);
  }

  /** The same of a token that was taken already. */
  UserMistake unsupported(Token token, String what) {
    return mistake(token, what + " is not supported in chat templates here");
  }

  /** What is wrong with the next token. */
  UserMistake mistake(String what) {
    return mistake(next(), what);
  }

  /** What is wrong with a token. */
  UserMistake mistake(Token token, String what) {
    return new UserMistake("%s, line %d: %s".formatted(template, token.line(), what));
  }

  private boolean skip(Kind kind, String text) {
    if (nextIs(kind, text)) {
      take();
      return true;
    }
    return false;
  }
}
