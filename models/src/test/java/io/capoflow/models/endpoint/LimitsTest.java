package io.capoflow.models.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.endpoint.ChatAnswer.TokenCounts;
import io.capoflow.models.endpoint.Estimates.Estimate;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Window, pace, budget and health, each by itself. */
class LimitsTest {
  private static final long SECOND = 1_000_000_000L;

  @Test
  void aWindowIsHalvedOnceForAllCallsThatWereOnTheWay() {
    Window window = new Window(64);
    window.refused(0, 100, 64);
    window.refused(50, 120, 63);
    window.refused(100, 130, 20);

    assertThat(window.size()).isEqualTo(10);
    window.refused(140, 150, 1);
    assertThat(window.size()).isEqualTo(1);
  }

  @Test
  void aWindowGrowsAStepForEveryWindowOfAnswers() {
    Window window = new Window(64);
    window.refused(0, 1, 64);
    assertThat(window.size()).isEqualTo(32);
    answered(window, 32);
    assertThat(window.size()).isEqualTo(35);
    answered(window, 1000);
    assertThat(window.size()).isEqualTo(64);
  }

  private static void answered(Window window, int times) {
    for (int i = 0; i < times; i++) {
      window.answered();
    }
  }

  @Test
  void aPaceLetsASecondsWorthThroughAtOnceAndThenItsRate() {
    Pace pace = new Pace(600, 0);
    long now = 0;
    for (int i = 0; i < 10; i++) {
      assertThat(pace.delay(now)).isZero();
      pace.take(1, now);
    }
    assertThat(pace.delay(now)).isEqualTo(SECOND / 10);
    now += SECOND / 10;
    assertThat(pace.delay(now)).isZero();
  }

  @Test
  void aPaceIsOverdrawnByWhatIsLargeAndPaysItBack() {
    Pace pace = new Pace(60, 0);
    pace.take(31, 0);
    assertThat(pace.delay(0)).isEqualTo(31 * SECOND);
    pace.giveBack(20, 0);
    assertThat(pace.delay(0)).isEqualTo(11 * SECOND);
  }

  @Test
  void noPaceDelaysNothing() {
    Pace pace = new Pace(0, 0);
    pace.take(Integer.MAX_VALUE, 0);
    assertThat(pace.delay(0)).isZero();
  }

  @Test
  void aBudgetIsKeptInMoneyToo() {
    CallLimits limits =
        new CallLimits(4, 1, 0, 0, Duration.ofMinutes(1), 1, 1, Duration.ofMinutes(1), 0, 4.0, 2);
    Budget budget = new Budget(limits, new TokenPrices(1, 0.1, 10));
    Estimate call = new Estimate(100_000, 10_000, 50_000); // 0.1 and at most 0.5

    for (int i = 0; i < 3; i++) {
      assertThat(budget.room(call)).isEqualTo(Budget.Room.ENOUGH);
      budget.reserve(call);
    }
    assertThat(budget.room(call)).isEqualTo(Budget.Room.MAYBE_LATER);
    // All of the prompt was read before: 0.01 and 0.1
    budget.settle(call, new TokenCounts(100_000, 100_000, 10_000, 0));
    assertThat(budget.room(call)).isEqualTo(Budget.Room.ENOUGH);
    budget.reserve(call);
    budget.settle(call, new TokenCounts(100_000, 0, 50_000, 0));
    budget.settle(call, new TokenCounts(100_000, 0, 50_000, 0));
    assertThat(budget.room(call)).isEqualTo(Budget.Room.MAYBE_LATER);
    budget.settle(call, new TokenCounts(100_000, 0, 50_000, 0));
    assertThat(budget.room(call)).isEqualTo(Budget.Room.NONE);
    assertThat(budget.spent(call))
        .isEqualTo(
            "the budget of 2.00 is spent: 1.9100 went to calls, and a further one may cost 0.6000;"
                + " run the same command again to go on");
  }

  @Test
  void aBudgetBelowOneCallSaysSo() {
    CallLimits limits =
        new CallLimits(4, 1, 0, 0, Duration.ofMinutes(1), 2, 1, Duration.ofMinutes(1), 100, 0, 1);
    assertThat(new Budget(limits, TokenPrices.NONE).spent(new Estimate(80, 64, 64)))
        .isEqualTo(
            "the budget of 100 tokens is less than the 144 that one call may need: raise it, or"
                + " lower critique.max_new_tokens");
  }

  @Test
  void anAnswerBetweenBeginAndFailureBlamesTheCall() {
    Health health = new Health();
    health.answered(10);
    assertThat(health.blamesCall(5)).isTrue();
    assertThat(health.blamesCall(15)).isFalse();
    health.doubted();
    assertThat(health.blamesCall(5)).isFalse();
    health.answered(20);
    assertThat(health.blamesCall(15)).isTrue();
  }

  @Test
  void pausesBetweenProbesDoubleUntilAnAnswer() {
    Health health = new Health();
    for (long seconds : new long[] {1, 2, 4, 8, 16, 30, 30}) {
      assertThat(health.nextPause()).isEqualTo(seconds * SECOND);
    }
    health.answered(1);
    assertThat(health.nextPause()).isEqualTo(SECOND);
  }

  @Test
  void estimatesFollowWhatCallsCameTo() {
    Estimates estimates = new Estimates();
    ChatCall call = new ChatCall(Calls.request(1), 0, 2);
    int characters = call.request().messages().get(0).getContent().length();

    assertThat(estimates.of(call)).isEqualTo(new Estimate((characters + 2) / 3, 128, 128));
    estimates.answered(call, new TokenCounts(characters / 2, 0, 40, 0));
    assertThat(estimates.of(call)).isEqualTo(new Estimate(characters / 2, 40, 128));
  }
}
