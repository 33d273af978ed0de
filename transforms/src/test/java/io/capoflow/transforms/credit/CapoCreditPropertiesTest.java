package io.capoflow.transforms.credit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.transforms.TwoOrders;
import io.capoflow.transforms.credit.CreditSettings.Normalisation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class CapoCreditPropertiesTest {
  private final CapoCredit capo = new CapoCredit();

  @Property
  void advantagesOfAGroupSumToNothing(
      @ForAll("groups") List<Evidence> group, @ForAll("settings") CreditSettings settings) {
    List<CreditedRollout> credited = capo.assign(group, settings);

    double total = 0;
    for (CreditedRollout rollout : credited) {
      double sum = rollout.getAdvantages().stream().mapToDouble(Double::doubleValue).sum();
      total +=
          switch (settings.normalisation()) {
            case TOKEN -> sum;
            case LENGTH_WEIGHTED -> sum / rollout.getAdvantages().size();
            case SPLIT -> 0; // its two parts have zero means over different populations
          };
    }
    assertThat(total).isCloseTo(0, within(1e-9));
  }

  @Property
  void anyTokenOfARightAnswerOutranksAnyOfAWrongOne(
      @ForAll("groups") List<Evidence> group, @ForAll("settings") CreditSettings settings) {
    List<CreditedRollout> credited = capo.assign(group, settings);

    double worstOfRight =
        credited.stream()
            .filter(r -> r.getOutcome() == 1)
            .flatMap(r -> r.getRewards().stream())
            .mapToDouble(Double::doubleValue)
            .min()
            .orElse(Double.POSITIVE_INFINITY);
    double bestOfWrong =
        credited.stream()
            .filter(r -> r.getOutcome() == 0)
            .flatMap(r -> r.getRewards().stream())
            .mapToDouble(Double::doubleValue)
            .max()
            .orElse(Double.NEGATIVE_INFINITY);
    assertThat(worstOfRight).isGreaterThan(bestOfWrong);
  }

  @Property
  void advantagesKeepTheOrderOfRewards(@ForAll("groups") List<Evidence> group) {
    CreditSettings settings = new CreditSettings(2, 1, Normalisation.TOKEN, 0);
    List<Double> rewards = new ArrayList<>();
    List<Double> advantages = new ArrayList<>();
    for (CreditedRollout rollout : capo.assign(group, settings)) {
      rewards.addAll(rollout.getRewards());
      advantages.addAll(rollout.getAdvantages());
    }
    for (int i = 0; i < rewards.size(); i++) {
      for (int j = 0; j < rewards.size(); j++) {
        assertThat(Double.compare(advantages.get(i), advantages.get(j)))
            .isEqualTo(Double.compare(rewards.get(i), rewards.get(j)));
      }
    }
  }

  @Property
  void theOrderOfRolloutsDoesNotMatter(
      @ForAll("groupsInTwoOrders") TwoOrders<Evidence> orders,
      @ForAll("settings") CreditSettings settings) {
    Map<String, CreditedRollout> expected =
        capo.assign(orders.one(), settings).stream()
            .collect(Collectors.toMap(CreditedRollout::getRolloutId, Function.identity()));
    List<CreditedRollout> credited = capo.assign(orders.other(), settings);

    assertThat(credited)
        .extracting(CreditedRollout::getRolloutId)
        .isEqualTo(
            orders.other().stream().map(evidence -> evidence.rollout().getRolloutId()).toList());
    for (CreditedRollout rollout : credited) {
      CreditedRollout same = expected.get(rollout.getRolloutId());
      assertThat(rollout.getRewards()).isEqualTo(same.getRewards());
      assertThat(rollout.getAdvantages()).hasSameSizeAs(same.getAdvantages());
      for (int t = 0; t < same.getAdvantages().size(); t++) {
        assertThat(rollout.getAdvantages().get(t))
            .isCloseTo(same.getAdvantages().get(t), within(1e-9));
      }
    }
  }

  @Provide
  Arbitrary<CreditSettings> settings() {
    return Combinators.combine(
            Arbitraries.of(0.1, 0.5, 1.0, 1.9), Arbitraries.of(Normalisation.values()))
        .as((process, normalisation) -> new CreditSettings(2, process, normalisation, 0));
  }

  @Provide
  Arbitrary<TwoOrders<Evidence>> groupsInTwoOrders() {
    return TwoOrders.of(groups());
  }

  @Provide
  Arbitrary<List<Evidence>> groups() {
    Arbitrary<int[]> lengths =
        Arbitraries.integers().between(1, 6).array(int[].class).ofMinSize(1).ofMaxSize(5);
    Arbitrary<List<Integer>> wrong = Arbitraries.integers().between(0, 4).list().ofMaxSize(4);
    Arbitrary<Integer> outcomes = Arbitraries.integers().between(0, 1);
    record Sketch(int outcome, int[] lengths, List<Integer> wrong) {}
    return Combinators.combine(outcomes, lengths, wrong)
        .as(Sketch::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(6)
        .map(
            sketches ->
                IntStream.range(0, sketches.size())
                    .mapToObj(
                        i ->
                            CapoCreditTest.bare(
                                i,
                                sketches.get(i).outcome(),
                                sketches.get(i).lengths(),
                                sketches.get(i).wrong()))
                    .toList());
  }
}
