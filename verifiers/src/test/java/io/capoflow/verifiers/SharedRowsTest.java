package io.capoflow.verifiers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rows that nobody here wrote, where they are at hand, and a sample in their format everywhere. */
class SharedRowsTest {
  private final MathVerifier verifier = new MathVerifier();

  @Test
  void decidesEverySampleRow() {
    assertThat(check(sample("verify-examples-sample.jsonl"))).isEqualTo(12);
  }

  @Test
  void decidesEverySharedRow() {
    assertThat(check(shared("verify-examples.jsonl"))).isEqualTo(89);
  }

  @Test
  void sampleAnswersVerifyAgainstThemselves() {
    assertThat(checkAnswers(sample("gsm8k-sample.jsonl"))).isEqualTo(4);
  }

  @Test
  void everyAnswerOfGsm8kVerifiesAgainstItself() {
    List<JsonNode> rows = new ArrayList<>(shared("gsm8k-train.jsonl"));
    rows.addAll(shared("gsm8k-test.jsonl"));
    assertThat(checkAnswers(rows)).isEqualTo(8792);
  }

  private int check(List<JsonNode> rows) {
    int checked = 0;
    for (JsonNode row : rows) {
      boolean expected = row.get("expected").asInt() == 1;
      boolean lenientOnly = row.get("mode").asText().equals("lenient");
      Verification lenient = verify(row, VerifierOptions.Mode.LENIENT);
      assertThat(lenient.correct()).as(row + " " + lenient).isEqualTo(expected);
      Verification strict = verify(row, VerifierOptions.Mode.STRICT);
      assertThat(strict.correct()).as(row + " " + strict).isEqualTo(expected && !lenientOnly);
      checked++;
    }
    return checked;
  }

  private Verification verify(JsonNode row, VerifierOptions.Mode mode) {
    return verifier.verify(
        row.get("response").asText(), row.get("gold").asText(), new VerifierOptions(mode, 0));
  }

  private int checkAnswers(List<JsonNode> rows) {
    for (JsonNode row : rows) {
      String answer = row.get("answer").asText();
      Verification verification = verifier.verify(answer, answer, VerifierOptions.strict());
      assertThat(verification.correct()).as(answer).isTrue();
      assertThat(verification.rung()).isEqualTo("hash");
      assertThat(verification.goldType()).as(answer).isIn("Integer", "Decimal");
    }
    return rows.size();
  }

  private static List<JsonNode> sample(String name) {
    try (InputStream in = SharedRowsTest.class.getResourceAsStream("/samples/" + name)) {
      return rows(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<JsonNode> shared(String name) {
    Path file = Path.of(System.getProperty("capoflow.shared.data", "../shared/data"), name);
    assumeTrue(Files.exists(file), "SKIPPED: no shared data at " + file);
    try {
      return rows(Files.readString(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<JsonNode> rows(String lines) throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<JsonNode> rows = new ArrayList<>();
    for (String line : lines.lines().toList()) {
      rows.add(json.readTree(line));
    }
    return rows;
  }
}
