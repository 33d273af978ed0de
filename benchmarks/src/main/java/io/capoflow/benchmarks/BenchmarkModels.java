package io.capoflow.benchmarks;

import io.capoflow.models.decoder.DecoderConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The models that are measured. */
final class BenchmarkModels {
  private BenchmarkModels() {}

  /**
   * A Llama without an end token, so that every response runs to the limit and the work is known.
   */
  static DecoderConfig config(
      int vocabulary, int hidden, int layers, int heads, int keyValueHeads, int intermediate) {
    return DecoderConfig.llama(
        vocabulary,
        hidden,
        layers,
        heads,
        keyValueHeads,
        hidden / heads,
        intermediate,
        1e-5,
        10_000,
        true,
        512,
        OptionalInt.empty(),
        List.of(),
        OptionalInt.empty());
  }

  /** Writes a tokenizer whose tokens are the words w0, w1, … into a model's directory. */
  static void writeTokenizer(Path directory, int vocabulary) throws IOException {
    String words =
        IntStream.range(0, vocabulary)
            .mapToObj(id -> "\"w" + id + "\": " + id)
            .collect(Collectors.joining(", "));
    Files.writeString(
        directory.resolve("tokenizer.json"),
        """
        {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [],
         "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": null,
         "decoder": null,
         "model": {"type": "WordLevel", "vocab": {%s}, "unk_token": "w0"}}
        """
            .formatted(words));
  }
}
