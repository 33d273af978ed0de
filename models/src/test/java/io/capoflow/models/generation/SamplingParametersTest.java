package io.capoflow.models.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class SamplingParametersTest {
  @Test
  void impossibleValuesAreRefusedByName() {
    assertRefused(-0.1, 1, 0, 0, List.of(), 1, "temperature");
    assertRefused(Double.POSITIVE_INFINITY, 1, 0, 0, List.of(), 1, "temperature");
    assertRefused(1, 0, 0, 0, List.of(), 1, "top_p");
    assertRefused(1, 1.01, 0, 0, List.of(), 1, "top_p");
    assertRefused(1, 1, -1, 0, List.of(), 1, "top_k");
    assertRefused(1, 1, 0, -0.01, List.of(), 1, "min_p");
    assertRefused(1, 1, 0, Double.NaN, List.of(), 1, "min_p");
    assertRefused(1, 1, 0, 0, List.of("x", ""), 1, "stop");
    assertRefused(1, 1, 0, 0, List.of(), 0, "max_new_tokens");
  }

  @Test
  void theIdentityNamesWhatIsOnAlone() {
    assertThat(new SamplingParameters(0.7, 0.9, 64).identity())
        .isEqualTo("temperature=0.7;top_p=0.9;max_new_tokens=64");
    assertThat(new SamplingParameters(1, 1, 20, 0.05, List.of("</a>", ";\"x"), 8).identity())
        .isEqualTo(
            "temperature=1.0;top_p=1.0;max_new_tokens=8;top_k=20;min_p=0.05;stop=[\"</a>\",\";\\\"x\"]");
  }

  private static void assertRefused(
      double temperature,
      double topP,
      int topK,
      double minP,
      List<String> stop,
      int maxNewTokens,
      String name) {
    assertThatThrownBy(
            () -> new SamplingParameters(temperature, topP, topK, minP, stop, maxNewTokens))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(name);
  }
}
