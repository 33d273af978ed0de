package io.capoflow.datasets.rows;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.capoflow.schemas.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How a text file is cut into rows. */
final class TextRowsTest {
  @TempDir Path folder;

  @Property(tries = 300)
  void anArrayIsCutWhereAParserWouldCutIt(
      @ForAll("rows") List<ObjectNode> rows, @ForAll boolean indented) throws IOException {
    Path file = Files.createTempFile("rows", ".json");
    try {
      List<JsonNode> written = List.copyOf(rows);
      Files.write(file, (indented ? Json.INDENTED : Json.ONE_LINE).writeValueAsBytes(written));
      List<FileRow> read = read(file);
      assertThat(read).extracting(FileRow::json).isEqualTo(written);
      String[] lines = Files.readString(file).split("\n", -1);
      for (FileRow row : read) {
        assertThat(lines[(int) row.line() - 1])
            .contains(row.content().lines().findFirst().orElseThrow());
      }
    } finally {
      Files.delete(file);
    }
  }

  @Test
  void rowsAreFoundAcrossTheBoundariesOfWhatIsReadAtOnce() throws IOException {
    for (int length = (1 << 16) - 20; length < (1 << 16) + 20; length++) {
      String row = "{\"a\": \"" + "x".repeat(length) + "\"}";
      for (String text : List.of(row + "\n" + row, "[" + row + ",\n" + row + "]")) {
        Path file =
            Files.writeString(
                folder.resolve(text.startsWith("[") ? "rows.json" : "rows.jsonl"), text);
        assertThat(read(file))
            .extracting(found -> found.line() + " " + found.value("a").textValue().length())
            .containsExactly("1 " + length, "2 " + length);
      }
    }
  }

  @Test
  void numbersAreReadAsTheReaderReadsThem() throws IOException {
    Path file = Files.writeString(folder.resolve("n.jsonl"), "{\"n\": 1e3}\r\n\r\n{\"n\": 0.10}");
    assertThat(read(file))
        .extracting(row -> row.text("n").orElseThrow())
        .containsExactly("1E+3", "0.10");
    assertThat(read(file)).extracting(FileRow::line).containsExactly(1L, 3L);
  }

  @Provide
  Arbitrary<List<ObjectNode>> rows() {
    Arbitrary<String> text =
        Arbitraries.of("{", "}", "[", "]", ",", "\"", "\\", "\n", "é", "😀", " ", "a")
            .list()
            .ofMaxSize(8)
            .map(pieces -> pieces.stream().collect(Collectors.joining()));
    return text.list()
        .ofMaxSize(4)
        .map(
            texts -> {
              ObjectNode row = JsonNodeFactory.instance.objectNode();
              texts.forEach(name -> row.putObject(name).putArray(name).add(name));
              return row;
            })
        .list()
        .ofMaxSize(4);
  }

  private static List<FileRow> read(Path file) throws IOException {
    List<FileRow> read = new ArrayList<>();
    try (FileRows rows = FileRows.open(file, "rows", Json.EXACT)) {
      for (Optional<FileRow> row = rows.next(); row.isPresent(); row = rows.next()) {
        read.add(row.get());
      }
    }
    return read;
  }
}
