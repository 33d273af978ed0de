package io.capoflow.settings.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys that two sections share stand in each as if they were its own. */
class SharedKeysTest {
  @TempDir Path home;

  /** What both sections have. */
  public record Draw(
      @Key(doc = "Heat", defaults = "0.7", range = "(0, )") double heat,
      @Key(doc = "Most", defaults = "16", range = "[1, )") int most) {
    public Draw {
      if (most > 100) {
        throw new InvalidSetting("most", "is too much; lower it");
      }
    }
  }

  /** A section that takes the keys as they are, between two of its own. */
  public record First(
      @Key(doc = "Before", defaults = "1") int before,
      @SharedKeys Draw draw,
      @Key(doc = "After", defaults = "2") int after) {}

  /** A section that says one of them in its own way. */
  public record Second(
      @SharedKeys(
              own =
                  @SharedKeys.Own(
                      name = "heat",
                      key = @Key(doc = "Heat, 0 is none", defaults = "0.5", range = "[0, )")))
          Draw draw) {}

  /** A whole recipe. */
  public record Sample(@Section("First") First first, @Section("Second") Second second) {}

  @Test
  void they_are_read_and_written_among_the_sections_own() throws IOException {
    BoundRecipe<Sample> bound = read("first: {most: 3}\nsecond:\n  heat: 0\n");
    assertThat(bound.settings())
        .isEqualTo(new Sample(new First(1, new Draw(0.7, 3), 2), new Second(new Draw(0, 16))));
    assertThat(bound.yaml())
        .isEqualTo(
            """
            first:
              before: 1
              heat: 0.7
              most: 3
              after: 2
            second:
              heat: 0
              most: 16
            """);
  }

  @Test
  void a_section_has_its_own_default_meaning_and_limit() throws IOException {
    assertThat(read("").settings().second()).isEqualTo(new Second(new Draw(0.5, 16)));
    assertThat(RecipeBinder.of(Sample.class, home).help().markdown())
        .contains("| `heat` | `0.7` | number above 0 | content | Heat |\n")
        .contains("| `heat` | `0.5` | number of at least 0 | content | Heat, 0 is none |\n");
    assertThatThrownBy(() -> read("first:\n  heat: 0\n"))
        .isInstanceOf(UserMistake.class)
        .hasMessage(home.resolve("r.yaml") + ":2: first.heat: expects a number above 0, found 0");
  }

  @Test
  void mistakes_name_the_key_as_the_recipe_writes_it() {
    assertThatThrownBy(() -> read("second:\n  most: 101\n"))
        .isInstanceOf(UserMistake.class)
        .hasMessage(home.resolve("r.yaml") + ":2: second.most: is too much; lower it");
    assertThatThrownBy(() -> read("second:\n  draw: {most: 1}\n"))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            home.resolve("r.yaml") + ":2: second.draw: no such key; keys of second: heat, most");
    assertThatThrownBy(() -> read("second:\n  hea: 1\n"))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            home.resolve("r.yaml") + ":2: second.hea: no such key; did you mean second.heat?");
  }

  /** Names a key that the shared record has not. */
  public record Astray(
      @SharedKeys(own = @SharedKeys.Own(name = "heatt", key = @Key(doc = "Heat"))) Draw draw) {}

  /** Has a key twice. */
  public record Twice(@Key(doc = "Most", defaults = "1") int most, @SharedKeys Draw draw) {}

  @Test
  void wrong_annotations_are_faults_of_the_program() {
    assertThatThrownBy(() -> RecipeBinder.of(Astray.class, home))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("has no keys [heatt]");
    assertThatThrownBy(() -> RecipeBinder.of(Twice.class, home))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("most is a key of two records");
  }

  private BoundRecipe<Sample> read(String yaml) throws IOException {
    Path file = Files.writeString(home.resolve("r.yaml"), yaml);
    return RecipeBinder.of(Sample.class, home).read(file, List.of());
  }
}
