package io.capoflow.datasets.rollouts;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.GoldAnswer;
import io.capoflow.schemas.Message;
import io.capoflow.schemas.Problem;
import io.capoflow.schemas.Rollout;
import io.capoflow.schemas.SourceColumn;
import io.capoflow.schemas.StepSpan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Ids are functions of content, and spans cut out what was given. */
final class RolloutIdentityTest {
  /** A Python program that writes these fields as Avro does came to the same. */
  @Test
  void idsAreTheseEverywhere() {
    GivenRollout row = RolloutIdentity.settled(row("2+2?", "", "4", Optional.of("a"), "f", 1));
    assertThat(row.getRolloutId()).isEqualTo("6e8dfef6c69602aff331124a12f79d7f");
    assertThat(row.getProblemId()).isEqualTo("c9c6e8ddbff08baf");
    assertThat(row.getRollout().getSampleIndex()).isEqualTo(927_399_803);
  }

  @Property(tries = 200)
  void idsAreOfTheContentAlone(
      @ForAll String question, @ForAll String response, @ForAll String file, @ForAll long line) {
    GivenRollout one = RolloutIdentity.settled(row(question, "", response, id(""), "f", 1));
    GivenRollout other = RolloutIdentity.settled(row(question, "", response, id(""), file, line));
    assertThat(other.getRolloutId()).isEqualTo(one.getRolloutId()).matches("[0-9a-f]{32}");
    assertThat(other.getRollout()).isEqualTo(one.getRollout());
    assertThat(other.getRollout().getRolloutId()).isEqualTo(one.getRolloutId());
    assertThat(other.getProblemId())
        .isEqualTo(other.getRollout().getProblem().getProblemId())
        .matches("[0-9a-f]{16}");
    assertThat(other.getRollout().getSampleIndex())
        .isNotNegative()
        .isEqualTo((int) (Long.parseLong(one.getRolloutId().substring(0, 8), 16) / 2));
  }

  @Property(tries = 200)
  void anyOtherContentHasAnotherId(
      @ForAll String question, @ForAll String response, @ForAll String suffix) {
    String more = suffix + "x";
    GivenRollout row = RolloutIdentity.settled(row(question, "", response, id(""), "f", 1));
    List<GivenRollout> others =
        List.of(
            row(question + more, "", response, id(""), "f", 1),
            row(question, more, response, id(""), "f", 1),
            row(question, "", response + more, id(""), "f", 1),
            row(question, "", response, id(more), "f", 1),
            GivenRollout.newBuilder(row(question, "", response, id(""), "f", 1))
                .setColumns(List.of(new SourceColumn(more, "")))
                .build());
    List<String> ids =
        others.stream()
            .map(RolloutIdentity::settled)
            .map(GivenRollout::getRolloutId)
            .collect(Collectors.toCollection(ArrayList::new));
    ids.add(row.getRolloutId());
    assertThat(ids).doesNotHaveDuplicates();
  }

  @Property(tries = 200)
  void idsThatAreMadeAnewComeOutTheSame(
      @ForAll String question, @ForAll String problemId, @ForAll String response) {
    GivenRollout row = RolloutIdentity.settled(row(question, problemId, response, id(""), "f", 1));
    assertThat(RolloutIdentity.settled(row)).isEqualTo(row);
  }

  @Property(tries = 200)
  void theQuestionAloneNamesAProblemWhateverItsWhiteSpace(@ForAll("words") List<String> words) {
    String spaced = words.stream().map(word -> " \n" + word + "\t").collect(Collectors.joining());
    assertThat(RolloutIdentity.problemId(List.of(new Message("user", spaced))))
        .isEqualTo(
            RolloutIdentity.problemId(
                List.of(
                    new Message("system", "Be brief."),
                    new Message("user", String.join(" ", words)))));
  }

  @Property(tries = 300)
  void spansCutOutTheStepsThatWereGiven(@ForAll("steps") List<String> steps)
      throws BadRolloutException {
    GivenResponse response = GivenResponse.ofSteps(steps, "steps");
    assertThat(response.text()).isEqualTo(String.join("\n\n", steps));
    int[] text = response.text().codePoints().toArray();
    List<String> cut = new ArrayList<>();
    int end = -2;
    for (StepSpan span : response.steps().orElseThrow()) {
      assertThat(span.getCharStart()).isEqualTo(end + 2);
      end = span.getCharEnd();
      cut.add(new String(text, span.getCharStart(), end - span.getCharStart()));
    }
    assertThat(end).isEqualTo(text.length);
    assertThat(cut).isEqualTo(steps);
  }

  @Provide
  Arbitrary<List<String>> words() {
    return Arbitraries.strings().alpha().ofMinLength(1).list().ofMinSize(1).ofMaxSize(6);
  }

  @Provide
  Arbitrary<List<String>> steps() {
    Arbitrary<String> piece =
        Arbitraries.of("a", "😀", "\n", "\n\n", " ", "\u00a0", "\r", "é", "b");
    return piece
        .list()
        .ofMaxSize(8)
        .map(pieces -> String.join("", pieces) + "x" + String.join("", pieces))
        .list()
        .ofMinSize(1)
        .ofMaxSize(5);
  }

  private static Optional<String> id(String id) {
    return id.isEmpty() ? Optional.empty() : Optional.of(id);
  }

  private static GivenRollout row(
      String question,
      String problemId,
      String response,
      Optional<String> sourceId,
      String file,
      long line) {
    Problem problem =
        Problem.newBuilder()
            .setProblemId(problemId)
            .setPrompt(List.of(new Message("user", question)))
            .setAnswer(GoldAnswer.UNKNOWN)
            .setSource("test")
            .setMetadata(Map.of())
            .build();
    Rollout rollout = NeutralRollout.of(problem, GivenResponse.bare(response));
    return GivenRollout.newBuilder()
        .setRolloutId("")
        .setProblemId("")
        .setSourceId(sourceId.orElse(null))
        .setLayout("response")
        .setRollout(rollout)
        .setTruth(List.of())
        .setColumns(List.of())
        .setSourceFile(file)
        .setSourceLine(line)
        .build();
  }
}
