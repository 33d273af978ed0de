package io.capoflow.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class UserMistakeTest {
  private static final String MESSAGE = "a.yaml:3: \\boxed{} is missing: add it";

  static Stream<Throwable> failuresThatComeFromIt() {
    UserMistake mistake = new UserMistake(MESSAGE);
    return Stream.of(
        mistake,
        new RuntimeException(mistake),
        new IllegalStateException("the pipeline failed", new IOException("worker", mistake)),
        // Nothing but text is left of it.
        new IllegalStateException(mistake.toString()),
        new IllegalStateException("worker failed", new IOException(mistake.toString())),
        new RuntimeException("stage failed\n" + printed(new RuntimeException("stage", mistake))),
        new RuntimeException("job failed", new Restored(new RuntimeException("stage", mistake))));
  }

  @ParameterizedTest
  @MethodSource("failuresThatComeFromIt")
  void isFoundWithItsMessageWhateverBecameOfIt(Throwable failure) {
    assertThat(UserMistake.in(failure)).map(UserMistake::getMessage).contains(MESSAGE);
  }

  static Stream<Throwable> failuresThatDoNot() {
    return Stream.of(
        new IllegalStateException("no UserMistake: " + MESSAGE),
        new IllegalStateException("a response says " + new UserMistake(MESSAGE)),
        new IllegalStateException((String) null),
        new UncheckedIOException(new IOException(MESSAGE)));
  }

  @ParameterizedTest
  @MethodSource("failuresThatDoNot")
  void isNotSeenWhereThereIsNone(Throwable failure) {
    assertThat(UserMistake.in(failure)).isEmpty();
  }

  @Test
  void keepsAMessageOfSeveralLines() {
    UserMistake mistake = new UserMistake("mend\nthis \\n\r");
    assertThat(mistake.toString()).doesNotContain("\n", "\r");
    assertThat(UserMistake.in(new RuntimeException(mistake.toString())))
        .map(UserMistake::getMessage)
        .contains("mend\nthis \\n\r");
  }

  @Test
  void aMistakeThatWasSuppressedIsNotWhatWentWrong() {
    IllegalStateException fault = new IllegalStateException("a real fault");
    fault.addSuppressed(new UserMistake("could not close it either"));
    assertThat(UserMistake.in(fault)).isEmpty();
  }

  @Test
  void travelsWhateverItsCause() throws Exception {
    UserMistake mistake = new UserMistake(MESSAGE, new Homebound());
    assertThat(mistake).hasCauseInstanceOf(Homebound.class);

    Throwable arrived = overTheWire(new RuntimeException("stage", mistake)).getCause();

    assertThat(arrived).isInstanceOf(UserMistake.class).hasMessage(MESSAGE).hasNoCause();
  }

  private static Throwable overTheWire(Throwable thrown) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(thrown);
    }
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      return (Throwable) in.readObject();
    }
  }

  private static String printed(Throwable thrown) {
    StringWriter printed = new StringWriter();
    thrown.printStackTrace(new PrintWriter(printed));
    return printed.toString();
  }

  /** Cannot be serialized. */
  private static final class Homebound extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private void writeObject(ObjectOutputStream out) throws IOException {
      throw new NotSerializableException(getClass().getName());
    }
  }

  /** Stands for a failure whose class is not known, as engines do: prints what that printed. */
  private static final class Restored extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String text;

    Restored(Throwable original) {
      super(original.getClass().getName() + ": " + original.getMessage());
      text = printed(original);
    }

    @Override
    public void printStackTrace(PrintWriter out) {
      out.print(text);
    }
  }
}
