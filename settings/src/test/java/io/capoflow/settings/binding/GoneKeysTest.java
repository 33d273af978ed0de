package io.capoflow.settings.binding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.recipe.TrainingRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run of an earlier version keeps stays readable; a recipe for a new one is told better. */
class GoneKeysTest {
  @TempDir Path folder;

  @Test
  void aKeptRecipeMayNameAKeyThatIsGoneAndNoOtherOne() throws IOException {
    RecipeBinder<TrainingRecipe> binder = RecipeBinder.of(TrainingRecipe.class);
    Path written = folder.resolve("written.yaml");
    Files.writeString(
        written,
        """
        problems: {source: arithmetic}
        policy: {path: weights/arithmetic-policy}
        critique: {path: weights/arithmetic-critic}
        """);
    String yaml = binder.read(written, List.of()).yaml();
    assertThat(yaml).contains("  max_rows:");
    Path kept = folder.resolve("recipe.yaml");
    Files.writeString(kept, yaml.replace("critique:\n", "critique:\n  batch_rollouts: 32\n"));

    assertThat(binder.readKept(kept).settings()).isEqualTo(binder.readKept(written).settings());
    assertThatThrownBy(() -> binder.read(kept, List.of()))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining(
            "critique.batch_rollouts: is no key any more; write critique.max_rows");

    Files.writeString(kept, yaml.replace("critique:\n", "critique:\n  batch_rolouts: 32\n"));
    assertThatThrownBy(() -> binder.readKept(kept))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("batch_rolouts");
  }
}
