package io.capoflow.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericRecordBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DigestsTest {
  @Test
  void theOrderOfMetadataDoesNotMatter() {
    Map<String, String> forwards = new LinkedHashMap<>();
    forwards.put("a", "1");
    forwards.put("b", "2");
    Map<String, String> backwards = new LinkedHashMap<>();
    backwards.put("b", "2");
    backwards.put("a", "1");
    assertThat(Digests.ofRow(problem("p", forwards)))
        .isEqualTo(Digests.ofRow(problem("p", backwards)));
  }

  @Test
  void everyContentFieldMatters() {
    String digest = Digests.ofRow(problem("p", Map.of("a", "1")));
    assertThat(Digests.ofRow(problem("q", Map.of("a", "1")))).isNotEqualTo(digest);
    assertThat(Digests.ofRow(problem("p", Map.of("a", "2")))).isNotEqualTo(digest);
    assertThat(Digests.ofRow(problem("p", Map.of()))).isNotEqualTo(digest);
  }

  @Test
  void volatileFieldsDoNotMatter() {
    assertThat(Digests.ofRow(verdict(1, 10))).isEqualTo(Digests.ofRow(verdict(1, 99)));
    assertThat(Digests.ofRow(verdict(1, 10))).isNotEqualTo(Digests.ofRow(verdict(0, 10)));
  }

  /** The columns came after such rows were digested: theirs must stay what they were. */
  @Test
  void laterFieldsMatterWhereTheySaySomething() {
    Schema before =
        new Schema.Parser()
            .parse(
                """
                {"type": "record", "name": "Row", "fields": [{"name": "a", "type": "int"}]}
                """);
    Schema now =
        new Schema.Parser()
            .parse(
                """
                {"type": "record", "name": "Row", "fields": [
                  {"name": "a", "type": "int"},
                  {"name": "b", "type": ["null", "int"], "default": null, "digest": "when_present"},
                  {"name": "c", "type": ["null", "int"], "default": null, "digest": "when_present"}]}
                """);
    String earlier = Digests.ofRow(new GenericRecordBuilder(before).set("a", 1).build());
    String without = Digests.ofRow(new GenericRecordBuilder(now).set("a", 1).build());
    String withB = Digests.ofRow(new GenericRecordBuilder(now).set("a", 1).set("b", 2).build());
    String withC = Digests.ofRow(new GenericRecordBuilder(now).set("a", 1).set("c", 2).build());
    assertThat(without).isEqualTo(earlier);
    assertThat(Set.of(without, withB, withC)).hasSize(3);
  }

  @Test
  void aCollectionsDigestIgnoresOrderAndCountsDuplicates() {
    Verdict right = verdict(1, 0);
    Verdict wrong = verdict(0, 0);
    assertThat(Digests.ofRows(List.of(right, wrong)))
        .isEqualTo(Digests.ofRows(List.of(wrong, right)));
    assertThat(Digests.ofRows(List.of(right, right))).isNotEqualTo(Digests.ofRows(List.of()));
    assertThat(Digests.ofRows(List.of(right, right, wrong)))
        .isNotEqualTo(Digests.ofRows(List.of(wrong)));
  }

  @Test
  void anEmptyCollectionHasTheDigestOfNothing() {
    assertThat(Digests.ofRows(List.of()))
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  }

  @Test
  void partsKeepTheirBoundaries() {
    assertThat(Digests.ofParts("ab", "c")).isNotEqualTo(Digests.ofParts("a", "bc"));
  }

  private static Problem problem(String id, Map<String, String> metadata) {
    return Problem.newBuilder()
        .setProblemId(id)
        .setPrompt(List.of(new Message("user", "How much is 1 + 1?")))
        .setAnswer("2")
        .setSource("test")
        .setMetadata(metadata)
        .build();
  }

  private static Verdict verdict(int outcome, long micros) {
    return Verdict.newBuilder()
        .setIteration(0)
        .setProblemId("p")
        .setSampleIndex(0)
        .setRolloutId(Keys.rolloutId(0, "p", 0))
        .setOutcome(outcome)
        .setReason("CORRECT")
        .setGoldType("INTEGER")
        .setRoute("exact")
        .setVerifier("math/1")
        .setOptionsDigest("none")
        .setMicros(micros)
        .build();
  }

  @Test
  void theDigestOfAFileIsThatOfItsBytesWhateverItsSize(@TempDir Path directory) throws IOException {
    for (int size : new int[] {0, 1, 65_535, 65_536, 65_537, 200_000}) {
      byte[] bytes = new byte[size];
      for (int i = 0; i < size; i++) {
        bytes[i] = (byte) (i * 31);
      }
      Path file = Files.write(directory.resolve("file"), bytes);
      assertThat(Digests.ofFile(file)).isEqualTo(Digests.ofBytes(bytes));
    }
    assertThat(Digests.ofFile(Files.write(directory.resolve("empty"), new byte[0])))
        .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  }
}
