package io.capoflow.pipelines.sft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.Message;
import io.capoflow.schemas.UserMistake;
import io.capoflow.worlds.lessons.Lesson;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LessonFileTest {
  @TempDir Path directory;

  @Test
  void everyLayoutOfALessonIsRead() throws IOException {
    Path file =
        file(
            """
            {"prompt":"What?","completion":"That."}
            {"prompt":[{"role":"system","content":"Be brief."},{"role":"user","content":"Who?"}],\
            "completion":[{"role":"assistant","content":"She."}],"rollout_id":"r","critique_index":0}

            {"messages":[{"role":"user","content":"Where?"},{"role":"assistant","content":"There."},\
            {"role":"user","content":"Why?"},{"role":"assistant","content":" So.\\n"}]}\r
              {"completion":"\\u0000 яблоки \\ud83c\\udf4e","prompt":[{"role":"user","content":""}]}""");

    try (LessonFile lessons = LessonFile.open(file)) {
      assertThat(IntStream.range(0, lessons.size()).mapToObj(lessons::read))
          .containsExactly(
              new Lesson(List.of(new Message("user", "What?")), "That."),
              new Lesson(
                  List.of(new Message("system", "Be brief."), new Message("user", "Who?")), "She."),
              new Lesson(
                  List.of(
                      new Message("user", "Where?"),
                      new Message("assistant", "There."),
                      new Message("user", "Why?")),
                  " So.\n"),
              new Lesson(List.of(new Message("user", "")), "\u0000 яблоки \ud83c\udf4e"));
      assertThat(IntStream.range(0, lessons.size()).mapToObj(lessons::place))
          .containsExactly(file + ":1", file + ":2", file + ":4", file + ":5");
      // In any order, too.
      assertThat(lessons.read(0).completion()).isEqualTo("That.");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[]|is no JSON object",
        "{\"prompt\":\"a\"|is not JSON: Unexpected end-of-input",
        "{\"prompt\":\"a\",\"prompt\":\"b\",\"completion\":\"c\"}|is not JSON: Duplicate field 'prompt'",
        "{\"prompt\":\"a\",\"completion\":\"b\"} {}|is not JSON: ",
        "{}|has neither prompt and completion nor messages",
        "{\"prompt\":\"a\"}|lacks completion",
        "{\"completion\":\"a\"}|lacks prompt",
        "{\"prompt\":null,\"completion\":\"a\"}|prompt must be a text or a list of messages",
        "{\"prompt\":[],\"completion\":\"a\"}|prompt must be a text or a list of messages",
        "{\"prompt\":\"a\",\"completion\":\"\"}|has an empty completion",
        "{\"prompt\":\"a\",\"completion\":[{\"role\":\"user\",\"content\":\"b\"}]}|completion must be a single message of the assistant",
        "{\"prompt\":[{\"role\":\"user\"}],\"completion\":\"b\"}|prompt[0] must have the texts role and content",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},7]}|messages[1] must have the texts role and content",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}|messages must end with one of the assistant",
        "{\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}]}|messages must hold a prompt",
        "{\"messages\":[],\"prompt\":\"a\",\"completion\":\"b\"}|has messages beside prompt and completion",
      })
  void aLineThatIsNoLessonIsNamedWithItsNumber(String line, String fault) throws IOException {
    Path file = file("{\"prompt\":\"a\",\"completion\":\"b\"}\n\n" + line + "\n");

    assertThatThrownBy(() -> LessonFile.open(file))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(file + ":3: " + fault)
        .hasMessageEndingWith("; mend or delete what is no lesson")
        .hasMessageNotContaining("\n");
  }

  @Test
  void theFirstFewOfManyBadLinesAreNamedAndTheRestCounted() throws IOException {
    Path file =
        file("{}\n".repeat(2) + "{\"prompt\":\"a\",\"completion\":\"b\"}\n" + "{}\n".repeat(7));

    String fault = "has neither prompt and completion nor messages";
    assertThatThrownBy(() -> LessonFile.open(file))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "%1$s:1: %2$s; %1$s:2: %2$s; %1$s:4: %2$s; and 6 more; mend or delete what is no lesson"
                .formatted(file, fault));
  }

  @Test
  void bytesThatAreNoTextAreNamed() throws IOException {
    Path file = directory.resolve("lessons.jsonl");
    Files.write(file, "{\"prompt\":\"\u00e9\"".getBytes(StandardCharsets.ISO_8859_1));

    assertThatThrownBy(() -> LessonFile.open(file))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(file + ":1: is not UTF-8 text");
  }

  @Test
  void aFileWithoutLessonsOrNoFileAtAllIsTheUsersMistake() throws IOException {
    Path blank = file("\n  \n");
    assertThatThrownBy(() -> LessonFile.open(blank))
        .isInstanceOf(UserMistake.class)
        .hasMessage(blank + " holds no lesson: give it one JSON object a line");
    Path absent = directory.resolve("absent.jsonl");
    assertThatThrownBy(() -> LessonFile.open(absent))
        .isInstanceOf(UserMistake.class)
        .hasMessage(absent + " is not there: name a file of lessons");
  }

  @Test
  void aFileThatChangesUnderTheTrainingIsSaid() throws IOException {
    Path file = file("{\"prompt\":\"a\",\"completion\":\"b\"}\n".repeat(2));
    try (LessonFile lessons = LessonFile.open(file)) {
      Files.writeString(file, "{}");

      assertThatThrownBy(() -> lessons.read(1))
          .isInstanceOf(UserMistake.class)
          .hasMessage(
              file
                  + ":2: is no lesson any more; start again, and leave the file as it is meanwhile");
    }
  }

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("lessons.jsonl"), text);
  }
}
