package io.capoflow.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DigestSetTest {
  @Test
  void aDigestIsNewOnce() {
    DigestSet set = new DigestSet();
    assertThat(set.size()).isZero();
    assertThat(set.add(Digests.ofParts("a"))).isTrue();
    assertThat(set.add(Digests.ofParts("b"))).isTrue();
    assertThat(set.add(Digests.ofParts("a"))).isFalse();
    assertThat(set.size()).isEqualTo(2);
  }

  /** More than the first table holds, so that it grows several times. */
  @Test
  void manyAreToldApartAndKeptAsTheTableGrows() {
    DigestSet set = new DigestSet();
    Set<String> exact = new HashSet<>();
    Random random = new Random(1);
    for (int i = 0; i < 60_000; i++) {
      String digest = Digests.ofParts(Integer.toString(random.nextInt(40_000)));
      assertThat(set.add(digest)).isEqualTo(exact.add(digest));
    }
    assertThat(set.size()).isEqualTo(exact.size());
    assertThat(exact)
        .hasSizeGreaterThan(30_000)
        .allSatisfy(one -> assertThat(set.add(one)).isFalse());
  }

  @Test
  void digestsThatBeginAlikeShareNoPlace() {
    DigestSet set = new DigestSet();
    // The first half decides where a search begins.
    for (int i = 0; i < 5_000; i++) {
      assertThat(set.add("0".repeat(16) + "%016x".formatted(2L * i))).isTrue();
    }
    for (int i = 0; i < 5_000; i++) {
      assertThat(set.add("0".repeat(16) + "%016x".formatted(2L * i))).isFalse();
    }
    assertThat(set.size()).isEqualTo(5_000);
  }

  @Test
  void zerosAreADigestToo() {
    DigestSet set = new DigestSet();
    assertThat(set.add("0".repeat(32))).isTrue();
    assertThat(set.add("0".repeat(64))).isFalse();
    assertThat(set.size()).isOne();
  }

  @Test
  void whatIsNoDigestIsRefused() {
    DigestSet set = new DigestSet();
    assertThatThrownBy(() -> set.add("12")).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> set.add("x".repeat(32))).isInstanceOf(IllegalArgumentException.class);
    assertThat(set.size()).isZero();
  }
}
