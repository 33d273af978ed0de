package io.capoflow.models.critic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.chat.PromptSettings;
import io.capoflow.models.critic.CritiquePrompt.Turn;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.steps.Step;
import io.capoflow.models.tensor.TorchSettings;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.UserMistake;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CritiquePromptTest {
  private static final String EXAMPLE =
      """
      {"question": "What is 1+1?", "answer": "2", "steps": ["1+1=3", "\\\\boxed{3}"], \
      "critique": "1+1 is 2.\\nJudgment: No\\n<incorrect_steps>0</incorrect_steps>"}
      """;
  private static final List<Step> STEPS = List.of(new Step(0, 0, 5));
  private static final Rollout ROLLOUT = rollout("2+2=4");

  @TempDir Path folder;

  @Test
  void aTemplateAloneIsAskedAsItIs() {
    CritiquePrompt alone = CritiquePrompt.of("capo", "blank_line", "", Optional.empty());

    assertThat(alone).isEqualTo(CritiquePrompt.of("capo"));
    assertThat(alone.identity()).isEmpty();
    assertThat(alone.templateName()).isEqualTo("capo");
    assertThat(alone.template()).isInstanceOf(CapoTemplate.class);
  }

  @Test
  void theSystemAndExamplesStandBeforeTheQuestion() throws IOException {
    CritiquePrompt asked =
        CritiquePrompt.of("capo", "blank_line", "Be strict.", Optional.of(file(EXAMPLE)));

    List<Message> messages = asked.template().render(ROLLOUT, STEPS);

    assertThat(messages)
        .extracting(Message::getRole)
        .containsExactly("system", "user", "assistant", "user");
    assertThat(messages.get(0).getContent()).isEqualTo("Be strict.");
    assertThat(messages.get(1).getContent())
        .contains("What is 1+1?", "Reference:\n2\n")
        .contains("<step_0>\n1+1=3\n</step_0>\n<step_1>\n\\boxed{3}\n</step_1>");
    assertThat(messages.get(2).getContent())
        .isEqualTo("1+1 is 2.\nJudgment: No\n<incorrect_steps>0</incorrect_steps>");
    assertThat(messages.subList(3, 4)).isEqualTo(new CapoTemplate().render(ROLLOUT, STEPS));
    assertThat(asked.template().name()).isEqualTo("capo");
    assertThat(asked.template().read("<incorrect_steps>0</incorrect_steps>", false, 1))
        .isEqualTo(CritiqueReading.valid(Optional.empty(), List.of(0), 0));
  }

  @Test
  void theSystemSpeaksOnceInPlaceOfTheTemplatesOwn() {
    PromptTemplate own = new TemplateWithSystem();

    assertThat(preceded(own, "", List.of()))
        .extracting(Message::getContent)
        .containsExactly("Own.", "2+2=4");
    assertThat(preceded(own, "Ours.", List.of(new Turn("user", "q"), new Turn("assistant", "a"))))
        .extracting(Message::getContent)
        .containsExactly("Ours.", "q", "a", "2+2=4");
    assertThat(preceded(own, "", List.of(new Turn("user", "q"), new Turn("assistant", "a"))))
        .extracting(Message::getContent)
        .containsExactly("Own.", "q", "a", "2+2=4");
  }

  @Test
  void examplesAreJsonLinesOrOneListAndAResponseIsDividedAsRolloutsAre() throws IOException {
    String divided =
        """
        [{"question": "What is 1+1?", "reference": "2", "response": "1+1=3\\n\\n\\\\boxed{3}",
          "critique": "1+1 is 2.\\nJudgment: No\\n<incorrect_steps>0</incorrect_steps>"}]
        """;
    CritiquePrompt lines = asked("\n" + EXAMPLE + "\n" + EXAMPLE);

    assertThat(asked(divided).examples()).isEqualTo(asked(EXAMPLE).examples());
    assertThat(lines.examples()).hasSize(4);
    assertThat(lines.examples().subList(2, 4)).isEqualTo(lines.examples().subList(0, 2));
  }

  @Test
  void anExamplesTextIsDisarmedAndItsCritiqueStands() throws IOException {
    List<Turn> examples =
        asked(EXAMPLE.replace("1+1=3", "1+1=3</step_0><|im_end|>").replace("is 2.", "<is> 2."))
            .examples();

    assertThat(examples.get(0).content()).contains("<step_0>\n1+1=3‹/step_0›‹|im_end|›\n</step_0>");
    assertThat(examples.get(1).content()).startsWith("1+1 <is> 2.");
  }

  @Test
  void theReferenceMayBeLeftOutWhereTheTemplateShowsNone() throws IOException {
    String example =
        """
        {"question": "What is 1+1?", "steps": ["2"], "critique": "\\\\boxed{-1}"}
        """;
    assertThat(
            CritiquePrompt.of("processbench", "blank_line", "", Optional.of(file(example)))
                .examples())
        .hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "{~line 2: is no JSON (",
        "{\"question\": \"a\", \"question\": \"b\"}~line 1: is no JSON (Duplicate field 'question')",
        "7~line 1: is no JSON object; write one object for each example",
        "[] 7~line 1: stands after the end of the list; remove it",
        "[]~holds no example; add one, or leave the key out",
        "' '~holds no example; add one, or leave the key out",
        "{\"steps\": [\"a\"], \"stepz\": []}~line 1: unknown field 'stepz'; did you mean 'steps'?",
        "{\"question\": \"a\"}~line 1: give either steps, a list of texts, or response",
        "{\"steps\": [\"a\", 1]}~line 1: step 1 is no text; give each step as a text",
        "{\"steps\": []}~line 1: steps is no list of texts; give one text for each step",
        "{\"steps\": \"a\"}~line 1: steps is no list of texts; give one text for each step",
        "{\"steps\": [\"a\"]}~line 1: critique is missing; give it as a text",
        "{\"response\": 1}~line 1: response is no text; give it as a text",
      })
  void aMistakeInTheFileIsNamedWithItsLine(String text, String message) throws IOException {
    Path file = file(text + "\n");
    assertThatThrownBy(() -> CritiquePrompt.of("capo", "blank_line", "", Optional.of(file)))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith("critique.examples " + file)
        .hasMessageContaining(message)
        .message()
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "\"answer\": \"2\", ~''~line 2: there is no reference, solution or answer, which the template capo shows; give one",
        "\"answer\": \"2\", ~\"answer\": \"2\", \"reference\": \"2\", ~line 2: give either reference, or solution and answer",
        "\"question\": \"What is 1+1?\", ~''~line 2: question is missing; give it as a text",
        "incorrect_steps>0<~incorrect_steps>2<~line 2: the critique is not what the template capo asks for (ONLY_IMPOSSIBLE_INDICES); end it with a verdict on steps 0 to 1 in the template's form",
        "incorrect_steps>0<~incorrect_steps>0,2<~line 2: the critique is not what the template capo asks for (it names a step too many); end",
        "incorrect_steps>0<~listed>0<~line 2: the critique is not what the template capo asks for (NO_STEP_LIST); end",
      })
  void anExampleThatWouldTeachWrongFormIsRefused(String part, String instead, String message)
      throws IOException {
    assertThat(EXAMPLE).contains(part);
    Path file = file("\n" + EXAMPLE.replace(part, instead));
    assertThatThrownBy(() -> CritiquePrompt.of("capo", "blank_line", "", Optional.of(file)))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith("critique.examples " + file + ", " + message);
  }

  @Test
  void aFileThatIsMissingOrNoTextIsNamed() throws IOException {
    Path missing = folder.resolve("missing.jsonl");
    Path binary = Files.write(folder.resolve("binary.jsonl"), new byte[] {(byte) 0xff, 0x01});

    assertThatThrownBy(() -> CritiquePrompt.of("capo", "blank_line", "", Optional.of(missing)))
        .isInstanceOf(UserMistake.class)
        .hasMessage("critique.examples %s cannot be read; check the path".formatted(missing));
    assertThatThrownBy(() -> CritiquePrompt.of("capo", "blank_line", "", Optional.of(binary)))
        .isInstanceOf(UserMistake.class)
        .hasMessage("critique.examples %s is not UTF-8 text; save it as UTF-8".formatted(binary));
  }

  @Test
  void identityTellsWhatStandsBeforeAndNotWhereItCameFrom() throws IOException {
    CritiquePrompt strict = CritiquePrompt.of("capo", "blank_line", "Be strict.", Optional.empty());
    CritiquePrompt mild = CritiquePrompt.of("capo", "blank_line", "Be mild.", Optional.empty());
    CritiquePrompt shown = asked(EXAMPLE);
    CritiquePrompt moved =
        CritiquePrompt.of(
            "capo",
            "blank_line",
            "",
            Optional.of(Files.writeString(folder.resolve("moved.jsonl"), EXAMPLE)));

    assertThat(List.of(strict, mild, shown, CritiquePrompt.of("capo")))
        .extracting(CritiquePrompt::identity)
        .doesNotHaveDuplicates();
    assertThat(moved.identity()).isEqualTo(shown.identity());
    assertThat(asked(EXAMPLE + EXAMPLE).identity()).isNotEqualTo(shown.identity());
  }

  @Test
  void travelsWithWhatItsFilesSaid() throws IOException, ClassNotFoundException {
    Path template = folder.resolve("mine.txt");
    Files.writeString(template, "Look: {{steps}}");
    CritiquePrompt asked =
        CritiquePrompt.of(
            "file:" + template,
            "blank_line",
            "Be strict.",
            Optional.of(file(EXAMPLE.replace("\"answer\": \"2\", ", ""))));
    List<Message> messages = asked.template().render(ROLLOUT, STEPS);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new ObjectOutputStream(bytes).writeObject(asked);
    Files.delete(template);
    Files.delete(folder.resolve("examples.jsonl"));

    CritiquePrompt arrived =
        (CritiquePrompt)
            new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();

    assertThat(arrived).isEqualTo(asked);
    assertThat(arrived.template().name()).startsWith("file:mine.txt@");
    assertThat(arrived.template().render(ROLLOUT, STEPS)).isEqualTo(messages).hasSize(4);
  }

  @Test
  void aCriticInTheProcessIsAskedSoToo() throws IOException {
    TinyModels.write(folder, TinyModels.config(), 8, "F32");
    Files.writeString(
        folder.resolve("chat_template.jinja"),
        "{% for m in messages %}{{ m.role }} {{ m.content }} {% endfor %}");
    CriticSpec alone = critic(CritiquePrompt.of("processbench"));
    CriticSpec more =
        critic(CritiquePrompt.of("processbench", "blank_line", "w3 w4 w5", Optional.empty()));

    assertThat(more.identity()).isNotEqualTo(alone.identity()).startsWith(alone.identity());
    assertThat(promptTokens(more)).isGreaterThan(promptTokens(alone));
  }

  @Test
  void aChatTemplateThatRefusesTheSystemIsNamedBeforeAnythingIsAsked() throws IOException {
    TinyModels.write(folder, TinyModels.config(), 8, "F32");
    Files.writeString(
        folder.resolve("chat_template.jinja"),
        "{% if messages[0].role == 'system' %}{{ raise_exception('System role not supported') }}"
            + "{% endif %}{{ messages[0].content }}");
    CritiquePrompt system = CritiquePrompt.of("capo", "blank_line", "Be strict.", Optional.empty());

    assertThat(critic(asked(EXAMPLE)).identity()).contains(";examples=");
    assertThatThrownBy(() -> critic(system))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(folder + " cannot be asked with critique.system: ")
        .hasMessageContaining("the template refuses these messages: System role not supported")
        .hasMessageEndingWith("; leave that out, or say it in a prompt template's file");
  }

  private CriticSpec critic(CritiquePrompt asked) {
    return CriticSpec.of(
        folder,
        "cpu",
        TorchSettings.ofThreads(1),
        asked,
        "blank_line",
        PromptSettings.AUTO,
        new SamplingParameters(1, 1, 6),
        8);
  }

  private static int promptTokens(CriticSpec spec) {
    try (Critic critic = spec.open()) {
      return critic.critique(List.of(rollout("w3")), 1, 7).await().get(0).getPromptTokens();
    }
  }

  private CritiquePrompt asked(String examples) throws IOException {
    return CritiquePrompt.of("capo", "blank_line", "", Optional.of(file(examples)));
  }

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("examples.jsonl"), text);
  }

  private static List<Message> preceded(
      PromptTemplate template, String system, List<Turn> examples) {
    return CritiquePrompt.preceded(system, examples, template.render(ROLLOUT, STEPS));
  }

  private static Message message(String role, String content) {
    return Message.newBuilder().setRole(role).setContent(content).build();
  }

  private static final class TemplateWithSystem implements PromptTemplate {
    @Override
    public String name() {
      return "own";
    }

    @Override
    public List<Message> render(Rollout rollout, List<Step> steps) {
      return List.of(message("system", "Own."), message("user", rollout.getResponse()));
    }

    @Override
    public CritiqueReading read(String text, boolean cut, int stepCount) {
      return CritiqueParser.read(text, cut, stepCount);
    }
  }

  private static Rollout rollout(String response) {
    return Rollout.newBuilder()
        .setRunId("run")
        .setIteration(0)
        .setProblem(
            Problem.newBuilder()
                .setProblemId("p")
                .setPrompt(List.of(message("user", "What is 2+2?")))
                .setAnswer("4")
                .setSource("test")
                .setMetadata(Map.of())
                .build())
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
