package io.capoflow.transforms.evidence;

import static io.capoflow.transforms.TestRollouts.evidence;
import static io.capoflow.transforms.TestRollouts.stopped;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.CreditedRollout;
import io.capoflow.schemas.Critique;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.UserMistake;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.credit.AssignCredit;
import io.capoflow.transforms.credit.CapoCredit;
import io.capoflow.transforms.credit.CreditSettings;
import io.capoflow.transforms.credit.CreditSettings.Normalisation;
import io.capoflow.transforms.credit.Evidence;
import io.capoflow.transforms.storage.RowCoder;
import io.capoflow.transforms.vote.VoteOnSteps;
import java.util.List;
import java.util.stream.IntStream;
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
    PAssert.that(passed(pipeline, verdicts(20, 1), critiques(40, 36, 0), 0.05, 0.9, 0.02))
        .containsInAnyOrder(CREDITS);
    assertThat(pipeline.run().waitUntilFinish()).isNotNull();
  }

  @Test
  void moreFaultsThanTheShareStopEverything() {
    Pipeline pipeline = Pipeline.create();
    passed(pipeline, verdicts(19, 1), critiques(40, 0, 0), 0.05, 0.9, 0.02);
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
    passed(pipeline, verdicts(5, 0), critiques(40, 40, 0), 0.05, 0.9, 0.02);
    assertThatThrownBy(() -> pipeline.run().waitUntilFinish())
        .satisfies(
            thrown ->
                assertThat(UserMistake.in(thrown).orElseThrow().getMessage())
                    .startsWith(
                        "40 of the iteration's 40 critiques are void, more than"
                            + " critique.max_void_share 0.9 allows"));
  }

  @Test
  void moreFailuresThanTheShareStopEverything() {
    Pipeline pipeline = Pipeline.create();
    passed(pipeline, verdicts(5, 0), critiques(100, 3, 3), 0.05, 0.9, 0.02);
    assertThatThrownBy(() -> pipeline.run().waitUntilFinish())
        .satisfies(
            thrown ->
                assertThat(UserMistake.in(thrown).orElseThrow().getMessage())
                    .startsWith(
                        "3 of the iteration's 100 critiques failed, more than"
                            + " critique.max_failed_share 0.02 allows"));
  }

  @Test
  void asManyFailuresAsTheShareAllowsPass() {
    Pipeline pipeline = Pipeline.create();
    PAssert.that(passed(pipeline, verdicts(5, 0), critiques(100, 60, 2), 0.05, 0.9, 0.02))
        .containsInAnyOrder(CREDITS);
    assertThat(pipeline.run().waitUntilFinish()).isNotNull();
  }

  @Test
  void aShareOfOneStopsNothing() {
    Pipeline pipeline = Pipeline.create();
    PAssert.that(passed(pipeline, verdicts(3, 3), critiques(8, 8, 8), 1, 1, 1))
        .containsInAnyOrder(CREDITS);
    assertThat(pipeline.run().waitUntilFinish()).isNotNull();
  }

  private static PCollection<CreditedRollout> passed(
      Pipeline pipeline,
      List<Verdict> verdicts,
      List<Critique> critiques,
      double maxFaultShare,
      double maxVoidShare,
      double maxFailedShare) {
    return PCollectionTuple.of(
            AssignCredit.VERDICTS,
            pipeline.apply("v", Create.of(verdicts).withCoder(RowCoder.of(Verdict.class))))
        .and(
            VoteOnSteps.CRITIQUES,
            pipeline.apply("s", Create.of(critiques).withCoder(RowCoder.of(Critique.class))))
        .and(
            RequireEvidence.CREDITS,
            pipeline.apply("c", Create.of(CREDITS).withCoder(RowCoder.of(CreditedRollout.class))))
        .apply(RequireEvidence.withShares(maxFaultShare, maxVoidShare, maxFailedShare));
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

  /** Critiques of which the first are void, and of these the first failed. */
  private static List<Critique> critiques(int all, int voided, int failed) {
    return IntStream.range(0, all)
        .mapToObj(
            i ->
                Critique.newBuilder()
                    .setIteration(0)
                    .setProblemId("a")
                    .setSampleIndex(i)
                    .setRolloutId("a/" + i)
                    .setCritiqueIndex(0)
                    .setCritic("critic")
                    .setPromptTemplate("capo")
                    .setText("")
                    .setWrongSteps(List.of())
                    .setDroppedIndices(0)
                    .setVoidReason(i < failed ? "FAILED" : i < voided ? "CUT" : null)
                    .setPromptTokens(1)
                    .setTokens(1)
                    .setFinishReason("stop")
                    .setMillis(0)
                    .setSeed(0)
                    .build())
        .toList();
  }
}
