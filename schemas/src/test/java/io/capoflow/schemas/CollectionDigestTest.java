package io.capoflow.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CollectionDigestTest {
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 257, 100_000})
  void isThatOfAllRowDigestsTogetherInAnyOrder(int rows) {
    List<String> digests =
        new ArrayList<>(IntStream.range(0, rows).mapToObj(CollectionDigestTest::digest).toList());
    CollectionDigest ordered = new CollectionDigest();
    digests.forEach(ordered::add);
    Collections.shuffle(digests, new Random(rows));
    CollectionDigest shuffled = new CollectionDigest();
    digests.forEach(shuffled::add);

    assertThat(ordered.value()).isEqualTo(Digests.ofRowDigests(digests));
    assertThat(shuffled.value()).isEqualTo(ordered.value());
  }

  @Test
  void repeatedRowsCount() {
    CollectionDigest twice = new CollectionDigest();
    twice.add(digest(1));
    String once = twice.value();
    twice.add(digest(1));

    assertThat(twice.value())
        .isEqualTo(Digests.ofRowDigests(List.of(digest(1), digest(1))))
        .isNotEqualTo(once);
  }

  @Test
  void refusesWhatIsNoDigest() {
    assertThatThrownBy(() -> new CollectionDigest().add("00ff"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no SHA-256: 00ff");
  }

  private static String digest(int row) {
    return Digests.ofBytes(Integer.toString(row).getBytes(StandardCharsets.UTF_8));
  }
}
