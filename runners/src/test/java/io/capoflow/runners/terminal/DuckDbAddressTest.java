package io.capoflow.runners.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.Locations;
import org.junit.jupiter.api.Test;

final class DuckDbAddressTest {
  @Test
  void placesThatDuckDbReadsHaveItsNameForThem() {
    assertThat(DuckDbAddress.of(Locations.of("runs/first"))).contains("runs/first");
    assertThat(DuckDbAddress.of(Locations.of("s3://bucket/first"))).contains("s3://bucket/first");
    assertThat(DuckDbAddress.of(Locations.of("hdfs://host:8020/first"))).isEmpty();
  }
}
