package io.capoflow.verifiers;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The units that answers are converted between, exactly. Other words are no units. */
final class Units {
  private static final Map<String, Unit> UNITS = table();

  private Units() {}

  /**
   * A unit.
   *
   * @param dimension length, area, … ; units of different dimensions are never equal
   * @param factor how many base units it is
   */
  record Unit(String dimension, Rational factor) {}

  /** The unit of that name, raised to a power. */
  static Optional<Unit> named(String name, int power) {
    Unit unit = UNITS.get(name.strip());
    if (unit == null) {
      unit = UNITS.get(name.strip().toLowerCase(Locale.ROOT));
    }
    if (unit == null) {
      return Optional.empty();
    }
    if (power == 1) {
      return Optional.of(unit);
    }
    return Optional.of(new Unit(raised(unit.dimension(), power), unit.factor().power(power)));
  }

  private static String raised(String dimension, int power) {
    if (dimension.equals("length")) {
      return power == 2 ? "area" : "volume";
    }
    return dimension + "^" + power;
  }

  private static Map<String, Unit> table() {
    Map<String, Unit> units = new HashMap<>();
    put(units, "length", 1, 1000, "mm", "millimeter", "millimeters", "millimetre", "millimetres");
    put(units, "length", 1, 100, "cm", "centimeter", "centimeters", "centimetre", "centimetres");
    put(units, "length", 1, 10, "dm", "decimeter", "decimeters");
    put(units, "length", 1, 1, "m", "meter", "meters", "metre", "metres");
    put(units, "length", 1000, 1, "km", "kilometer", "kilometers", "kilometre", "kilometres");
    put(units, "length", 254, 10_000, "in", "inch", "inches");
    put(units, "length", 3048, 10_000, "ft", "foot", "feet");
    put(units, "length", 9144, 10_000, "yd", "yard", "yards");
    put(units, "length", 1_609_344, 1000, "mi", "mile", "miles");
    put(units, "mass", 1, 1_000_000, "mg", "milligram", "milligrams");
    put(units, "mass", 1, 1000, "g", "gram", "grams");
    put(units, "mass", 1, 1, "kg", "kilogram", "kilograms");
    put(units, "mass", 1000, 1, "tonne", "tonnes");
    put(units, "mass", 45_359_237, 100_000_000, "lb", "lbs", "pound", "pounds");
    put(units, "mass", 45_359_237, 1_600_000_000, "oz", "ounce", "ounces");
    put(units, "time", 1, 1, "s", "sec", "second", "seconds");
    put(units, "time", 60, 1, "min", "mins", "minute", "minutes");
    put(units, "time", 3600, 1, "h", "hr", "hrs", "hour", "hours");
    put(units, "time", 86_400, 1, "day", "days");
    put(units, "time", 604_800, 1, "week", "weeks");
    put(units, "volume", 1, 1_000_000, "ml", "mL", "milliliter", "milliliters", "millilitres");
    put(units, "volume", 1, 1000, "l", "L", "liter", "liters", "litre", "litres");
    put(units, "speed", 1, 1, "m/s", "mps");
    put(units, "speed", 1000, 3600, "km/h", "kph", "kmh");
    put(units, "speed", 1_609_344, 3_600_000, "mph", "mi/h");
    put(units, "angle", 1, 1, "°");
    put(units, "temperature in Celsius", 1, 1, "°C");
    put(units, "temperature in Fahrenheit", 1, 1, "°F");
    for (String name : List.of("mm", "cm", "dm", "m", "km", "in", "ft", "yd", "mi")) {
      units.put("sq " + name, raisedUnit(units.get(name), 2));
      units.put("cu " + name, raisedUnit(units.get(name), 3));
    }
    for (String name : List.copyOf(units.keySet())) {
      if (units.get(name).dimension().equals("length") && name.length() > 2) {
        units.put("square " + name, raisedUnit(units.get(name), 2));
        units.put("cubic " + name, raisedUnit(units.get(name), 3));
      }
    }
    return Map.copyOf(units);
  }

  private static Unit raisedUnit(Unit unit, int power) {
    return new Unit(raised(unit.dimension(), power), unit.factor().power(power));
  }

  private static void put(
      Map<String, Unit> units,
      String dimension,
      long numerator,
      long denominator,
      String... names) {
    Rational factor = new Rational(BigInteger.valueOf(numerator), BigInteger.valueOf(denominator));
    for (String name : names) {
      units.put(name, new Unit(dimension, factor));
    }
  }
}
