package io.capoflow.models.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * A tensor that a script makes without naming a device lies on the CPU, which a machine without a
 * GPU never notices.
 */
class TorchScriptDevicesTest {
  private static final Pattern CREATION =
      Pattern.compile(
          "torch\\.(tensor|as_tensor|scalar_tensor|empty|zeros|ones|full|arange|range|linspace"
              + "|logspace|eye|tril_indices|triu_indices|rand|randn|randint|randperm)\\(");

  /** {@code .cpu()}, {@code .cuda()}, or a device by its name. */
  private static final Pattern CHOICE =
      Pattern.compile("\\.cpu\\(|\\.cuda\\(|[\"'](cpu|cuda)|torch\\.device\\(");

  @Test
  void everyTensorThatAScriptMakesNamesADevice() throws IOException, URISyntaxException {
    List<String> creations = new ArrayList<>();
    for (Path script : scripts()) {
      creations.addAll(creations(Files.readString(script)));
    }

    assertThat(creations)
        .hasSizeGreaterThan(5)
        .allSatisfy(call -> assertThat(call).contains("device="));
  }

  @Test
  void noScriptChoosesADeviceButToHandBytesOut() throws IOException, URISyntaxException {
    List<String> choices = new ArrayList<>();
    for (Path script : scripts()) {
      Files.readAllLines(script).stream()
          .filter(line -> CHOICE.matcher(line).find())
          .map(line -> script.getFileName() + ":" + line)
          .forEach(choices::add);
    }

    assertThat(choices)
        .singleElement()
        .asString()
        .startsWith("tensor_bytes.py:")
        .contains("elements.cpu()");
  }

  /** On CUDA its gradient adds in any order: what is trained looks up by {@code embed} alone. */
  @Test
  void onlyTheDecoderAndGenerationCallEmbedding() throws IOException, URISyntaxException {
    List<String> calls = new ArrayList<>();
    for (Path script : scripts()) {
      Files.readAllLines(script).stream()
          .filter(line -> line.contains("torch.embedding("))
          .map(line -> script.getFileName() + ":" + line.strip())
          .forEach(calls::add);
    }

    assertThat(calls)
        .containsExactly(
            "decoder.py:return torch.embedding(table, ids)",
            "generation.py:x = torch.embedding(decoder.embed_tokens, places.token.narrow(0, 0, rows))  # [rows, hidden]");
  }

  @Test
  void aCreationWithoutADeviceWouldBeFound() {
    assertThat(creations("x = torch.zeros([a(b), 2], dtype=6) + torch.ones([1], device=d)"))
        .containsExactly("torch.zeros([a(b), 2], dtype=6)", "torch.ones([1], device=d)");
  }

  private static List<Path> scripts() throws IOException, URISyntaxException {
    // By a script, since tests have a folder of that name, too.
    Path script =
        Path.of(
            TorchScript.class.getResource("/io/capoflow/models/torchscript/decoder.py").toURI());
    try (Stream<Path> files = Files.list(script.getParent())) {
      return files.sorted().toList();
    }
  }

  /** Calls with their arguments. */
  private static List<String> creations(String text) {
    List<String> calls = new ArrayList<>();
    Matcher matcher = CREATION.matcher(text);
    while (matcher.find()) {
      int end = matcher.end();
      for (int open = 1; open > 0; end++) {
        open += text.charAt(end) == '(' ? 1 : text.charAt(end) == ')' ? -1 : 0;
      }
      calls.add(text.substring(matcher.start(), end));
    }
    return calls;
  }
}
