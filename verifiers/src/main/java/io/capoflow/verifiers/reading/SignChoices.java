package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Budget;
import io.capoflow.verifiers.reading.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/** What {@code ±} and {@code ∓} stand for. */
final class SignChoices {
  private SignChoices() {}

  static boolean occur(Tokens tokens) {
    return tokens.contains("±") || tokens.contains("∓");
  }

  /** Every choice of the signs; "∓" is the other than the first "±". */
  static List<Tokens> of(Tokens tokens) {
    List<Token> list = tokens.list();
    int count = 0;
    for (Token token : list) {
      count += token.is("±") ? 1 : 0;
    }
    Budget.check(count <= Budget.SIGNS, "signs");
    int choices = 1 << Math.max(count, 1);
    List<Tokens> chosen = new ArrayList<>(choices);
    for (int choice = 0; choice < choices; choice++) {
      chosen.add(chosen(list, choice));
    }
    return chosen;
  }

  /**
   * @param choice a bit for each "±": 1 where it is a minus
   */
  private static Tokens chosen(List<Token> list, int choice) {
    List<Token> chosen = new ArrayList<>(list.size());
    int sign = 0;
    for (Token token : list) {
      if (token.is("±")) {
        boolean minus = (choice >> sign & 1) == 1;
        sign++;
        chosen.add(new Token(Kind.SYMBOL, minus ? "-" : "+", token.spaced()));
      } else if (token.is("∓")) {
        chosen.add(new Token(Kind.SYMBOL, (choice & 1) == 1 ? "+" : "-", token.spaced()));
      } else {
        chosen.add(token);
      }
    }
    return Tokens.of(chosen);
  }
}
