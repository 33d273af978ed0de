package io.capoflow.models.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.lora.LoraTarget;
import io.capoflow.models.lora.PeftConfig;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ModelDirectoryTest {
  private static final LoraSettings LORA = LoraSettings.of(2, 4, List.of(LoraTarget.Q_PROJ));

  @TempDir private Path directory;
  private Path base;
  private Path adapter;

  @BeforeEach
  void write() throws IOException {
    base = Files.createDirectories(directory.resolve("base"));
    adapter = directory.resolve("adapter");
    for (String name : List.of("config.json", "tokenizer.json", "tokenizer_config.json")) {
      Files.writeString(base.resolve(name), "{}");
    }
    new PeftConfig("../base", LORA).write(adapter);
  }

  @Test
  void aCheckpointHasAllOfItsOwn() {
    ModelDirectory files = ModelDirectory.of(base);
    assertThat(files.isAdapter()).isFalse();
    assertThat(files.config()).isEqualTo(base.resolve("config.json"));
    assertThat(files.tokenizer()).isEqualTo(base.resolve("tokenizer.json"));
    assertThat(files.chatTemplateDirectories()).containsExactly(base);
  }

  @Test
  void whatAnAdapterLacksComesFromItsBase() {
    ModelDirectory files = ModelDirectory.of(adapter);
    assertThat(files.base()).isEqualTo(base);
    assertThat(files.tokenizer()).isEqualTo(base.resolve("tokenizer.json"));
    assertThat(files.tokenizerConfigDirectory()).isEqualTo(base);
    assertThat(files.chatTemplateDirectories()).containsExactly(adapter, base);
  }

  @Test
  void anAdaptersTokenizerGoesBeforeItsBasesAndTheBasesConfigurationBeforeTheAdapters()
      throws IOException {
    for (String name :
        List.of(
            "tokenizer.json", "special_tokens_map.json", "config.json", "generation_config.json")) {
      Files.writeString(adapter.resolve(name), "{}");
    }
    ModelDirectory files = ModelDirectory.of(adapter);
    assertThat(files.tokenizer()).isEqualTo(adapter.resolve("tokenizer.json"));
    assertThat(files.tokenizerConfigDirectory()).isEqualTo(adapter);
    assertThat(files.config()).isEqualTo(base.resolve("config.json"));
    assertThat(files.generationConfig()).isEqualTo(base.resolve("generation_config.json"));
  }

  @Test
  void aBaseThatIsAnAdapterItselfIsAMistake() {
    new PeftConfig("../adapter", LORA).write(directory.resolve("second"));
    assertThatThrownBy(() -> ModelDirectory.of(directory.resolve("second")))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("\"../adapter\", which is an adapter itself")
        .hasMessageContaining("capoflow merge");
  }

  @Test
  void aBaseIsFoundInTheHubsCacheByItsBranchOrItsCommit() throws IOException {
    HubCache cache = new HubCache(directory.resolve("hub"));
    Path model = directory.resolve("hub/models--org--small.model");
    Path main = Files.createDirectories(model.resolve("snapshots/aaa"));
    Path other = Files.createDirectories(model.resolve("snapshots/bbb"));
    Files.createDirectories(model.resolve("refs"));
    Files.writeString(model.resolve("refs/main"), "aaa\n");

    assertThat(baseOf("org/small.model", Optional.empty(), cache)).isEqualTo(main);
    assertThat(baseOf("org/small.model", Optional.of("bbb"), cache)).isEqualTo(other);
    assertThatThrownBy(() -> baseOf("org/small.model", Optional.of("ccc"), cache))
        .isInstanceOf(UserMistake.class);
  }

  @Test
  void aBaseThatIsNowhereIsOneLineThatSaysWhereItWasLookedFor() {
    HubCache cache = new HubCache(directory.resolve("hub"));
    assertThatThrownBy(() -> baseOf("org/gone", Optional.empty(), cache))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            adapter.resolve("adapter_config.json")
                + ": field base_model_name_or_path is \"org/gone\", which is no directory here and no"
                + " model in "
                + directory.resolve("hub")
                + "; name the base's directory");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../base", "a/../../base", "org/..", "..", "a/b/c", "/etc", ""})
  void noNameLeadsOutOfTheCache(String name) throws IOException {
    Path hub = Files.createDirectories(directory.resolve("hub"));
    Files.createDirectories(directory.resolve("hub/models--..--base/snapshots/main"));
    assertThat(new HubCache(hub).find(name, Optional.empty())).isEmpty();
    assertThat(new HubCache(hub).find("org/name", Optional.of(name))).isEmpty();
  }

  @Test
  void theCacheLiesWhereTheEnvironmentSays() {
    Path home = Path.of("home");
    assertThat(HubCache.of(Map.of(), home).directory())
        .isEqualTo(Path.of("home/.cache/huggingface/hub"));
    assertThat(HubCache.of(Map.of("XDG_CACHE_HOME", "x"), home).directory())
        .isEqualTo(Path.of("x/huggingface/hub"));
    assertThat(HubCache.of(Map.of("XDG_CACHE_HOME", "x", "HF_HOME", "h"), home).directory())
        .isEqualTo(Path.of("h/hub"));
    assertThat(HubCache.of(Map.of("HF_HOME", "h", "HF_HUB_CACHE", "c"), home).directory())
        .isEqualTo(Path.of("c"));
  }

  private Path baseOf(String name, Optional<String> revision, HubCache cache) {
    new PeftConfig(name, revision, LORA).write(adapter);
    return ModelDirectory.of(adapter, cache).base();
  }
}
