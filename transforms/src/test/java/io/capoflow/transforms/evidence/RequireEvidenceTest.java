package io.capoflow.transforms.evidence;

import static io.capoflow.transforms.TestRollouts.evidence;
import static io.capoflow.transforms.TestRollouts.stopped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.StepVotes;
import io.capoflow.schemas.UserMistake;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.credit.AssignCredit;
import io.capoflow.transforms.credit.CapoCredit;
import io.capoflow.transforms.credit.CreditSettings;
import io.capoflow.transforms.credit.CreditSettings.Normalisation;
import io.capoflow.transforms.credit.Evidence;
import io.capoflow.transforms.storage.RowCoder;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RequireEvidenceTest {
  private static final List<Evidence> GROUP =
      List.of(evidence(stopped(0, "a", "\n\n", "b"), 1, 1), evidence(stopped(1, "a"), 0));
  private static final List<CreditedRollout> CREDITS =
      new CapoCredit().assign(GROUP, new CreditSettings(2, 1, Normalisation.TOKEN, 0));

  /** To copy a record is to have Avro make its parts. */
  @BeforeAll
  static void trustRecords() {
    RecordClasses.trust();
  }

  @Test
  void soundEvidenceLetsEveryCreditPass() {
    Pipeline pipeline = Pipeline.create();
    PAssert.that(passed(pipeline, verdicts(20, 1), votes(10, 9), 0.05, 0.9))
        .containsInAnyOrder(CREDITS);
    assertThat(pipeline.run().waitUntilFinish()).isNotNull();
  }

  @Test
  void moreFaultsThanTheShareStopEverything() {
    Pipeline pipeline = Pipeline.create();
    passed(pipeline, verdicts(19, 1), votes(10, 0), 0.05, 0.9);
    assertThatThrownBy(() -> pipeline.run().waitUntilFinish())
        .satisfies(
            thrown ->
                assertThat(UserMistake.in(thrown).orElseThrow().getMessage())
                    .startsWith(
                        "1 of the iteration's 19 verdicts are faults of the verifier, more than"
                            + " verify.max_fault_share 0.05 allows"));
  }

  @Test
  void moreVoidsThanTheShareStopEverything() {
    Pipeline pipeline = Pipeline.create();
    passed(pipeline, verdicts(5, 0), votes(10, 10), 0.05, 0.9);
    assertThatThrownBy(() -> pipeline.run().waitUntilFinish())
        .satisfies(
            thrown ->
                assertThat(UserMistake.in(thrown).orElseThrow().getMessage())
                    .startsWith(
                        "40 of the iteration's 40 critiques are void, more than"
                            + " critique.max_void_share 0.9 allows"));
  }

  @Test
  void aShareOfOneStopsNothing() {
    Pipeline pipeline = Pipeline.create();
    PAssert.that(passed(pipeline, verdicts(3, 3), votes(2, 2), 1, 1)).containsInAnyOrder(CREDITS);
    assertThat(pipeline.run().waitUntilFinish()).isNotNull();
  }

  private static PCollection<CreditedRollout> passed(
      Pipeline pipeline,
      List<Verdict> verdicts,
      List<StepVotes> votes,
      double maxFaultShare,
      double maxVoidShare) {
    return PCollectionTuple.of(
            AssignCredit.VERDICTS,
            pipeline.apply("v", Create.of(verdicts).withCoder(RowCoder.of(Verdict.class))))
        .and(
            AssignCredit.VOTES,
            pipeline.apply("s", Create.of(votes).withCoder(RowCoder.of(StepVotes.class))))
        .and(
            RequireEvidence.CREDITS,
            pipeline.apply("c", Create.of(CREDITS).withCoder(RowCoder.of(CreditedRollout.class))))
        .apply(RequireEvidence.withShares(maxFaultShare, maxVoidShare));
  }

  private static List<Verdict> verdicts(int all, int faults) {
    return IntStream.range(0, all)
        .mapToObj(
            i ->
                Verdict.newBuilder(GROUP.get(0).verdict())
                    .setSampleIndex(i)
                    .setReason(i < faults ? "FAULT" : "WRONG")
                    .build())
        .toList();
  }

  /** Votes over 4 critiques each, all of them void where told. */
  private static List<StepVotes> votes(int all, int voided) {
    StepVotes four =
        StepVotes.newBuilder(GROUP.get(0).votes().orElseThrow())
            .setCritiques(4)
            .setValidCritiques(4)
            .build();
    StepVotes none = StepVotes.newBuilder(four).setValidCritiques(0).build();
    return Stream.concat(
            Stream.generate(() -> none).limit(voided),
            Stream.generate(() -> four).limit(all - voided))
        .toList();
  }
}
