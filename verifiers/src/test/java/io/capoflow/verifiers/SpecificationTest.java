package io.capoflow.verifiers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Holds docs/verification-spec.md to the verifier: every row of its examples has its verdict. */
class SpecificationTest {
  private static final Path PAGE =
      Path.of(System.getProperty("capoflow.home", ".."), "docs", "verification-spec.md");
  private static final String RESPONSES = "| gold | response | mode | verdict |";
  private static final String ANSWERS = "| gold | answer | verdict |";

  private final MathVerifier verifier = new MathVerifier();

  @Test
  void everyResponseHasItsVerdict() throws IOException {
    List<List<String>> rows = rows(RESPONSES);
    assertThat(rows).hasSize(17);
    for (List<String> row : rows) {
      VerifierOptions options =
          row.get(2).equals("lenient") ? VerifierOptions.lenient() : VerifierOptions.strict();
      assertThat(verdict(row.get(1), row.get(0), options)).as(row.toString()).isEqualTo(row.get(3));
    }
  }

  @Test
  void everyAnswerHasItsVerdict() throws IOException {
    List<List<String>> rows = rows(ANSWERS);
    assertThat(rows).hasSize(89);
    for (List<String> row : rows) {
      String response = "\\boxed{" + row.get(1) + "}";
      assertThat(verdict(response, row.get(0), VerifierOptions.strict()))
          .as(row.toString())
          .isEqualTo(row.get(2));
    }
  }

  @Test
  void thePageIsOfThisVersion() throws IOException {
    assertThat(Files.readString(PAGE)).contains("version `" + verifier.version() + "`");
  }

  private String verdict(String response, String gold, VerifierOptions options) {
    Verification verification = verifier.verify(response, gold, options);
    return verification.correct() ? "right" : verification.reason().name();
  }

  /** The cells of all tables with this header, without the marks of code. */
  private static List<List<String>> rows(String header) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    boolean inside = false;
    for (String line : Files.readAllLines(PAGE)) {
      if (!line.startsWith("|")) {
        inside = false;
      } else if (inside && !line.startsWith("|---")) {
        List<String> cells = new ArrayList<>();
        for (String cell : line.substring(1, line.length() - 1).split("\\|", -1)) {
          cells.add(cell.strip().replace("`", ""));
        }
        rows.add(List.copyOf(cells));
      } else {
        inside |= line.equals(header);
      }
    }
    return rows;
  }
}
