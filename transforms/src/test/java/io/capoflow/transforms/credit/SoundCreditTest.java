package io.capoflow.transforms.credit;

import static io.capoflow.transforms.TestRollouts.evidence;
import static io.capoflow.transforms.TestRollouts.stopped;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.UserMistake;
import io.capoflow.transforms.credit.CreditSettings.Normalisation;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a credit scheme, somebody else's above all, must make of a group. */
class SoundCreditTest {
  private static final CreditScheme SCHEME = new CapoCredit();
  private static final List<Evidence> GROUP =
      List.of(evidence(stopped(0, "a", "\n\n", "b"), 1, 1), evidence(stopped(1, "a"), 0));
  private static final List<CreditedRollout> CREDITED =
      SCHEME.assign(GROUP, new CreditSettings(2, 1, Normalisation.TOKEN, 0));

  /** To copy a record is to have Avro make its parts. */
  @BeforeAll
  static void trustRecords() {
    RecordClasses.trust();
  }

  @Test
  void oneRecordOfFiniteNumbersForEachRolloutIsSound() {
    assertThatCode(() -> CreditedRollouts.requireSound(SCHEME, GROUP, CREDITED))
        .doesNotThrowAnyException();
  }

  @Test
  void anAdvantageThatIsNoNumberNamesTheScheme() {
    CreditedRollout broken =
        CreditedRollout.newBuilder(CREDITED.get(1)).setAdvantages(List.of(0.0, Double.NaN)).build();
    assertThatThrownBy(
            () -> CreditedRollouts.requireSound(SCHEME, GROUP, List.of(CREDITED.get(0), broken)))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith("credit scheme 'capo' (" + CapoCredit.class.getName())
        .hasMessageContaining("gave NaN as a reward or an advantage of " + broken.getRolloutId());
  }

  @Test
  void aRolloutWithoutItsRecordNamesTheScheme() {
    assertThatThrownBy(() -> CreditedRollouts.requireSound(SCHEME, GROUP, List.of(CREDITED.get(0))))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith("credit scheme 'capo' (" + CapoCredit.class.getName())
        .hasMessageContaining("where one record of each of");
  }
}
