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
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Rows that nobody here wrote, where they are at hand, and a sample in their format everywhere. */
class SharedRowsTest {
  /** What this verifier reads; the rest of the specification's categories fall back on tokens. */
  private static final Set<String> IMPLEMENTED =
      Set.of(
          "extract.boxed_last",
          "extract.boxed_nested",
          "extract.boxed_over_tail",
          "extract.boxed_multi",
          "extract.boxed_truncated",
          "extract.boxed_empty",
          "extract.think",
          "extract.think_unclosed",
          "extract.hash",
          "extract.final_phrase",
          "extract.bold",
          "extract.trailing_number",
          "extract.embedded_digits",
          "extract.none",
          "choice",
          "number.thousands",
          "number.thousands_latex",
          "number.list_not_thousands",
          "number.leading_zero",
          "number.trailing_zero",
          "number.int_exact",
          "number.big",
          "fraction",
          "fraction.short",
          "fraction.mixed",
          "fraction.decimal",
          "fraction.approx_short",
          "fraction.approx_long",
          "scientific",
          "percent",
          "currency",
          "currency.mismatch",
          "units.omitted",
          "units.convert",
          "units.mismatch",
          "units.degree",
          "near_miss.small",
          "equation.assign",
          "equation.chain",
          "equation.rhs_only",
          "tuple",
          "tuple.order",
          "tuple.named",
          "set",
          "set.or",
          "set.superset",
          "interval",
          "interval.bracket",
          "ratio",
          "text",
          "text.negation",
          "adv.tower",
          "adv.depth",
          "adv.unparsed",
          "adv.instruction",
          "adv.nan");

  private final MathVerifier verifier = new MathVerifier();

  @Test
  void decidesTheSampleRowsOfImplementedCategories() {
    assertThat(check(sample("verify-examples-sample.jsonl"))).isEqualTo(11);
  }

  @Test
  void decidesTheSharedRowsOfImplementedCategories() {
    assertThat(check(shared("verify-examples.jsonl"))).isEqualTo(63);
  }

  @Test
  void neverAcceptsAnyWrongRowOfAnyCategory() {
    for (JsonNode row : shared("verify-examples.jsonl")) {
      if (row.get("expected").asInt() == 0) {
        assertThat(verify(row, VerifierOptions.Mode.STRICT).correct()).as(row.toString()).isFalse();
        assertThat(verify(row, VerifierOptions.Mode.LENIENT).correct())
            .as(row.toString())
            .isFalse();
      }
    }
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
      if (IMPLEMENTED.contains(row.get("category").asText())) {
        boolean expected = row.get("expected").asInt() == 1;
        boolean lenientOnly = row.get("mode").asText().equals("lenient");
        assertThat(verify(row, VerifierOptions.Mode.LENIENT).correct())
            .as(row.toString())
            .isEqualTo(expected);
        assertThat(verify(row, VerifierOptions.Mode.STRICT).correct())
            .as(row.toString())
            .isEqualTo(expected && !lenientOnly);
        checked++;
      }
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
