package io.capoflow.models.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What we save, read by a program that shares nothing with ours: {@code compare_checkpoints.py}, on
 * checkpoints that another Python program wrote.
 */
class IndependentReaderTest {
  private static final Path PYTHON = Path.of("/usr/bin/python3");
  private static final Path SCRIPT = Path.of("src/test/python/compare_checkpoints.py");

  @TempDir Path directory;

  @BeforeAll
  static void pythonWithTorchIsThere() throws Exception {
    boolean there =
        Files.isExecutable(PYTHON)
            && new ProcessBuilder(PYTHON.toString(), "-c", "import torch")
                    .redirectErrorStream(true)
                    .start()
                    .waitFor()
                == 0;
    if (!there) {
      System.out.println(
          "SKIPPED: no independent program reads what we save, since "
              + PYTHON
              + " with PyTorch is missing (Debian: apt-get install python3-torch)");
    }
    assumeTrue(there);
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama-llama3", "llama-linear", "llama-yarn", "qwen2", "qwen3"})
  void aSavedModelHoldsTheTensorsThatWereLoaded(String name) throws Exception {
    Path loaded = reference(name);
    Path saved = directory.resolve("saved");
    try (CausalLm model = ModelLoader.load(Loading.forUse(loaded, "cpu"))) {
      model.save(saved);
      assertThat(Safetensors.readCheckpoint(saved)).hasSameSizeAs(model.tensors());
    }
    // A copy without what is redundant, which we do not save.
    SortedMap<String, TensorData> needed = new TreeMap<>(Safetensors.readCheckpoint(loaded));
    needed.keySet().retainAll(Safetensors.readCheckpoint(saved).keySet());
    boolean lean = needed.size() == Safetensors.readCheckpoint(loaded).size();
    Path shards = directory.resolve("shards");
    Files.createDirectories(shards);
    Safetensors.writeCheckpoint(shards, needed, 16_000);

    assertThat(run(saved, shards)).isEqualTo(needed.size() + " tensors are equal\n");
    if (lean) {
      assertThat(run(saved, loaded)).isEqualTo(needed.size() + " tensors are equal\n");
    }
  }

  @Test
  void theProgramNoticesADifference() throws Exception {
    Path loaded = reference("llama-llama3");
    Path changed = directory.resolve("changed");
    Files.createDirectories(changed);
    Path file = changed.resolve(Safetensors.SINGLE_FILE);
    Files.copy(loaded.resolve(Safetensors.SINGLE_FILE), file);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 1] ^= 1;
    Files.write(file, bytes);
    assertThat(run(loaded, changed)).contains("values differ");
  }

  private static Path reference(String name) throws URISyntaxException {
    return Path.of(IndependentReaderTest.class.getResource("/reference/" + name).toURI());
  }

  private static String run(Path left, Path right) throws IOException {
    Process process =
        new ProcessBuilder(PYTHON.toString(), SCRIPT.toString(), left.toString(), right.toString())
            .redirectErrorStream(true)
            .start();
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }
}
