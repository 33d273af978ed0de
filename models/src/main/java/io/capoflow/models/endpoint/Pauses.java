package io.capoflow.models.endpoint;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The pauses that servers ask for in headers of their replies. Stateless and thread-safe. */
final class Pauses {
  /** A server that asks for more than this is told from one that is wrong about the time. */
  private static final Duration LONGEST = Duration.ofHours(1);

  private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(ms|s|m|h)");

  private Pauses() {}

  /**
   * How long to wait before the next call, by {@code Retry-After}, in seconds or as a date, and
   * {@code retry-after-ms}.
   */
  static Optional<Duration> retryAfter(Reply reply, Instant now) {
    Optional<Duration> millis =
        reply.header("retry-after-ms").flatMap(text -> number(text, 1)).map(Pauses::bounded);
    return millis.or(
        () ->
            reply
                .header("retry-after")
                .map(String::strip)
                .flatMap(text -> number(text, 1000).or(() -> until(text, now)))
                .map(Pauses::bounded));
  }

  /**
   * How long to wait before the next call, by {@code x-ratelimit-remaining-…} and {@code
   * x-ratelimit-reset-…}: until the reset where nothing remains.
   */
  static Optional<Duration> exhausted(Reply reply) {
    return Stream.of("requests", "tokens")
        .filter(
            kind ->
                reply
                    .header("x-ratelimit-remaining-" + kind)
                    .map(String::strip)
                    .filter("0"::equals)
                    .isPresent())
        .flatMap(kind -> reply.header("x-ratelimit-reset-" + kind).stream())
        .flatMap(text -> length(text.strip()).stream())
        .map(Pauses::bounded)
        .max(Duration::compareTo);
  }

  /** {@code 6m0s}, {@code 20ms}, {@code 1.5s}, or seconds. */
  private static Optional<Duration> length(String text) {
    Optional<Duration> seconds = number(text, 1000);
    if (seconds.isPresent()) {
      return seconds;
    }
    Duration sum = Duration.ZERO;
    Matcher parts = PART.matcher(text.toLowerCase(Locale.ROOT));
    int end = 0;
    while (parts.find() && parts.start() == end) {
      double amount = Double.parseDouble(parts.group(1));
      double millis =
          switch (parts.group(2)) {
            case "ms" -> amount;
            case "s" -> amount * 1000;
            case "m" -> amount * 60_000;
            default -> amount * 3_600_000;
          };
      sum = sum.plusMillis((long) Math.ceil(millis));
      end = parts.end();
    }
    return end == text.length() && end > 0 ? Optional.of(sum) : Optional.empty();
  }

  private static Optional<Duration> number(String text, int millis) {
    try {
      double value = Double.parseDouble(text);
      return value >= 0 && value < 1e9
          ? Optional.of(Duration.ofMillis((long) Math.ceil(value * millis)))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  private static Optional<Duration> until(String date, Instant now) {
    try {
      Instant then = ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      return Optional.of(then.isAfter(now) ? Duration.between(now, then) : Duration.ZERO);
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static Duration bounded(Duration pause) {
    return pause.compareTo(LONGEST) > 0 ? LONGEST : pause;
  }
}
