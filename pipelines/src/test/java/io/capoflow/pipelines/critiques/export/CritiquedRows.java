package io.capoflow.pipelines.critiques.export;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.RecordClasses;
import io.capoflow.schemas.SourceColumn;
import io.capoflow.schemas.StepCritique;
import io.capoflow.schemas.StepLabels;
import io.capoflow.schemas.VoteCount;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** Rows of a dataset as its pipeline writes them, made by hand. */
final class CritiquedRows {
  static final String INTERSECTION = "intersection";
  static final String UNION = "union";

  static {
    // Avro copies parts of a record that a builder starts from.
    RecordClasses.trust();
  }

  private CritiquedRows() {}

  /** A critique that can be read and ended by itself. */
  static StepCritique critique(String critic, int index, String text, Integer... wrong) {
    return StepCritique.newBuilder()
        .setCritic(critic)
        .setPromptTemplate("capo")
        .setPromptDigest("")
        .setCritiqueIndex(index)
        .setText(text)
        .setJudgment(wrong.length == 0 ? "yes" : "no")
        .setWrongSteps(Arrays.asList(wrong))
        .setFinishReason("stop")
        .setPromptTokens(10)
        .setTokens(text.length())
        .setMillis(3)
        .build();
  }

  /** One that abstains. */
  static StepCritique voided(String critic, int index, String text) {
    return StepCritique.newBuilder(critique(critic, index, text))
        .setJudgment(null)
        .setVoidReason("no_list")
        .build();
  }

  /** One that the length limit cut. */
  static StepCritique cut(StepCritique critique) {
    return StepCritique.newBuilder(critique).setFinishReason("length").build();
  }

  /**
   * A row whose labels and voted steps come from its critiques: a step is wrong when all valid
   * critiques say so, or by the rule {@link #UNION} when any does. There is no quorum where fewer
   * than half of them are valid.
   */
  static CritiquedRollout row(
      String id, String question, List<String> steps, StepCritique... critiques) {
    List<StepCritique> valid =
        Arrays.stream(critiques).filter(each -> each.getVoidReason() == null).toList();
    boolean quorum = steps.isEmpty() || valid.size() >= (critiques.length + 1) / 2;
    List<Integer> votes =
        IntStream.range(0, steps.size())
            .mapToObj(
                step ->
                    (int)
                        valid.stream().filter(each -> each.getWrongSteps().contains(step)).count())
            .toList();
    List<Double> all = votes.stream().map(n -> n == valid.size() ? 1.0 : 0.0).toList();
    List<Double> any = votes.stream().map(n -> n > 0 ? 1.0 : 0.0).toList();
    return CritiquedRollout.newBuilder()
        .setRolloutId(id)
        .setProblemId("problem-of-" + id)
        .setSourceId("their-" + id)
        .setLayout("jsonl")
        .setSource("gsm8k")
        .setPrompt(List.of(new Message("user", question)))
        .setQuestion(question)
        .setAnswer("42")
        .setResponse(String.join("\n\n", steps))
        .setSteps(steps)
        .setTruth(truth(steps.size()))
        .setColumns(List.of(new SourceColumn("generator", "somebody's model")))
        .setOutcome(1)
        .setExtracted("42")
        .setVerdictReason("equal")
        .setVerifier("math 1")
        .setCritiques(Arrays.stream(critiques).map(each -> shown(question, each)).toList())
        .setVotes(
            List.of(
                VoteCount.newBuilder()
                    .setCritic("all")
                    .setCritiques(critiques.length)
                    .setValidCritiques(valid.size())
                    .setQuorum(quorum)
                    .setYesJudgments(judgments(valid, "yes"))
                    .setNoJudgments(judgments(valid, "no"))
                    .setWrongVotes(votes)
                    .build()))
        .setLabels(
            List.of(
                // Another critic's come first: they are not what all of them say.
                new StepLabels("a critic", UNION, quorum ? all : List.of()),
                new StepLabels("all", INTERSECTION, quorum ? all : List.of()),
                new StepLabels("all", UNION, quorum ? any : List.of())))
        .setRule(INTERSECTION)
        .setWrongSteps(
            quorum
                ? IntStream.range(0, steps.size())
                    .filter(step -> all.get(step) == 1)
                    .boxed()
                    .toList()
                : null)
        .setAgreement(valid.size() < 2 ? null : 1.0)
        .setPromptTokens(10L * critiques.length)
        .setTokens(Arrays.stream(critiques).mapToLong(StepCritique::getTokens).sum())
        .setMillis(7)
        .setCapoflow("0.1.0")
        .build();
  }

  /** What the rows' critics were shown. */
  static List<Message> prompt(String question, StepCritique critique) {
    return List.of(new Message("user", critique.getPromptTemplate() + ": " + question));
  }

  private static StepCritique shown(String question, StepCritique critique) {
    Message message = prompt(question, critique).get(0);
    return StepCritique.newBuilder(critique)
        .setPromptDigest(Digests.ofParts(message.getRole(), message.getContent()))
        .build();
  }

  /** Right, wrong, unknown, right, …: a list that holds nulls. */
  private static List<Boolean> truth(int steps) {
    List<Boolean> truth = new ArrayList<>();
    IntStream.range(0, steps)
        .forEach(step -> truth.add(step % 3 == 2 ? null : Boolean.valueOf(step % 3 == 0)));
    return truth;
  }

  private static int judgments(List<StepCritique> critiques, String judgment) {
    return (int) critiques.stream().filter(each -> judgment.equals(each.getJudgment())).count();
  }
}
