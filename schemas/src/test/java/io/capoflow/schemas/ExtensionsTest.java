package io.capoflow.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ExtensionsTest {
  @Test
  void aPointWithoutExtensionsHasNone() {
    assertThat(Extensions.all(CharSequence.class, CharSequence::toString)).isEmpty();
  }

  @Test
  void guessesTheNameThatWasMeant() {
    List<String> known = List.of("union", "majority", "strict_majority", "average");
    assertThat(Extensions.nearest("majorty", known)).contains("majority");
    assertThat(Extensions.nearest("Union", known)).contains("union");
    assertThat(Extensions.nearest("something else", known)).isEmpty();
  }

  @Test
  void theMistakeListsWhatIsKnown() {
    assertThat(Extensions.unknown("voting rule", "zzz", List.of("union", "average")))
        .hasMessage("unknown voting rule 'zzz'; known: average, union");
  }
}
