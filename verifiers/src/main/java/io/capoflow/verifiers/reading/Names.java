package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.reading.Token.Kind;

/** What may stand left of "=" without being part of an equation. */
final class Names {
  private Names() {}

  /** x, x_1, f(x), AB, (a, b). */
  static boolean is(Tokens side) {
    boolean letters = false;
    boolean upper = true;
    int names = 0;
    boolean applied = false;
    for (int i = 0; i < side.size(); i++) {
      Token token = side.get(i);
      boolean index =
          i > 0 && (side.is(i - 1, "_") || (side.is(i - 1, "{") && side.is(i - 2, "_")));
      switch (token.kind()) {
        case LETTER -> {
          if (!index) {
            letters = true;
            names += side.is(i - 1, Kind.LETTER) ? 1 : 0;
            upper &= Character.isUpperCase(token.text().charAt(0));
            boolean constant = token.text().equals("e") || token.text().equals("i");
            if (constant && side.size() == 1) {
              return false;
            }
          }
        }
        case TEXT -> letters = true;
        case SEPARATOR -> applied = true;
        case NUMBER -> {
          if (!index && !side.is(i - 1, "(") && !side.is(i - 1, Kind.SEPARATOR)) {
            return false;
          }
        }
        case SYMBOL -> {
          switch (token.text()) {
            case "(", ")" -> applied = true;
            case "{", "}", "_", "'", "|" -> {}
            case "[", "]" -> applied = true;
            default -> {
              return false;
            }
          }
        }
        case COMMAND -> {
          switch (token.text()) {
            case "\\angle",
                "\\triangle",
                "\\overline",
                "\\vec",
                "\\hat",
                "\\bar",
                "\\measuredangle" ->
                applied = true;
            default -> {
              return false;
            }
          }
        }
        case CURRENCY -> {
          return false;
        }
      }
    }
    return letters && (names == 0 || upper || applied);
  }
}
