package io.capoflow.runners.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.capoflow.models.tensor.Processor;
import io.capoflow.runners.it.CliProcess.Ended;
import io.capoflow.schemas.Json;
import io.capoflow.transforms.storage.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs in portable numerics: their bits are known, and every command that takes them keeps to them.
 */
final class NumericsIT {
  private static final String PORTABLE = "torch.numerics=portable";

  /** Of {@code recipes/arithmetic.yaml} with seed 0, whoever made the processor. */
  private static final String FIRST_UPDATE =
      "8068c57cc3cd3d26d21ca3f0e5ee8464da900873b14552f60ea9daa3d41056cc";

  @TempDir private Path directory;

  @BeforeAll
  static void takesAvx2() {
    Processor processor = Processor.ofThisMachine();
    assumeTrue(
        processor.hasAvx2(),
        () -> "NOT TESTED: portable numerics need AVX2, and " + processor.model() + " has none");
  }

  /** Measuring changes nothing of what is trained, and takes half of the time. */
  @Test
  void theFirstUpdateOfTheMainJobHasTheDigestThatItHasEverywhere() {
    Path run = directory.resolve("run");

    Ended ended =
        run(
            "train",
            SmallExperiment.home().resolve("recipes/arithmetic.yaml"),
            "--iterations",
            1,
            "--set",
            PORTABLE,
            "--set",
            "evaluate.problems=10",
            "--run",
            run);

    assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
    assertThat(RunDirectory.at(run).digests()).containsEntry("policy/v00001", FIRST_UPDATE);
  }

  @Test
  void aRunGoesOnInItsNumericsAndIsMeasuredInThem() throws IOException {
    Path recipe = SmallExperiment.in(directory);
    Path whole = directory.resolve("whole");
    Path resumed = directory.resolve("resumed");
    succeed("train", recipe, "--run", whole, "--iterations", 2, "--set", PORTABLE);
    succeed("train", recipe, "--run", resumed, "--iterations", 1, "--set", PORTABLE);

    Ended otherwise = run("train", recipe, "--run", resumed, "--iterations", 2);
    succeed("train", recipe, "--run", resumed, "--iterations", 2, "--set", PORTABLE);

    assertThat(otherwise.status()).isEqualTo(2);
    assertThat(otherwise.lines()).singleElement().asString().contains("torch.numerics");
    assertThat(RunDirectory.at(resumed).digests()).isEqualTo(RunDirectory.at(whole).digests());
    JsonNode facts =
        Json.LENIENT.readTree(Files.readString(whole.resolve("run.json"))).at("/versions/0");
    assertThat(facts.path("numerics").asText()).isEqualTo("portable");
    assertThat(facts.path("aten_capability").asText()).isEqualTo("AVX2");
    assertThat(facts.path("mkl_branch").asText()).isEqualTo("COMPATIBLE");
    assertThat(facts.path("device").asText()).isEqualTo("cpu");
    assertThat(facts.path("cpu_vendor").asText()).isEqualTo(Processor.ofThisMachine().vendor());

    Path measured = directory.resolve("measured");
    succeed(
        "evaluate",
        "--policy",
        whole.resolve("policy/v00002"),
        "--held-out",
        12,
        "--samples",
        1,
        "--output",
        measured);
    String rollouts = "greedy/rollouts/_manifest.json";
    assertThat(digest(measured.resolve(rollouts)))
        .hasSize(64)
        .isEqualTo(digest(whole.resolve("evaluation/v00002").resolve(rollouts)));
  }

  private static String digest(Path manifest) throws IOException {
    return Json.LENIENT.readTree(Files.readString(manifest)).path("digest").asText();
  }

  private void succeed(Object... arguments) {
    Ended ended = run(arguments);
    assertThat(ended.status()).as(String.join("\n", ended.lines())).isZero();
  }

  private Ended run(Object... arguments) {
    return CliProcess.run(directory, Map.of(), arguments);
  }
}
