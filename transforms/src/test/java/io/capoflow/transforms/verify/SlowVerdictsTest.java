package io.capoflow.transforms.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.TestRollouts;
import io.capoflow.transforms.fakes.DawdlingVerifier;
import io.capoflow.transforms.storage.RowCoder;
import io.capoflow.verifiers.VerifierOptions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Create;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.Logger;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.config.Property;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A verdict over 250 ms is counted and logged, and is the verdict that it would have been. */
class SlowVerdictsTest {
  private final Logger logger = (Logger) LogManager.getLogger(AnswerVerification.class);
  private final LogLines log = new LogLines();

  @BeforeEach
  void listen() {
    log.start();
    logger.addAppender(log);
    logger.setAdditive(false);
    logger.setLevel(Level.WARN);
  }

  @AfterEach
  void stopListening() {
    logger.removeAppender(log);
    logger.setAdditive(true);
    log.stop();
  }

  @Test
  void aVerdictIsSlowAbove250Milliseconds() {
    Verdict atTheLimit = verdict(rollout(0, "250"));
    Verdict above = verdict(rollout(0, "250.001"));

    assertThat(atTheLimit.getMicros()).isEqualTo(250_000);
    assertThat(above.getMicros()).isEqualTo(250_001);
    assertThat(AnswerVerification.isSlow(atTheLimit.getMicros())).isFalse();
    assertThat(AnswerVerification.isSlow(above.getMicros())).isTrue();
  }

  @Test
  void theLogNamesTheRowAndShowsNothingOfTheResponse() {
    Rollout slow = rollout(7, "812.5");
    verdict(rollout(6, "3"));
    verdict(slow);

    assertThat(log.lines)
        .containsExactly(
            "WARN slow verdict: dawdling took 812 ms for the row " + slow.getRolloutId());
  }

  @Test
  void timeIsInNoDigestOfAVerdict() {
    Verdict quick = verdict(rollout(0, "1"));
    Verdict slow = verdict(rollout(0, "999"));

    assertThat(slow.getMicros()).isNotEqualTo(quick.getMicros());
    assertThat(Digests.ofRow(slow)).isEqualTo(Digests.ofRow(quick));
  }

  @Test
  void slowVerdictsOfADataflowAreCounted() {
    List<Rollout> rollouts =
        Stream.of("0", "251", "249", "250", "9000")
            .map(millis -> rollout(millis.hashCode(), millis))
            .toList();
    Pipeline pipeline = Pipeline.create(PipelineOptionsFactory.create());
    pipeline
        .apply(Create.of(rollouts).withCoder(RowCoder.of(Rollout.class)))
        .apply(VerifyAnswers.with("dawdling").withClock(DawdlingVerifier::nanos));
    PipelineResult result = pipeline.run();
    result.waitUntilFinish();

    assertThat(
            result
                .metrics()
                .queryMetrics(
                    MetricsFilter.builder()
                        .addNameFilter(MetricNameFilter.named("verify", "slow_verdicts"))
                        .build())
                .getCounters())
        .extracting(MetricResult::getCommitted)
        .containsExactly(2L);
  }

  private static Verdict verdict(Rollout rollout) {
    return new AnswerVerification(
            new DawdlingVerifier(), VerifierOptions.strict(), DawdlingVerifier::nanos)
        .verify(rollout);
  }

  private static Rollout rollout(int sample, String millis) {
    return TestRollouts.stopped(sample, millis);
  }

  private static final class LogLines extends AbstractAppender {
    private final List<String> lines = Collections.synchronizedList(new ArrayList<>());

    private LogLines() {
      super("lines", null, null, false, Property.EMPTY_ARRAY);
    }

    @Override
    public void append(LogEvent event) {
      lines.add(event.getLevel() + " " + event.getMessage().getFormattedMessage());
    }
  }
}
