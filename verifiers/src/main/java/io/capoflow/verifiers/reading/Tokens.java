package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.reading.Token.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A stretch of tokens that knows which of its brackets close one another. Immutable. */
final class Tokens {
  private final Token[] all;
  private final int[] partner; // of a bracket: where its other half stands, else -1
  private final int from;
  private final int to;

  private Tokens(Token[] all, int[] partner, int from, int to) {
    this.all = all;
    this.partner = partner;
    this.from = from;
    this.to = to;
  }

  static Tokens of(List<Token> tokens) {
    Token[] all = tokens.toArray(new Token[0]);
    int[] partner = new int[all.length];
    Arrays.fill(partner, -1);
    int[] open = new int[all.length];
    int depth = 0;
    for (int i = 0; i < all.length; i++) {
      int kind = bracket(all[i]);
      if (kind > 0) {
        open[depth++] = i;
      } else if (kind < 0 && depth > 0 && bracket(all[open[depth - 1]]) == -kind) {
        int opening = open[--depth];
        partner[opening] = i;
        partner[i] = opening;
      }
    }
    return new Tokens(all, partner, 0, all.length);
  }

  /** Above 0 for an opening bracket, below for a closing one; round and square ones may pair. */
  private static int bracket(Token token) {
    if (token.kind() == Kind.COMMAND) {
      if (token.text().startsWith("\\begin{")) {
        return 5;
      }
      return token.text().startsWith("\\end{") ? -5 : 0;
    }
    if (token.kind() != Kind.SYMBOL) {
      return 0;
    }
    return switch (token.text()) {
      case "(", "[" -> 1;
      case ")", "]" -> -1;
      case "{" -> 2;
      case "}" -> -2;
      case "\\{" -> 3;
      case "\\}" -> -3;
      case "⟨" -> 4;
      case "⟩" -> -4;
      default -> 0;
    };
  }

  int size() {
    return to - from;
  }

  boolean isEmpty() {
    return to == from;
  }

  Token get(int index) {
    return all[from + index];
  }

  Token last() {
    return all[to - 1];
  }

  boolean is(int index, String symbol) {
    return index >= 0 && index < size() && get(index).is(symbol);
  }

  boolean is(int index, Kind kind) {
    return index >= 0 && index < size() && get(index).kind() == kind;
  }

  /** Where the bracket's other half stands, or -1 where that is not in this stretch. */
  int partner(int index) {
    if (index < 0 || index >= size()) {
      return -1;
    }
    int at = partner[from + index];
    return at >= from && at < to ? at - from : -1;
  }

  Tokens slice(int start, int end) {
    return new Tokens(all, partner, from + start, from + end);
  }

  /** Whether the first token is a bracket that the last one closes. */
  boolean isEnclosed() {
    return size() >= 2 && partner(0) == size() - 1;
  }

  Tokens inner() {
    return slice(1, size() - 1);
  }

  /** Behind the token, or behind its partner where it is an opening bracket. */
  int next(int index) {
    int other = partner(index);
    return other > index ? other + 1 : index + 1;
  }

  /** The first of these symbols outside all brackets; -1 where there is none. */
  int indexOf(String symbol) {
    for (int i = 0; i < size(); i = next(i)) {
      if (get(i).is(symbol)) {
        return i;
      }
    }
    return -1;
  }

  boolean contains(String symbol) {
    for (int i = from; i < to; i++) {
      if (all[i].is(symbol)) {
        return true;
      }
    }
    return false;
  }

  List<Tokens> split(String symbol) {
    return split(indices(symbol));
  }

  List<Tokens> split(List<Integer> at) {
    List<Tokens> parts = new ArrayList<>(at.size() + 1);
    int start = 0;
    for (int end : at) {
      parts.add(slice(start, end));
      start = end + 1;
    }
    parts.add(slice(start, size()));
    return parts;
  }

  private List<Integer> indices(String symbol) {
    List<Integer> found = new ArrayList<>();
    for (int i = 0; i < size(); i = next(i)) {
      if (get(i).is(symbol)) {
        found.add(i);
      }
    }
    return found;
  }

  List<Integer> separators() {
    List<Integer> found = new ArrayList<>(2);
    for (int i = 0; i < size(); i = next(i)) {
      if (get(i).kind() == Kind.SEPARATOR) {
        found.add(i);
      }
    }
    return found;
  }

  List<Token> list() {
    return new ArrayList<>(Arrays.asList(all).subList(from, to));
  }

  /** With blanks between; braces around a single token say nothing. */
  String joined() {
    if (size() == 1) {
      return get(0).text();
    }
    StringBuilder joined = new StringBuilder();
    for (int i = from; i < to; i++) {
      boolean single = all[i].is("{") && i + 2 < to && all[i + 2].is("}");
      if (joined.length() > 0) {
        joined.append(' ');
      }
      joined.append(all[single ? i + 1 : i].text());
      i += single ? 2 : 0;
    }
    return joined.toString();
  }
}
