package io.capoflow.settings.binding;

import io.capoflow.schemas.Extensions;
import io.capoflow.schemas.JsonObject;
import java.lang.reflect.InvocationTargetException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** How a scalar of a recipe becomes a Java value, and how that value is written back. */
sealed interface ValueType {
  /** What the key expects, to follow "expects ". */
  String describe();

  /**
   * Reads a scalar.
   *
   * @param context resolves relative paths
   * @throws IllegalArgumentException with a clause that follows the key's name
   */
  Object read(RawScalar scalar, PathContext context);

  /** The value as a recipe writes it, always the same text for equal values. */
  String canonical(Object value, PathContext context);

  /** Whether its values are texts, to be quoted where YAML would read something else. */
  default boolean isText() {
    return true;
  }

  /** Any text, or one of a few. */
  record Text(List<String> choices) implements ValueType {
    @Override
    public String describe() {
      return choices.isEmpty() ? "text" : "one of " + String.join(", ", choices);
    }

    @Override
    public Object read(RawScalar scalar, PathContext context) {
      if (scalar.text().isEmpty()) {
        throw expected(this, scalar);
      }
      if (!choices.isEmpty() && !choices.contains(scalar.text())) {
        throw expected(this, scalar, Extensions.nearest(scalar.text(), choices));
      }
      return scalar.text();
    }

    @Override
    public String canonical(Object value, PathContext context) {
      return (String) value;
    }
  }

  /** A whole number. */
  record Whole(boolean fitsInt, Range range) implements ValueType {
    private static final Pattern DIGITS = Pattern.compile("[-+]?[0-9](_?[0-9])*");

    @Override
    public boolean isText() {
      return false;
    }

    @Override
    public String describe() {
      return "a whole number" + range.describe();
    }

    @Override
    public Object read(RawScalar scalar, PathContext context) {
      if (scalar.quoted() || !DIGITS.matcher(scalar.text()).matches()) {
        throw expected(this, scalar);
      }
      BigDecimal value = new BigDecimal(scalar.text().replace("_", ""));
      if (!range.holds(value)) {
        throw expected(this, scalar);
      }
      try {
        return fitsInt ? (Object) value.intValueExact() : (Object) value.longValueExact();
      } catch (ArithmeticException tooLarge) {
        throw new IllegalArgumentException(
            "expects a whole number of " + (fitsInt ? 32 : 64) + " bits, found " + scalar.shown(),
            tooLarge);
      }
    }

    @Override
    public String canonical(Object value, PathContext context) {
      return value.toString();
    }
  }

  /** A finite number. */
  record Decimal(Range range) implements ValueType {
    private static final Pattern NUMBER =
        Pattern.compile("[-+]?([0-9](_?[0-9])*)?(\\.[0-9]*)?([eE][-+]?[0-9]{1,3})?");

    @Override
    public boolean isText() {
      return false;
    }

    @Override
    public String describe() {
      return "a number" + range.describe();
    }

    @Override
    public Object read(RawScalar scalar, PathContext context) {
      if (scalar.quoted() || !NUMBER.matcher(scalar.text()).matches()) {
        throw expected(this, scalar);
      }
      BigDecimal value;
      try {
        value = new BigDecimal(scalar.text().replace("_", ""));
      } catch (NumberFormatException notANumber) {
        throw expected(this, scalar);
      }
      if (!range.holds(value) || Double.isInfinite(value.doubleValue())) {
        throw expected(this, scalar);
      }
      return value.signum() == 0 ? 0.0 : value.doubleValue();
    }

    /** Such that YAML 1.1 readers, which want a point and a signed exponent, see a number too. */
    @Override
    public String canonical(Object value, PathContext context) {
      BigDecimal number = new BigDecimal(Double.toString((Double) value)).stripTrailingZeros();
      if (number.signum() == 0) {
        return "0";
      }
      int exponent = number.precision() - number.scale() - 1;
      if (exponent >= -3 && exponent <= 9) {
        return number.toPlainString();
      }
      String digits = number.unscaledValue().abs().toString();
      return (number.signum() < 0 ? "-" : "")
          + digits.charAt(0)
          + "."
          + (digits.length() > 1 ? digits.substring(1) : "0")
          + String.format(Locale.ROOT, "e%+d", exponent);
    }
  }

  /** True or false. */
  record Switch() implements ValueType {
    @Override
    public boolean isText() {
      return false;
    }

    @Override
    public String describe() {
      return "true or false";
    }

    @Override
    public Object read(RawScalar scalar, PathContext context) {
      if (scalar.quoted()) {
        throw expected(this, scalar);
      }
      return switch (scalar.text()) {
        case "true" -> true;
        case "false" -> false;
        default -> throw expected(this, scalar);
      };
    }

    @Override
    public String canonical(Object value, PathContext context) {
      return value.toString();
    }
  }

  /** A constant of an enum, in lower case. */
  record Choice(Class<? extends Enum<?>> type) implements ValueType {
    private List<String> labels() {
      return Arrays.stream(type.getEnumConstants()).map(Choice::label).toList();
    }

    private static String label(Enum<?> constant) {
      return constant.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public String describe() {
      return "one of " + String.join(", ", labels());
    }

    @Override
    public Object read(RawScalar scalar, PathContext context) {
      return Arrays.stream(type.getEnumConstants())
          .filter(constant -> label(constant).equals(scalar.text()))
          .map(Object.class::cast)
          .findFirst()
          .orElseThrow(() -> expected(this, scalar, Extensions.nearest(scalar.text(), labels())));
    }

    @Override
    public String canonical(Object value, PathContext context) {
      return label((Enum<?>) value);
    }
  }

  /**
   * The name of an implementation that {@link Extensions} finds, or, where the prefix is not empty,
   * the prefix and a path.
   */
  record Extension(Class<?> point, String prefix) implements ValueType {
    private Set<String> names() {
      return Extensions.all(point, this::nameOf).keySet();
    }

    private String nameOf(Object implementation) {
      try {
        return (String) point.getMethod("name").invoke(implementation);
      } catch (InvocationTargetException thrown) {
        if (thrown.getCause() instanceof RuntimeException mistake) {
          throw mistake;
        }
        if (thrown.getCause() instanceof Error error) {
          throw error;
        }
        throw new IllegalStateException(point + " threw what it does not declare", thrown);
      } catch (ReflectiveOperationException fault) {
        throw new IllegalStateException(point + " has no usable name() method", fault);
      }
    }

    private boolean namesFile(String text) {
      return !prefix.isEmpty() && text.startsWith(prefix) && text.length() > prefix.length();
    }

    @Override
    public String describe() {
      return "one of "
          + String.join(", ", names())
          + (prefix.isEmpty() ? "" : ", or " + prefix + "PATH");
    }

    @Override
    public Object read(RawScalar scalar, PathContext context) {
      if (namesFile(scalar.text())) {
        return prefix + context.resolve(scalar.text().substring(prefix.length()));
      }
      return scalar.text();
    }

    /**
     * Checks that this process knows the name.
     *
     * @throws IllegalArgumentException with a clause that follows the key's name
     */
    void requireKnown(RawScalar scalar) {
      if (namesFile(scalar.text()) || names().contains(scalar.text())) {
        return;
      }
      Optional<String> nearest = Extensions.nearest(scalar.text(), names());
      throw new IllegalArgumentException(
          expected(this, scalar, nearest).getMessage()
              + (nearest.isPresent()
                  ? ""
                  : "; one of your own comes in a jar that extensions: or --extensions names"));
    }

    @Override
    public String canonical(Object value, PathContext context) {
      String text = (String) value;
      return namesFile(text)
          ? prefix + context.canonical(Path.of(text.substring(prefix.length())))
          : text;
    }
  }

  /** A file or a directory. */
  record FilePath() implements ValueType {
    @Override
    public String describe() {
      return "a path";
    }

    @Override
    public Object read(RawScalar scalar, PathContext context) {
      if (scalar.text().isEmpty() || scalar.text().indexOf('\0') >= 0) {
        throw expected(this, scalar);
      }
      return context.resolve(scalar.text());
    }

    @Override
    public String canonical(Object value, PathContext context) {
      return context.canonical((Path) value);
    }
  }

  /** A mapping of any depth, or the same as JSON text. */
  record Mapping() implements ValueType {
    @Override
    public String describe() {
      return "a mapping";
    }

    @Override
    public Object read(RawScalar scalar, PathContext context) {
      try {
        return new JsonObject(scalar.text());
      } catch (IllegalArgumentException noObject) {
        throw new IllegalArgumentException(
            expected(this, scalar).getMessage() + ", which " + noObject.getMessage(), noObject);
      }
    }

    @Override
    public String canonical(Object value, PathContext context) {
      return ((JsonObject) value).text();
    }
  }

  private static IllegalArgumentException expected(ValueType type, RawScalar scalar) {
    return expected(type, scalar, Optional.empty());
  }

  private static IllegalArgumentException expected(
      ValueType type, RawScalar scalar, Optional<String> nearest) {
    return new IllegalArgumentException(
        "expects "
            + type.describe()
            + ", found "
            + scalar.shown()
            + nearest.map(candidate -> "; did you mean " + candidate + "?").orElse(""));
  }
}
