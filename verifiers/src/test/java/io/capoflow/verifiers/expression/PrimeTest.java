package io.capoflow.verifiers.expression;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class PrimeTest {
  @Property(tries = 200)
  void isPrimeAndCountsAsBigIntegersDo(
      @ForAll long seed, @ForAll BigInteger left, @ForAll BigInteger right) {
    Prime prime = Prime.drawn(new Draws(seed), 0);
    // A residue in Montgomery form times the plain 1 is the residue; -1 is the modulus less 1.
    BigInteger modulus =
        BigInteger.valueOf(value(prime, prime.negate(prime.one()))).add(BigInteger.ONE);
    assertThat(modulus.isProbablePrime(60)).isTrue();
    assertThat(modulus.bitLength()).isEqualTo(61);
    long one = prime.residue(left);
    long other = prime.residue(right);
    assertThat(value(prime, prime.multiply(one, other)))
        .isEqualTo(left.multiply(right).mod(modulus).longValueExact());
    assertThat(value(prime, prime.add(one, other)))
        .isEqualTo(left.add(right).mod(modulus).longValueExact());
    if (other != 0) {
      assertThat(prime.multiply(other, prime.inverse(other))).isEqualTo(prime.one());
    }
  }

  @Property(tries = 50)
  void differentSeedsDrawDifferentPrimes(@ForAll long seed) {
    Prime one = Prime.drawn(new Draws(seed), 0);
    Prime other = Prime.drawn(new Draws(seed), 1);
    assertThat(one.negate(one.one())).isNotEqualTo(other.negate(other.one()));
  }

  private static long value(Prime prime, long residue) {
    return prime.multiply(residue, 1);
  }
}
