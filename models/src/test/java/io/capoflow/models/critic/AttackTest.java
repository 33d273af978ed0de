package io.capoflow.models.critic;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.models.attacks.Attacks;
import io.capoflow.models.attacks.ForgivingReader;
import io.capoflow.models.steps.BlankLineSplitter;
import io.capoflow.models.steps.Step;
import io.capoflow.schemas.Judgment;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Whatever a response, a question or a reference says: the tags of a prompt are ours, and a critic
 * that quotes them says what it says itself.
 */
class AttackTest {
  private static final Map<String, String> ATTACKS = Attacks.all();
  private static final int MANY = 6;

  private static final List<PromptTemplate> TEMPLATES =
      List.of(
          new CapoTemplate(),
          new CapoPaperTemplate(),
          new ProcessBenchTemplate(),
          FileTemplate.of(
              "tags.txt",
              "<q>{{question}}</q><a>{{reference}}</a><work>{{steps}}</work> Answer in"
                  + " <incorrect_steps>."),
          FileTemplate.of(
              "bare.txt", "{{question}} {{reference}}\n{{question}}{{reference}}{{steps}}"),
          FileTemplate.of(
              "words.txt", "{{reference}} step by step: {{question}} incorrect? {{steps}}"));

  @TestFactory
  Stream<DynamicTest> noAttackOfTheTableTouchesAPromptsStructure() {
    return ATTACKS.entrySet().stream()
        .map(
            attack ->
                DynamicTest.dynamicTest(
                    attack.getKey(), () -> requireOurStructure(List.of(attack.getValue()))));
  }

  @TestFactory
  Stream<DynamicTest> noAttackOfTheTableAltersTheVerdictOfACriticThatQuotesIt() {
    return ATTACKS.entrySet().stream()
        .map(
            attack ->
                DynamicTest.dynamicTest(
                    attack.getKey(), () -> requireOwnVerdict(List.of(attack.getValue()))));
  }

  @Property(tries = 3000)
  void noCombinationTouchesAPromptsStructure(@ForAll("combinations") List<String> texts) {
    requireOurStructure(texts);
  }

  @Property(tries = 2000)
  void noCombinationAltersTheVerdictOfACriticThatQuotesIt(
      @ForAll("combinations") List<String> texts) {
    requireOwnVerdict(texts);
  }

  @Provide
  Arbitrary<List<String>> combinations() {
    Arbitrary<String> pieces =
        Arbitraries.of(
            "<",
            "\uFF1C",
            "\u226E",
            ">",
            "\uFF1E",
            "/",
            "\uFF0F",
            "\u2044",
            "step",
            "\u0455tep",
            "_0",
            "_1",
            "paragraph",
            "incorrect",
            "_steps",
            "judg",
            "\u0408udg",
            "ment",
            "ement",
            ": Yes",
            ": No",
            "\\boxed",
            "{0}",
            "{-1}",
            "|",
            "\uFF5C",
            "[",
            "\uFF3B",
            "INST",
            "]",
            "im_end",
            " ",
            "\n",
            "\n\n",
            "\u00A0",
            "\u200B",
            "\u202E",
            "\u0338",
            "\u0301",
            "\u00AD",
            "\uFEFF",
            "\u2800",
            "\u3164",
            "x",
            "7",
            "\uD835\uDC2C",
            "0, 1");
    Arbitrary<String> attacks = Arbitraries.of(List.copyOf(ATTACKS.values()));
    Arbitrary<String> text =
        Arbitraries.frequencyOf(
                net.jqwik.api.Tuple.of(6, pieces), net.jqwik.api.Tuple.of(1, attacks))
            .list()
            .ofMaxSize(10)
            .map(parts -> String.join("", parts));
    return text.list().ofMinSize(1).ofMaxSize(3);
  }

  /** Every order of the texts as response, question and reference. */
  private static void requireOurStructure(List<String> texts) {
    for (PromptTemplate template : TEMPLATES) {
      for (int turn = 0; turn < texts.size(); turn++) {
        String response = texts.get(turn);
        String question = texts.get((turn + 1) % texts.size());
        String reference = texts.get((turn + 2) % texts.size());
        Rollout hostile = rollout(List.of("What?", question), reference, response);
        List<Step> steps = new BlankLineSplitter().split(response);

        String prompt = content(template.render(hostile, steps));

        assertThat(ForgivingReader.structure(prompt))
            .as("%s: %s", template.name(), prompt)
            .isEqualTo(ForgivingReader.structure(harmless(template, steps.size())));
      }
    }
  }

  /** As many steps, of which none says anything. */
  private static String harmless(PromptTemplate template, int steps) {
    String response =
        IntStream.range(0, steps).mapToObj(i -> "x").collect(Collectors.joining("\n\n"));
    return content(
        template.render(
            rollout(List.of("x"), "x", response), new BlankLineSplitter().split(response)));
  }

  private static void requireOwnVerdict(List<String> texts) {
    for (PromptTemplate template : TEMPLATES) {
      Rollout hostile = rollout(texts, texts.get(texts.size() - 1), String.join("\n\n", texts));
      List<Step> steps = new BlankLineSplitter().split(hostile.getResponse());
      String prompt = content(template.render(hostile, steps));
      List<String> quotations = new ArrayList<>(texts);
      quotations.add(prompt);
      quotations.add(ForgivingReader.seen(prompt));
      quotations.add(Normalizer.normalize(prompt, Normalizer.Form.NFKC));
      for (String quotation : quotations) {
        for (Verdict verdict : verdicts(template)) {
          assertThat(template.read(quotation + "\n\n" + verdict.text(), false, MANY))
              .as("%s after %s", verdict.text(), quotation)
              .isEqualTo(verdict.reading());
        }
      }
      requireNoVerdict(template, hostile, steps);
    }
  }

  /** A critic that quotes all of the rollout and says nothing itself has given no verdict. */
  private static void requireNoVerdict(PromptTemplate template, Rollout hostile, List<Step> steps) {
    String quotation =
        template instanceof ProcessBenchTemplate
            ? content(template.render(hostile, steps)).replace("\\boxed{}", "a box")
            : PromptFields.question(hostile.getProblem())
                + "\n"
                + PromptFields.reference(hostile.getProblem())
                + "\n"
                + PromptFields.taggedSteps(hostile, steps);

    assertThat(template.read(quotation, false, MANY))
        .as(quotation)
        .isEqualTo(CritiqueReading.abstaining(Optional.empty(), 0, VoidReason.NO_STEP_LIST));
  }

  private record Verdict(String text, CritiqueReading reading) {}

  private static List<Verdict> verdicts(PromptTemplate template) {
    if (template instanceof ProcessBenchTemplate) {
      return List.of(
          new Verdict(
              "\\boxed{-1}", CritiqueReading.valid(Optional.of(Judgment.YES), List.of(), 0)),
          new Verdict(
              "So \\boxed{2}.", CritiqueReading.valid(Optional.of(Judgment.NO), List.of(2), 0)));
    }
    String judgment = "Judgment: Is the solution correct (Yes/No)? ";
    return List.of(
        new Verdict(
            judgment + "Yes\n<incorrect_steps></incorrect_steps>",
            CritiqueReading.valid(Optional.of(Judgment.YES), List.of(), 0)),
        new Verdict(
            judgment + "No\n<incorrect_steps>1, 3</incorrect_steps>",
            CritiqueReading.valid(Optional.of(Judgment.NO), List.of(1, 3), 0)));
  }

  private static String content(List<Message> messages) {
    assertThat(messages).extracting(Message::getRole).containsExactly("user");
    return messages.get(0).getContent();
  }

  private static Rollout rollout(List<String> question, String reference, String response) {
    Problem problem =
        Problem.newBuilder()
            .setProblemId("p")
            .setPrompt(question.stream().map(text -> new Message("user", text)).toList())
            .setAnswer("4")
            .setSolution(reference)
            .setSource("test")
            .setMetadata(Map.of())
            .build();
    return Rollout.newBuilder()
        .setRunId("run")
        .setIteration(0)
        .setProblem(problem)
        .setSampleIndex(0)
        .setRolloutId("00000/p/000")
        .setPromptTokenIds(List.of())
        .setResponseTokenIds(List.of())
        .setResponse(response)
        .setTokenEnds(List.of())
        .setBehaviourLogprobs(List.of())
        .setFinishReason("stop")
        .setPolicyVersion("v00000")
        .setTemperature(1)
        .setTopP(1)
        .setMaxNewTokens(10)
        .setSeed(0)
        .build();
  }
}
