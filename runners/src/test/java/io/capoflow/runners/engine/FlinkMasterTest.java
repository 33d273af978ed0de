package io.capoflow.runners.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FlinkMasterTest {
  @ParameterizedTest
  @CsvSource({
    "localhost:8081, localhost, 8081",
    "flink-jobmanager, flink-jobmanager, 8081",
    "10.0.0.7:80, 10.0.0.7, 80",
    "[::1]:8082, [::1], 8082"
  })
  void hostAndPortAreRead(String text, String host, int port) {
    assertThat(FlinkMaster.parse(text)).isEqualTo(new FlinkMaster(host, port));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ":8081", "localhost:0", "localhost:65536", "http://localhost:8081"})
  void whatIsNoneIsRefused(String text) {
    assertThatThrownBy(() -> FlinkMaster.parse(text))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith("--flink-master " + text + ": expects HOST:PORT");
  }

  @Test
  void itIsWhereJobsGo() {
    assertThat(FlinkMaster.parse("a:1").configuration().toMap())
        .containsEntry("rest.address", "a")
        .containsEntry("rest.port", "1");
  }
}
