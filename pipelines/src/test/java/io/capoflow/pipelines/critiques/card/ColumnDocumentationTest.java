package io.capoflow.pipelines.critiques.card;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.schemas.Critique;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.schemas.RejectedRow;
import io.capoflow.schemas.StepVotes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.avro.Schema;
import org.junit.jupiter.api.Test;

/** The page that says what each column of a critique dataset's tables holds. */
final class ColumnDocumentationTest {
  private static final String START = "<!-- columns: generated from the schemas -->\n";
  private static final String END = "<!-- end of columns -->";

  private static Map<String, Schema> tables() {
    Map<String, Schema> tables = new LinkedHashMap<>();
    tables.put("dataset", CritiquedRollout.getClassSchema());
    tables.put("critiques", Critique.getClassSchema());
    tables.put("votes", StepVotes.getClassSchema());
    tables.put("rollouts", GivenRollout.getClassSchema());
    tables.put("rejected", RejectedRow.getClassSchema());
    return tables;
  }

  @Test
  void thePageSaysOfEveryColumnWhatTheSchemasSay() throws IOException {
    Path page = Path.of(System.getProperty("capoflow.home"), "docs", "critique-columns.md");
    String text = Files.readString(page);
    assertThat(text).contains(START, END);
    String expected =
        text.substring(0, text.indexOf(START) + START.length())
            + tables().entrySet().stream()
                .map(
                    table ->
                        "\n## `%s`\n\n%s\n\n%s\n"
                            .formatted(
                                table.getKey(),
                                table.getValue().getDoc(),
                                ColumnSection.table(table.getValue())))
                .collect(Collectors.joining())
            + text.substring(text.indexOf(END));
    if (Boolean.getBoolean("capoflow.write.docs")) {
      Files.writeString(page, expected);
    }
    assertThat(Files.readString(page))
        .as("the page is out of date: run this test with -Dcapoflow.write.docs=true")
        .isEqualTo(expected);
  }

  @Test
  void noColumnIsWithoutItsMeaning() {
    tables()
        .forEach(
            (table, row) ->
                assertThat(ColumnSection.table(row).lines())
                    .as(table)
                    .allMatch(line -> !line.endsWith("|  |")));
  }
}
