package io.capoflow.transforms.verify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import io.capoflow.schemas.Verdict;
import io.capoflow.transforms.TestRollouts;
import io.capoflow.transforms.storage.CommitShards;
import io.capoflow.transforms.storage.RowCoder;
import io.capoflow.transforms.storage.RunDirectory;
import io.capoflow.transforms.storage.ShardPlan;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.Stage;
import io.capoflow.transforms.storage.StageManifest;
import io.capoflow.verifiers.CompositeVerifier;
import io.capoflow.verifiers.VerifierOptions;
import io.capoflow.verifiers.VerifierOptions.Mode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who judged and how is part of a verdict, and kept verdicts of other options are not reused. */
class VerdictsOfSourcesTest {
  private static final VerifierOptions STRICT = VerifierOptions.strict();

  @TempDir Path directory;

  @Test
  void theVerdictNamesTheVerifierThatTheSourcePicked() {
    Verdict choice = verdict(rollout("gpqa", "B", "\\boxed{B}"), STRICT);
    Verdict numeric = verdict(rollout("gsm8k", "4", "#### 4"), STRICT);
    assertThat(choice.getVerifier()).isEqualTo("choice/choice-1");
    assertThat(numeric.getVerifier()).isEqualTo("numeric/numeric-1");
    assertThat(List.of(choice.getOutcome(), numeric.getOutcome())).containsOnly(1);
  }

  @Test
  void everyOptionIsInTheDigestOfTheVerdict() {
    Rollout rollout = rollout("gsm8k", "4", "#### 4");
    assertThat(
            List.of(
                verdict(rollout, STRICT).getOptionsDigest(),
                verdict(rollout, new VerifierOptions(Mode.LENIENT, 0)).getOptionsDigest(),
                verdict(rollout, new VerifierOptions(Mode.STRICT, 1)).getOptionsDigest(),
                verdict(rollout, STRICT.withAnswerTag(true)).getOptionsDigest(),
                verdict(rollout, STRICT.withApproxDigits(5)).getOptionsDigest(),
                verdict(rollout, STRICT.withLiteralOnly(true)).getOptionsDigest(),
                verdict(rollout, STRICT.withBySource(Map.of("a", "text"))).getOptionsDigest()))
        .doesNotHaveDuplicates();
  }

  @Test
  void keptVerdictsAreReplacedWhereAnOptionOrTheVerifierChanges() {
    Rollout rollout = rollout("gsm8k", "4", "I have 4");
    Verdict strict = kept(rollout, "numeric", STRICT);
    Verdict again = kept(rollout, "numeric", STRICT);
    Verdict lenient = kept(rollout, "numeric", new VerifierOptions(Mode.LENIENT, 0));
    Verdict reseeded = kept(rollout, "numeric", new VerifierOptions(Mode.LENIENT, 3));
    Verdict math = kept(rollout, "math", new VerifierOptions(Mode.LENIENT, 3));

    assertThat(strict.getOutcome()).isZero();
    assertThat(again).isEqualTo(strict);
    assertThat(lenient.getOutcome()).isOne();
    assertThat(reseeded.getOptionsDigest()).isNotEqualTo(lenient.getOptionsDigest());
    assertThat(math.getVerifier()).startsWith("math/");
  }

  @Test
  void keptVerdictsAreReplacedByThoseOfTheOptionAndBroughtBackWithoutIt() {
    assertReplaced("4", "<answer>4</answer> or \\boxed{5}", false, STRICT.withAnswerTag(true));
    assertReplaced("\\frac{1}{3}", "\\boxed{0.333}", false, STRICT.withApproxDigits(3));
    assertReplaced("1024", "\\boxed{2^{10}}", true, STRICT.withLiteralOnly(true));
  }

  /** The source has no verifier of its own, so that the options must pass on to math. */
  private void assertReplaced(
      String gold, String response, boolean rightWithout, VerifierOptions options) {
    Rollout rollout = rollout("competition", gold, response);
    Verdict without = kept(rollout, "by_source", STRICT);
    Verdict with = kept(rollout, "by_source", options);

    assertThat(with.getOutcome()).isEqualTo(rightWithout ? 0 : 1);
    assertThat(without.getOutcome()).isEqualTo(rightWithout ? 1 : 0);
    assertThat(with.getOptionsDigest()).isNotEqualTo(without.getOptionsDigest());
    assertThat(with.getVerifier()).isEqualTo(without.getVerifier()).startsWith("math/");
    assertThat(Digests.ofRow(kept(rollout, "by_source", STRICT))).isEqualTo(Digests.ofRow(without));
  }

  @Test
  void aTableReadsAsPeopleWriteIt() {
    assertThat(VerifierTable.parse(List.of("gsm8k=numeric", " a=b = text", "*=math")))
        .containsExactly(
            Map.entry("*", "math"), Map.entry("a=b", "text"), Map.entry("gsm8k", "numeric"));
  }

  @Test
  void aTableThatSaysNothingIsAMistake() {
    assertMistake("expects source=verifier, found 'gsm8k'", "gsm8k");
    assertMistake("expects source=verifier, found '=math'", "=math");
    assertMistake("expects source=verifier, found 'a='", "a=");
    assertMistake("did you mean 'numeric'?", "a=numerik");
    assertMistake("leads back to by_source", "a=by_source");
    assertMistake("names the source 'a' twice", "a=math", "a=text");
    assertThatThrownBy(
            () ->
                VerifyAnswers.with("by_source").withOptions(STRICT.withBySource(Map.of("a", "b"))))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("unknown verifier 'b'");
  }

  private static void assertMistake(String message, String... entries) {
    assertThatThrownBy(() -> VerifierTable.parse(List.of(entries)))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(message);
  }

  private static Verdict verdict(Rollout rollout, VerifierOptions options) {
    return new AnswerVerification(new CompositeVerifier(), options).verify(rollout);
  }

  /** As an iteration keeps it; the same folder each time. */
  private Verdict kept(Rollout rollout, String verifier, VerifierOptions options) {
    ShardStore<Verdict> store = RunDirectory.at(directory).shards(3, Stage.VERDICTS);
    ShardPlan plan = ShardPlan.of(List.of("p"), 1);
    Pipeline pipeline = Pipeline.create(PipelineOptionsFactory.create());
    pipeline
        .apply(Create.of(rollout).withCoder(RowCoder.of(Rollout.class)))
        .apply(VerifyAnswers.with(verifier).withOptions(options))
        .apply(CommitShards.into(store, plan));
    pipeline.run().waitUntilFinish();
    StageManifest manifest = StageManifest.close(store, plan.shards(), "settings");
    List<Verdict> rows = StageManifest.rows(store.directory(), Verdict.class, manifest);
    assertThat(rows).hasSize(1);
    return rows.get(0);
  }

  private static Rollout rollout(String source, String gold, String response) {
    Rollout rollout = TestRollouts.stopped(0, response);
    Problem problem =
        Problem.newBuilder(rollout.getProblem()).setSource(source).setAnswer(gold).build();
    return Rollout.newBuilder(rollout).setProblem(problem).build();
  }
}
