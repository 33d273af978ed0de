package io.capoflow.settings.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecipeLayersTest {
  @TempDir Path home;

  /** A recipe with every kind of value. */
  public record Sample(
      @Key(doc = "A name", kind = KeyKind.EXECUTION, fromFileName = true) String name,
      @Key(doc = "Text", defaults = "plain") String text,
      @Key(doc = "Whole numbers", defaults = "[1, 4]", range = "[0, )") List<Integer> counts,
      @Key(doc = "A list of texts") List<String> words,
      @Key(doc = "Maybe a number") Optional<Double> maybe,
      @Key(doc = "Maybe a path") Optional<Path> where,
      @Key(doc = "Rounds", defaults = "3", kind = KeyKind.ITERATIONS) int rounds,
      @Section("Inner keys") Inner inner) {
    /** A section. */
    public record Inner(
        @Key(doc = "A number", defaults = "3e-4") double rate,
        @Key(doc = "A switch", defaults = "false", kind = KeyKind.EXECUTION) boolean fast) {}
  }

  @Test
  void later_layers_win_key_by_key() throws IOException {
    write("base.yaml", "text: base\ncounts: [7]\ninner:\n  rate: 1\n  fast: true\n");
    write("middle.yaml", "extends: base.yaml\ntext: middle\ninner: {rate: 2}\n");
    Path recipe = write("top.yaml", "extends: middle.yaml\nmaybe: 0.5\n");
    Sample sample =
        binder()
            .read(
                recipe,
                List.of(
                    Setting.parse("inner.rate=3"),
                    new Setting("inner.rate", "4", "--rate"),
                    Setting.parse("words=[a, 'b c']")))
            .settings();
    assertThat(sample)
        .isEqualTo(
            new Sample(
                "top",
                "middle",
                List.of(7),
                List.of("a", "b c"),
                Optional.of(0.5),
                Optional.empty(),
                3,
                new Sample.Inner(4, true)));
  }

  @Test
  void an_empty_recipe_has_the_defaults() throws IOException {
    for (String yaml : List.of("", "# nothing\n", "inner:\n")) {
      assertThat(binder().read(write("empty.yaml", yaml), List.of()).settings())
          .isEqualTo(
              new Sample(
                  "empty",
                  "plain",
                  List.of(1, 4),
                  List.of(),
                  Optional.empty(),
                  Optional.empty(),
                  3,
                  new Sample.Inner(3e-4, false)));
    }
  }

  @Test
  void a_name_is_the_files_own_and_is_not_inherited() throws IOException {
    write("base.yaml", "name: grandmother\n");
    assertThat(binder().read(home.resolve("base.yaml"), List.of()).settings().name())
        .isEqualTo("grandmother");
    assertThat(
            binder().read(write("child.yaml", "extends: base.yaml\n"), List.of()).settings().name())
        .isEqualTo("child");
  }

  @Test
  void an_optional_value_can_be_taken_back() throws IOException {
    write("base.yaml", "maybe: 1\n");
    Path recipe = write("child.yaml", "extends: base.yaml\nmaybe: null\n");
    assertThat(binder().read(recipe, List.of()).settings().maybe()).isEmpty();
    assertThat(
            binder()
                .read(home.resolve("base.yaml"), List.of(Setting.parse("maybe=null")))
                .settings()
                .maybe())
        .isEmpty();
  }

  @Test
  void paths_start_at_the_recipe_with_a_dot_and_at_home_without() throws IOException {
    Path folder = Files.createDirectories(home.resolve("deep/recipes"));
    Path base = Files.writeString(folder.resolve("base.yaml"), "where: ../data/x\n");
    Path child = write("child.yaml", "extends: deep/recipes/base.yaml\n");
    assertThat(binder().read(base, List.of()).settings().where())
        .contains(home.resolve("deep/data/x"));
    assertThat(binder().read(child, List.of()).settings().where())
        .as("relative to the file that says it")
        .contains(home.resolve("deep/data/x"));
    assertThat(binder().read(child, List.of(Setting.parse("where=data/y"))).settings().where())
        .contains(home.resolve("data/y"));
    assertThat(binder().read(child, List.of(Setting.parse("where=/z"))).settings().where())
        .contains(Path.of("/z"));
    assertThat(
            binder()
                .read(child, List.of(Setting.file("where", Path.of("w"), "--where")))
                .settings()
                .where())
        .contains(Path.of("w").toAbsolutePath());
  }

  @Test
  void the_resolved_recipe_is_written_in_declared_order_and_means_the_same_elsewhere()
      throws IOException {
    Path folder = Files.createDirectories(home.resolve("recipes"));
    Path recipe =
        Files.writeString(
            folder.resolve("r.yaml"), "inner: {rate: 0.00001}\nwhere: ./w\ntext: 'yes'\n");
    String yaml = binder().read(recipe, List.of()).yaml();
    assertThat(yaml)
        .isEqualTo(
            """
            name: r
            text: "yes"
            counts: [1, 4]
            words: []
            maybe: null
            where: recipes/w
            rounds: 3
            inner:
              rate: 1.0e-5
              fast: false
            """);
    Path run = Files.createDirectories(home.resolve("runs/r-seed0"));
    assertThat(
            binder()
                .read(Files.writeString(run.resolve("recipe.yaml"), yaml), List.of())
                .settings())
        .isEqualTo(binder().read(recipe, List.of()).settings());
  }

  @Test
  void a_difference_lists_changed_content_and_lets_the_rest_be() throws IOException {
    Path recipe = write("r.yaml", "");
    BoundRecipe<Sample> existing = binder().read(recipe, List.of());
    BoundRecipe<Sample> free =
        binder().read(recipe, List.of(Setting.parse("inner.fast=true"), Setting.parse("rounds=9")));
    RecipeDifference none = RecipeDifference.between(existing, free);
    assertThat(none.compatible()).isTrue();
    none.requireCompatible("runs/r");
    assertThat(free.digest()).isEqualTo(existing.digest());

    BoundRecipe<Sample> changed =
        binder()
            .read(
                recipe,
                List.of(
                    Setting.parse("inner.rate=1"),
                    Setting.parse("text=other"),
                    Setting.parse("rounds=2")));
    RecipeDifference difference = RecipeDifference.between(existing, changed);
    assertThat(difference)
        .isEqualTo(
            new RecipeDifference(
                List.of(
                    new RecipeDifference.Change("text", "plain", "other"),
                    new RecipeDifference.Change("inner.rate", "3.0e-4", "1")),
                List.of(new RecipeDifference.Change("rounds", "3", "2"))));
    assertThat(changed.digest()).isNotEqualTo(existing.digest());
    assertThatThrownBy(() -> difference.requireCompatible("runs/r"))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "runs/r: was started with other settings (text: plain -> other; inner.rate: 3.0e-4 ->"
                + " 1), and cannot be shortened (rounds: 3 -> 2); restore them to go on, or name a"
                + " new directory with --run");
  }

  @Test
  void equal_values_written_differently_are_no_difference() throws IOException {
    BoundRecipe<Sample> left = binder().read(write("a.yaml", "inner: {rate: 3.0e-4}"), List.of());
    BoundRecipe<Sample> right =
        binder().read(write("b.yaml", "inner:\n  rate: 0.00030\ncounts: [ 1,4 ]"), List.of());
    assertThat(RecipeDifference.between(left, right).compatible()).isTrue();
    assertThat(left.digest()).isEqualTo(right.digest());
  }

  @Test
  void a_list_outside_a_file_must_be_a_list() throws IOException {
    Path recipe = write("r.yaml", "");
    assertThatThrownBy(() -> binder().read(recipe, List.of(Setting.parse("counts=3"))))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "--set counts=3: counts: expects a list, each item a whole number of at least 0, as"
                + " [a, b]");
    assertThatThrownBy(() -> binder().read(write("s.yaml", "counts: 3"), List.of()))
        .isInstanceOf(UserMistake.class)
        .hasMessageEndingWith(
            "s.yaml:1: counts: expects a list, each item a whole number of at least 0, found 3");
  }

  private Path write(String name, String yaml) throws IOException {
    return Files.writeString(home.resolve(name), yaml);
  }

  private RecipeBinder<Sample> binder() {
    return RecipeBinder.of(Sample.class, home);
  }
}
