package io.capoflow.models.jinja;

import io.capoflow.models.jinja.Expression.Given;
import java.time.LocalDate;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.LongStream;

/** The functions there are; {@code raise_exception} and {@code strftime_now} are Hugging Face's. */
enum Function {
  RANGE {
    @Override
    Object call(Given given, Rendering rendering) {
      List<Long> bounds = new ArrayList<>();
      for (Object bound : given.byPlace()) {
        if (!(Values.numeric(bound) instanceof Long number)) {
          throw rendering.mistake("range() of a " + Values.type(bound));
        }
        bounds.add(number);
      }
      if (bounds.isEmpty() || bounds.size() > 3) {
        throw rendering.mistake("range() takes one to three numbers");
      }
      long start = bounds.size() == 1 ? 0 : bounds.get(0);
      long stop = bounds.get(bounds.size() == 1 ? 0 : 1);
      long step = bounds.size() == 3 ? bounds.get(2) : 1;
      if (step == 0) {
        throw rendering.mistake("the step of range() is 0");
      }
      List<Object> numbers = new ArrayList<>();
      // Wide enough for a last step beyond all longs.
      long distance = Math.max(0, step > 0 ? stop - start : start - stop);
      long count = (distance + Math.abs(step) - 1) / Math.abs(step);
      rendering.spend(count);
      LongStream.range(0, count).forEach(i -> numbers.add(start + i * step));
      return numbers;
    }
  },

  NAMESPACE {
    @Override
    Object call(Given given, Rendering rendering) {
      return new Namespace(given.byName());
    }
  },

  RAISE_EXCEPTION {
    @Override
    Object call(Given given, Rendering rendering) {
      throw rendering.mistake(
          "the template refuses these messages: "
              + Values.text(given.get(0, "message", ""), rendering));
    }
  },

  /** Of a fixed date, since a prompt must not depend on when it is written. */
  STRFTIME_NOW {
    @Override
    Object call(Given given, Rendering rendering) {
      String format = Values.text(given.get(0, "format", ""), rendering);
      rendering.spend(format.length());
      StringBuilder formatted = new StringBuilder();
      for (int i = 0; i < format.length(); i++) {
        if (format.charAt(i) == '%' && i + 1 < format.length()) {
          formatted.append(dateField(format.charAt(++i), rendering));
        } else {
          formatted.append(format.charAt(i));
        }
      }
      return formatted.toString();
    }
  };

  abstract Object call(Given given, Rendering rendering);

  static Optional<Function> named(String name) {
    return Arrays.stream(values())
        .filter(function -> function.name().toLowerCase(Locale.ROOT).equals(name))
        .findFirst();
  }

  private static String dateField(char field, Rendering rendering) {
    LocalDate day = rendering.today();
    return switch (field) {
      case 'd' -> "%02d".formatted(day.getDayOfMonth());
      case 'm' -> "%02d".formatted(day.getMonthValue());
      case 'Y' -> Integer.toString(day.getYear());
      case 'y' -> "%02d".formatted(day.getYear() % 100);
      case 'b' -> day.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case 'B' -> day.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'a' -> day.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case 'A' -> day.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case 'H', 'M', 'S' -> "00";
      case '%' -> "%";
      default -> throw rendering.mistake("strftime_now() does not know %" + field);
    };
  }
}
