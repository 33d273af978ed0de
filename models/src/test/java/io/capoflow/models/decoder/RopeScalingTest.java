package io.capoflow.models.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RopeScalingTest {
  @TempDir Path directory;

  @Test
  void frequenciesAreThoseOfTheIndependentComputation() throws IOException {
    JsonNode cases =
        new ObjectMapper().readTree(RopeScalingTest.class.getResource("/reference/rotary.json"));
    assertThat(cases).hasSize(9);
    for (JsonNode reference : cases) {
      Files.writeString(directory.resolve(DecoderConfig.FILE), reference.path("config").toString());
      DecoderConfig config = DecoderConfig.read(directory);
      String scaling = config.ropeScaling().toString();
      double[] factors =
          config.ropeScaling().frequencyFactors(config.headDimension(), config.ropeTheta());
      assertThat(factors).as(scaling).hasSize(reference.path("frequencies").size());
      for (int i = 0; i < factors.length; i++) {
        double plain = Math.pow(config.ropeTheta(), -2.0 * i / config.headDimension());
        // The reference rounds to float32 at each step, as Hugging Face does.
        assertThat(factors[i] * plain / reference.path("frequencies").get(i).doubleValue())
            .as("frequency %d of %s", i, scaling)
            .isCloseTo(1, within(2e-6));
      }
      assertThat(config.ropeScaling().attentionFactor())
          .as(scaling)
          .isCloseTo(reference.path("attention_factor").doubleValue(), within(1e-12));
    }
  }
}
