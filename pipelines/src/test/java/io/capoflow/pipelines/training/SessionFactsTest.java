package io.capoflow.pipelines.training;

import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.transforms.storage.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SessionFactsTest {
  @TempDir private Path directory;

  @Test
  void onlyWhatChangedIsSaidAndNothingOfWhatAnOlderRecordLacks() {
    assertThat(
            SessionFacts.changes(
                Map.of("java", "17.0.1", "cpu_vendor", "GenuineIntel", "avro", "1"),
                Map.of("java", "17.0.2", "cpu_vendor", "AuthenticAMD", "avro", "1", "libc", "2")))
        .containsExactly("cpu_vendor GenuineIntel -> AuthenticAMD", "java 17.0.1 -> 17.0.2");
    assertThat(SessionFacts.changes(Map.of("java", "17"), Map.of("java", "17", "libc", "2")))
        .isEmpty();
  }

  @Test
  void theDifferenceOfTwoRunsIsOverAllOfTheirSessions() throws IOException {
    RunDirectory one =
        run(
            "one",
            """
            {"java": "17", "cpu_vendor": "GenuineIntel", "numerics": "native"},
            {"java": "17", "cpu_vendor": "AuthenticAMD", "numerics": "native"}""");
    RunDirectory other =
        run("other", "{\"java\": \"17\", \"cpu_vendor\": \"GenuineIntel\", \"libc\": \"2.36\"}");

    assertThat(SessionFacts.difference(one, other))
        .contains(
            "the runs were made with other cpu_vendor (AuthenticAMD | GenuineIntel; GenuineIntel)");
    assertThat(SessionFacts.difference(one, one)).isEmpty();
    assertThat(SessionFacts.difference(one, RunDirectory.at(directory.resolve("nowhere"))))
        .isEmpty();
  }

  /** As the record of earlier code is read, too: it holds no more than this. */
  private RunDirectory run(String name, String versions) throws IOException {
    RunDirectory run = RunDirectory.at(directory.resolve(name));
    Files.createDirectories(run.root());
    Files.writeString(
        run.run(),
        """
        {"name": "n", "seed": 0, "recipe_digest": "d", "critic": "", "reference": "",
         "versions": [%s], "wall_seconds": 1}
        """
            .formatted(versions));
    return run;
  }
}
