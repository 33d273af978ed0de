package io.capoflow.pipelines.critics;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.critic.CriticCalls;
import io.capoflow.models.endpoint.CallFigures;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is said of the time that critics behind servers take. */
final class CriticProgressTest {
  @Test
  void theTimeLeftIsThatOfCritiquesThatMustBeAskedFor() {
    assertThat(CriticProgress.pace(calls(20, 0), 80, 10))
        .containsExactly(Durations.text(30) + " left", "2.0 critiques/s");
    // What the journal has is there at once and says nothing of the server's pace.
    assertThat(CriticProgress.pace(calls(20, 40), 80, 10))
        .containsExactly(Durations.text(10) + " left", "2.0 critiques/s");
  }

  @Test
  void withoutAnAnswerThereIsNoPace() {
    assertThat(CriticProgress.pace(calls(0, 40), 80, 10)).isEmpty();
    assertThat(CriticProgress.pace(calls(20, 0), 80, 0)).isEmpty();
  }

  @Test
  void whenAllIsThereTheRateIsLeft() {
    assertThat(CriticProgress.pace(calls(1, 79), 80, 10)).containsExactly("0.1 critiques/s");
    assertThat(new CriticProgress(List.of()).look()).isEmpty();
  }

  private static CriticCalls calls(long answered, long found) {
    return new CriticCalls(CallFigures.NONE, answered, found, 0);
  }
}
