package io.capoflow.verifiers.reading;

import io.capoflow.verifiers.expression.Rational;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The units that answers are converted between, exactly. Other words are no units. */
public final class Units {
  private static final Map<String, Unit> UNITS = table();

  private Units() {}

  /**
   * A unit.
   *
   * @param dimensions base dimensions with their exponents; units that differ in them never agree
   * @param factor how many base units it is
   */
  public record Unit(Map<String, Integer> dimensions, Rational factor) {
    Unit times(Unit other) {
      TreeMap<String, Integer> sum = new TreeMap<>(dimensions);
      other.dimensions.forEach((name, exponent) -> sum.merge(name, exponent, Integer::sum));
      sum.values().removeIf(exponent -> exponent == 0);
      return new Unit(Map.copyOf(sum), factor.times(other.factor));
    }

    Unit power(int exponent) {
      TreeMap<String, Integer> raised = new TreeMap<>(dimensions);
      raised.replaceAll((name, old) -> old * exponent);
      raised.values().removeIf(each -> each == 0);
      return new Unit(Map.copyOf(raised), factor.power(exponent));
    }
  }

  /** The unit of that name. Case counts where it tells units apart (mm and Mm, kg and KG alike). */
  public static Optional<Unit> named(String name) {
    Unit unit = UNITS.get(name);
    return Optional.ofNullable(unit == null ? UNITS.get(name.toLowerCase(Locale.ROOT)) : unit);
  }

  private static Map<String, Unit> table() {
    Map<String, Unit> units = new HashMap<>(512);
    metric(units, "length", 1, "m", "meter", "metre");
    put(units, "length", 1, 1_000_000, "µm", "micrometer", "micrometers", "micron", "microns");
    put(units, "length", 254, 10_000, "in", "inch", "inches");
    put(units, "length", 3048, 10_000, "ft", "foot", "feet");
    put(units, "length", 9144, 10_000, "yd", "yds", "yard", "yards");
    put(units, "length", 1_609_344, 1000, "mi", "mile", "miles");
    metric(units, "mass", 1000, "g", "gram", "gramme");
    put(units, "mass", 1000, 1, "t", "tonne", "tonnes");
    put(units, "mass", 45_359_237, 100_000_000, "lb", "lbs", "pound", "pounds");
    put(units, "mass", 45_359_237, 1_600_000_000, "oz", "ounce", "ounces");
    put(units, "time", 1, 1000, "ms", "millisecond", "milliseconds");
    put(units, "time", 1, 1, "s", "sec", "secs", "second", "seconds");
    put(units, "time", 60, 1, "min", "mins", "minute", "minutes");
    put(units, "time", 3600, 1, "h", "hr", "hrs", "hour", "hours");
    put(units, "time", 86_400, 1, "day", "days");
    put(units, "time", 604_800, 1, "week", "weeks");
    put(units, "month", 1, 1, "month", "months");
    put(units, "month", 12, 1, "year", "years", "yr", "yrs");
    Unit litre = units.get("m").power(3).times(scalar(1, 1000));
    alias(units, litre, "l", "L", "liter", "liters", "litre", "litres");
    alias(
        units,
        litre.times(scalar(1, 1000)),
        "ml",
        "mL",
        "milliliter",
        "milliliters",
        "millilitre",
        "millilitres",
        "cc");
    alias(units, litre.times(scalar(1, 100)), "cl", "cL", "centiliter", "centiliters");
    alias(units, litre.times(scalar(1, 10)), "dl", "dL", "deciliter", "deciliters");
    alias(units, litre.times(scalar(1000, 1)), "kl", "kL", "kiloliter", "kiloliters");
    alias(units, units.get("in").power(3).times(scalar(231, 1)), "gal", "gallon", "gallons");
    alias(units, units.get("gallon").times(scalar(1, 4)), "qt", "quart", "quarts");
    alias(units, units.get("gallon").times(scalar(1, 8)), "pint", "pints");
    alias(units, units.get("m").power(2).times(scalar(10_000, 1)), "ha", "hectare", "hectares");
    alias(units, units.get("yd").power(2).times(scalar(4840, 1)), "acre", "acres");
    alias(units, units.get("km").times(units.get("h").power(-1)), "kph", "kmh", "kmph");
    alias(units, units.get("mi").times(units.get("h").power(-1)), "mph");
    alias(units, units.get("m").times(units.get("s").power(-1)), "mps");
    put(units, "degree", 1, 1, "°", "deg");
    put(units, "radian", 1, 1, "rad", "radian", "radians");
    put(units, "Celsius", 1, 1, "°C", "celsius");
    put(units, "Fahrenheit", 1, 1, "°F", "fahrenheit");
    put(units, "kelvin", 1, 1, "K", "kelvin", "kelvins");
    for (String currency : Lexicon.CURRENCY_OF_NAME.values()) {
      put(units, currency, 1, 1, currency);
    }
    put(units, "USD", 1, 100, "cent", "cents", "¢");
    put(units, "GBP", 1, 100, "pence", "penny");
    return Map.copyOf(units);
  }

  private static Unit scalar(long numerator, long denominator) {
    return new Unit(
        Map.of(), Rational.of(BigInteger.valueOf(numerator), BigInteger.valueOf(denominator)));
  }

  /** A unit with its decimal multiples. */
  private static void metric(
      Map<String, Unit> units, String dimension, long parts, String symbol, String... names) {
    String[] symbols = {"m", "c", "d", "", "k"};
    String[] prefixes = {"milli", "centi", "deci", "", "kilo"};
    long[] thousandths = {1, 10, 100, 1000, 1_000_000};
    for (int i = 0; i < symbols.length; i++) {
      put(units, dimension, thousandths[i], 1000 * parts, symbols[i] + symbol);
      for (String name : names) {
        put(units, dimension, thousandths[i], 1000 * parts, prefixes[i] + name);
        put(units, dimension, thousandths[i], 1000 * parts, prefixes[i] + name + "s");
      }
    }
  }

  private static void put(
      Map<String, Unit> units,
      String dimension,
      long numerator,
      long denominator,
      String... names) {
    alias(
        units,
        new Unit(
            Map.of(dimension, 1),
            Rational.of(BigInteger.valueOf(numerator), BigInteger.valueOf(denominator))),
        names);
  }

  private static void alias(Map<String, Unit> units, Unit unit, String... names) {
    for (String name : names) {
      units.put(name, unit);
    }
  }
}
