package io.capoflow.settings.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.JsonObject;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mappings whose keys are not ours, and lists that may be written as their one item. */
class StructuredValuesTest {
  @TempDir Path home;

  /** A whole recipe. */
  public record Sample(
      @Key(doc = "Fields", defaults = "{}") JsonObject fields,
      @Key(doc = "Addresses", defaults = "[]", orOne = true) List<String> addresses,
      @Key(doc = "Words", defaults = "[]") List<String> words) {}

  @Test
  void a_mapping_of_any_depth_reads_back_to_the_same() throws IOException {
    BoundRecipe<Sample> bound =
        read(
            """
            fields:
              kwargs: {thinking: false, budget: 12, share: 0.50}
              effort: low
              "on": "yes"
              list: [1, two, null, {b: 1, a: "3"}]
            """);
    assertThat(bound.settings().fields().text())
        .isEqualTo(
            "{\"effort\":\"low\",\"kwargs\":{\"budget\":12,\"share\":0.5,\"thinking\":false},"
                + "\"list\":[1,\"two\",null,{\"a\":\"3\",\"b\":1}],\"on\":\"yes\"}");
    assertThat(read(bound.yaml()).settings()).isEqualTo(bound.settings());
  }

  @Test
  void a_mapping_may_be_given_as_json() throws IOException {
    assertThat(read("", "fields={\"b\": 1, \"a\": {}}").settings().fields())
        .isEqualTo(new JsonObject("{\"a\":{},\"b\":1}"));
  }

  @Test
  void what_is_no_mapping_is_refused_with_its_place() {
    assertThatThrownBy(() -> read("fields: 3\n"))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            home.resolve("r.yaml")
                + ":1: fields: expects a mapping, found 3, which is no JSON object");
    assertThatThrownBy(() -> read("fields: [a]\n"))
        .isInstanceOf(UserMistake.class)
        .hasMessage(home.resolve("r.yaml") + ":1: fields: expects a mapping, found a list");
    assertThatThrownBy(() -> read("fields: {a: &x 1}\n"))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(":1: anchors and aliases are not read");
    assertThatThrownBy(() -> read("fields: {a: 1, a: 2}\n"))
        .isInstanceOf(UserMistake.class)
        .hasMessage(home.resolve("r.yaml") + ":1: fields: a: is set twice; keep one");
    assertThatThrownBy(() -> read("", "fields={\"a\": 1, \"a\": 2}"))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("fields: expects a mapping");
  }

  @Test
  void a_list_may_be_its_one_item_where_the_key_says_so() throws IOException {
    assertThat(read("addresses: http://a/v1\n").settings().addresses())
        .containsExactly("http://a/v1");
    assertThat(read("addresses: [b, c]\n").settings().addresses()).containsExactly("b", "c");
    assertThat(read("addresses:\n").settings().addresses()).isEmpty();
    assertThat(read("", "addresses=http://a/v1").settings().addresses())
        .containsExactly("http://a/v1");
    assertThat(read("", "addresses=[b, c]").settings().addresses()).containsExactly("b", "c");
    assertThat(read("addresses: one\n").yaml()).contains("addresses: [one]\n");
    assertThatThrownBy(() -> read("words: a\n"))
        .isInstanceOf(UserMistake.class)
        .hasMessage(home.resolve("r.yaml") + ":1: words: expects a list, each item text, found a");
  }

  private BoundRecipe<Sample> read(String yaml, String... settings) throws IOException {
    return RecipeBinder.of(Sample.class, home)
        .read(
            Files.writeString(home.resolve("r.yaml"), yaml),
            Stream.of(settings).map(Setting::parse).toList());
  }
}
