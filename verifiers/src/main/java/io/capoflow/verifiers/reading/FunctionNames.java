package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Expression.Kind;
import io.capoflow.verifiers.expression.Function;
import java.util.Map;
import java.util.Optional;

/** The commands that name functions. */
final class FunctionNames {
  private static final Map<String, Function> FUNCTIONS =
      Map.ofEntries(
          Map.entry("\\sin", Function.SIN),
          Map.entry("\\cos", Function.COS),
          Map.entry("\\tan", Function.TAN),
          Map.entry("\\cot", Function.COT),
          Map.entry("\\sec", Function.SEC),
          Map.entry("\\csc", Function.CSC),
          Map.entry("\\arcsin", Function.ARCSIN),
          Map.entry("\\arccos", Function.ARCCOS),
          Map.entry("\\arctan", Function.ARCTAN),
          Map.entry("\\arccot", Function.ARCCOT),
          Map.entry("\\arcsec", Function.ARCSEC),
          Map.entry("\\arccsc", Function.ARCCSC),
          Map.entry("\\sinh", Function.SINH),
          Map.entry("\\cosh", Function.COSH),
          Map.entry("\\tanh", Function.TANH),
          Map.entry("\\exp", Function.EXP),
          Map.entry("\\ln", Function.LN),
          Map.entry("\\abs", Function.ABS),
          Map.entry("\\floor", Function.FLOOR),
          Map.entry("\\ceil", Function.CEILING),
          Map.entry("\\sgn", Function.SIGN),
          Map.entry("\\Re", Function.REAL_PART),
          Map.entry("\\Im", Function.IMAGINARY_PART));

  private static final Map<Function, Function> INVERSE =
      Map.of(
          Function.SIN, Function.ARCSIN,
          Function.COS, Function.ARCCOS,
          Function.TAN, Function.ARCTAN,
          Function.COT, Function.ARCCOT,
          Function.SEC, Function.ARCSEC,
          Function.CSC, Function.ARCCSC);

  private static final Map<String, Kind> SEVERAL =
      Map.of(
          "\\gcd", Kind.GREATEST_COMMON_DIVISOR,
          "\\lcm", Kind.LEAST_COMMON_MULTIPLE,
          "\\max", Kind.MAXIMUM,
          "\\min", Kind.MINIMUM);

  private FunctionNames() {}

  /** The function of one argument; empty where the command names none. */
  static Optional<Function> ofOne(String command) {
    return Optional.ofNullable(FUNCTIONS.get(command));
  }

  /** The function of arguments in brackets; empty where the command names none. */
  static Optional<Kind> ofSeveral(String command) {
    return Optional.ofNullable(SEVERAL.get(command));
  }

  /** What {@code ^{-1}} behind its name makes of a function; empty where that is a power. */
  static Optional<Function> inverse(Function function) {
    return Optional.ofNullable(INVERSE.get(function));
  }

  static boolean contains(String command) {
    return FUNCTIONS.containsKey(command) || SEVERAL.containsKey(command);
  }
}
