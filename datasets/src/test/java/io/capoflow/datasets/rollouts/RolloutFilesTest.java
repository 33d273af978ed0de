package io.capoflow.datasets.rollouts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which files paths and globs name. */
final class RolloutFilesTest {
  @TempDir Path folder;

  @BeforeEach
  void fill() throws IOException {
    for (String name :
        List.of(
            "b.jsonl",
            "a.jsonl",
            "c[1].jsonl",
            ".hidden.jsonl",
            "_begun.jsonl",
            "x/a.jsonl",
            "x/y/a.jsonl",
            ".git/a.jsonl",
            "_tmp/a.jsonl",
            "run/00001/rollouts/shard-1.parquet",
            "run/00000/rollouts/shard-1.parquet",
            "run/00000/rollouts/shard-0.parquet",
            "run/00000/rollouts/_manifest.json",
            "run/00000/rollouts/_draft.parquet",
            "run/00000/rollouts/.draft.parquet",
            "run/00000/verdicts/shard-0.parquet",
            "empty/notes.txt")) {
      Path file = folder.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, "");
    }
  }

  @Test
  void filesAreTakenInTheOrderInWhichTheyAreNamedAndOnce() {
    assertThat(named("b.jsonl", "a.jsonl", "x/../b.jsonl")).containsExactly("b.jsonl", "a.jsonl");
  }

  @Test
  void aGlobNamesFilesInTheOrderOfTheirNamesWithoutBookkeeping() {
    assertThat(named("*.jsonl")).containsExactly("a.jsonl", "b.jsonl", "c[1].jsonl");
    assertThat(named("[ab].jsonl", "?.jsonl")).containsExactly("a.jsonl", "b.jsonl");
    assertThat(named("{b,c*}.jsonl")).containsExactly("b.jsonl", "c[1].jsonl");
    assertThat(named("b.jsonl", "*.jsonl")).containsExactly("b.jsonl", "a.jsonl", "c[1].jsonl");
    assertThat(named("_*.jsonl", ".h*")).containsExactly("_begun.jsonl", ".hidden.jsonl");
  }

  @Test
  void twoStarsAreAnyNumberOfFolders() {
    assertThat(named("**/a.jsonl")).containsExactly("a.jsonl", "x/a.jsonl", "x/y/a.jsonl");
    assertThat(named("x/**/a.jsonl")).containsExactly("x/a.jsonl", "x/y/a.jsonl");
    assertThat(named("*/a.jsonl")).containsExactly("x/a.jsonl");
  }

  @Test
  void aFileIsTakenByItsNameThoughItLooksLikeAGlob() {
    assertThat(named("c[1].jsonl")).containsExactly("c[1].jsonl");
  }

  @Test
  void aFolderIsATable() {
    assertThat(named("run/00000/rollouts"))
        .containsExactly(
            "run/00000/rollouts/shard-0.parquet", "run/00000/rollouts/shard-1.parquet");
    assertThat(named("run/*/rollouts"))
        .containsExactly(
            "run/00000/rollouts/shard-0.parquet",
            "run/00000/rollouts/shard-1.parquet",
            "run/00001/rollouts/shard-1.parquet");
  }

  @Test
  void linksToFilesAreFilesAndLinksToFoldersLeadNoGlobInACircle() throws IOException {
    Files.createSymbolicLink(folder.resolve("x/link.jsonl"), folder.resolve("b.jsonl"));
    Files.createSymbolicLink(folder.resolve("x/up"), folder);
    assertThat(named("x/*.jsonl")).containsExactly("x/a.jsonl", "x/link.jsonl");
    assertThat(named("x/**/*.jsonl")).containsExactly("x/a.jsonl", "x/link.jsonl", "x/y/a.jsonl");
  }

  @Test
  void whatNamesNoFileIsSaid() {
    assertMistake("none.jsonl", "no such file; name a file of rollouts");
    assertMistake("none*.jsonl", "names no file; check the pattern, and where you are");
    assertMistake("none/**/*.jsonl", "names no file; check the pattern, and where you are");
    assertMistake("a.jsonl/*", "names no file; check the pattern, and where you are");
    assertMistake("empty", "is a folder without Parquet files; name its files, as in");
    assertMistake("[", "is no pattern (");
    assertThatThrownBy(() -> RolloutIntake.files(List.of("a\0b")))
        .isInstanceOf(UserMistake.class)
        .hasMessage("'a?b' is no path");
  }

  private void assertMistake(String name, String message) {
    String path = folder.resolve(name).toString();
    assertThatThrownBy(() -> RolloutIntake.files(List.of(path)))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(path + ": " + message);
  }

  private List<String> named(String... names) {
    return RolloutIntake.files(Arrays.stream(names).map(name -> folder + "/" + name).toList())
        .stream()
        .map(file -> folder.relativize(file).toString())
        .toList();
  }
}
