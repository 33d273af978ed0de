package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;

/** Where a parser stands in its tokens, and how deep. */
final class Cursor {
  /** A level of brackets is up to three of descent. */
  private static final int NESTING = 3 * Budget.DEPTH;

  private final Tokens tokens;
  private int at;
  private int end;
  private int depth;

  Cursor(Tokens tokens) {
    this.tokens = tokens;
    this.end = tokens.size();
  }

  Tokens tokens() {
    return tokens;
  }

  int at() {
    return at;
  }

  /** Behind the last token that may be read. */
  int end() {
    return end;
  }

  boolean atEnd() {
    return at >= end;
  }

  Token token() {
    return tokens.get(at);
  }

  /** Null at the end. */
  Token.Kind kind() {
    return at < end ? tokens.get(at).kind() : null;
  }

  boolean here(String symbol) {
    return at < end && tokens.get(at).is(symbol);
  }

  /** Whether the symbol stands that many tokens further on, at the end or behind it too. */
  boolean is(int offset, String symbol) {
    return tokens.is(at + offset, symbol);
  }

  boolean is(int offset, Token.Kind kind) {
    return tokens.is(at + offset, kind);
  }

  boolean take(String symbol) {
    boolean taken = here(symbol);
    at += taken ? 1 : 0;
    return taken;
  }

  Token next() {
    return tokens.get(at++);
  }

  void moveTo(int index) {
    at = index;
  }

  /** From here only the tokens before that one may be read; returns the end before. */
  int limit(int newEnd) {
    int outer = end;
    end = newEnd;
    return outer;
  }

  /** One level deeper. */
  void enter() {
    Budget.check(++depth <= NESTING, "depth");
  }

  void leave() {
    depth--;
  }
}
