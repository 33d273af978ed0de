package io.capoflow.schemas;

import static java.util.Objects.requireNonNull;

import java.io.PrintWriter;
import java.io.Serial;
import java.io.Serializable;
import java.io.StringWriter;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Something the user can mend: bad input, a bad setting, a missing file. Its message is one line
 * that says what is wrong, where (file, line, field, value) and what to do; the command line prints
 * it without a stack trace and exits with 2.
 *
 * <p>A mistake may be met by a worker, far from the command line. On the way engines wrap what was
 * thrown, load its class by another class loader, or keep no more of it than its text. So the kind
 * of a mistake and its message are in its text, as {@link #toString} writes it, and {@link #in}
 * reads them from there, whatever has become of the classes.
 */
@SuppressWarnings("OverrideThrowableToString") // The message is for people, the text for the way.
public final class UserMistake extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  private static final String MARK = "[user mistake] ";

  /** The text of a mistake in a printed failure: behind the names of those who wrapped it. */
  private static final Pattern MARKED =
      Pattern.compile(
          "^\\s*+(?:Caused by: )?+(?:(?!Suppressed: )[\\w.$]++: )*+"
              + Pattern.quote(MARK)
              + "(.*+)$",
          Pattern.MULTILINE);

  public UserMistake(String message) {
    super(requireNonNull(message, "message"));
  }

  public UserMistake(String message, Throwable cause) {
    super(requireNonNull(message, "message"), cause);
  }

  /**
   * The mistake that a failure comes from, the outermost where there are several; empty where it
   * comes from none. Says what the one that was thrown said, and has the failure as its cause.
   */
  public static Optional<UserMistake> in(Throwable failure) {
    if (failure instanceof UserMistake mistake) {
      return Optional.of(mistake);
    }
    StringWriter printed = new StringWriter();
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    // Each by itself: one that stands for another prints more alone than as the cause of a third.
    for (Throwable cause = failure; cause != null && seen.add(cause); cause = cause.getCause()) {
      cause.printStackTrace(new PrintWriter(printed));
    }
    Matcher marked = MARKED.matcher(printed.toString());
    return marked.find()
        ? Optional.of(new UserMistake(unescaped(marked.group(1)), failure))
        : Optional.empty();
  }

  /** Its kind and its message, in one line. */
  @Override
  public String toString() {
    return MARK + escaped(getMessage());
  }

  private static String escaped(String message) {
    return message.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
  }

  private static String unescaped(String text) {
    return Pattern.compile("\\\\(.)")
        .matcher(text)
        .replaceAll(
            escape ->
                switch (escape.group(1)) {
                  case "n" -> "\n";
                  case "r" -> "\r";
                  default -> Matcher.quoteReplacement(escape.group(1));
                });
  }

  /**
   * Travels as its message alone, with the engine's mark where there is one: a cause that cannot be
   * serialized must not keep it at home.
   */
  @Serial
  private Object writeReplace() {
    return new Travelling(
        getMessage(),
        ServiceLoader.load(MistakeMark.class, MistakeMark.class.getClassLoader())
            .findFirst()
            .map(engine -> engine.mark(getMessage()))
            .orElse(null));
  }

  private record Travelling(String message, Throwable mark) implements Serializable {
    @Serial
    private Object readResolve() {
      return new UserMistake(message, mark);
    }
  }
}
