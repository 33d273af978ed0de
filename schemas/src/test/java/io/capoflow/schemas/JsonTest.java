package io.capoflow.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  private static final String TREE = "{\"b\":[1,\"ü\"],\"a\":{},\"c\":[]}";

  @ParameterizedTest
  @ValueSource(strings = {"{\"a\": 1, \"a\": 2}", "{\"a\": 2} {"})
  void onlyALenientReaderTakesRepeatedKeysAndTrailingText(String text) throws Exception {
    assertThat(Json.LENIENT.readTree(text)).isEqualTo(Json.STRICT.readTree("{\"a\": 2}"));
    for (ObjectReader reader : List.of(Json.STRICT, Json.EXACT)) {
      assertThatThrownBy(() -> reader.readTree(text)).isInstanceOf(JsonProcessingException.class);
    }
  }

  @Test
  void anExactReaderKeepsNumbersAsTheyAreWritten() throws Exception {
    String numbers = "[1.10,0.12345678901234567890,3]";
    assertThat(Json.ONE_LINE.writeValueAsString(Json.EXACT.readTree(numbers))).isEqualTo(numbers);
    assertThat(Json.ONE_LINE.writeValueAsString(Json.STRICT.readTree(numbers)))
        .isEqualTo("[1.1,0.12345678901234568,3]");
  }

  @Test
  void layoutsKeepTheOrderOfATree() throws Exception {
    JsonNode tree = Json.STRICT.readTree(TREE);
    assertThat(Json.ONE_LINE.writeValueAsString(tree)).isEqualTo(TREE);
    assertThat(Json.INDENTED.writeValueAsString(tree))
        .isEqualTo("{\n  \"b\" : [ 1, \"ü\" ],\n  \"a\" : { },\n  \"c\" : [ ]\n}");
    assertThat(Json.LIKE_PYTHON.writeValueAsString(tree))
        .isEqualTo("{\n  \"b\": [\n    1,\n    \"ü\"\n  ],\n  \"a\": {},\n  \"c\": []\n}");
  }

  record Written(int firstField, Map<String, Integer> counts, List<String> names) {}

  @Test
  void recordsHaveSnakeCaseAndMapsTheOrderOfTheirKeys() throws Exception {
    Written written = new Written(1, Map.of("b", 2, "a", 1, "c", 3), List.of());
    String text = Json.WRITE_RECORDS.writeValueAsString(written);
    assertThat(text)
        .isEqualTo(
            """
            {
              "first_field" : 1,
              "counts" : {
                "a" : 1,
                "b" : 2,
                "c" : 3
              },
              "names" : [ ]
            }\
            """);
    assertThat(Json.READ_RECORDS.readValue(text.getBytes(UTF_8), Written.class)).isEqualTo(written);
  }

  @Test
  void fieldsThatARecordDoesNotHaveArePassedOver() throws Exception {
    assertThat(
            Json.READ_RECORDS.readValue(
                "{\"newer\": 1, \"first_field\": 2, \"counts\": {}, \"names\": []}", Written.class))
        .isEqualTo(new Written(2, Map.of(), List.of()));
  }
}
