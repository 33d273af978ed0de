package io.capoflow.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.capoflow.schemas.Extensions;
import io.capoflow.verifiers.Reason;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import io.capoflow.verifiers.Verifiers;
import io.capoflow.verifiers.fuzz.FuzzInputs;
import io.capoflow.verifiers.fuzz.HostileInputs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** Runs the verifier that docs/verifiers.md shows, and checks that the page names what there is. */
class VerifiersGuideTest {
  private static final Path HOME = Path.of(System.getProperty("capoflow.home", ".."));
  private static final Path SOURCE =
      HOME.resolve("transforms/src/test/java/com/example/capoflow/LastWordVerifier.java");

  @Test
  void thePageQuotesTheClassThatTheTestRuns() throws IOException {
    String source = Files.readString(SOURCE);
    assertThat(page()).contains("```java\n" + source + "```");
    assertThat(source.substring(source.indexOf("public final class")).lines()).hasSize(25);
  }

  @Test
  void theVerifierIsFoundAndVerifies() {
    Verifier verifier = own();
    assertThat(verifier.verify("It is 42", "42", VerifierOptions.strict()).correct()).isTrue();
    assertThat(verifier.verify("42 it is", "42", VerifierOptions.strict()).correct()).isFalse();
    assertThat(verifier.verify("", "", VerifierOptions.strict()).correct()).isFalse();
  }

  @Test
  void theVerifierStandsTheInputsThatThePageOffers() {
    FuzzInputs inputs = new FuzzInputs(0);
    for (int i = 0; i < 2_000; i++) {
      var input = inputs.at(i);
      assertThatCode(() -> own().verify(input.response(), input.gold(), VerifierOptions.strict()))
          .doesNotThrowAnyException();
    }
    HostileInputs.all()
        .forEach(
            input ->
                assertThat(
                        own()
                            .verify(input.response(), input.gold(), VerifierOptions.strict())
                            .reason())
                    .isIn(Reason.CORRECT, Reason.WRONG));
  }

  @Test
  void thePageNamesEveryVerifierAndReason() throws IOException {
    String page = page();
    for (Verifier verifier : Verifiers.all().values()) {
      if (verifier.getClass().getName().startsWith("io.capoflow.verifiers.")) {
        assertThat(page).contains("| `" + verifier.name() + "` |");
      }
    }
    for (Reason reason : Reason.values()) {
      assertThat(page).contains("| `" + reason + "` |");
    }
  }

  private static Verifier own() {
    return Extensions.named(Verifier.class, Verifier::name, "verifier", "last_word");
  }

  private static String page() throws IOException {
    return Files.readString(HOME.resolve("docs/verifiers.md"));
  }
}
