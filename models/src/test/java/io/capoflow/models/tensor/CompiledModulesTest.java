package io.capoflow.models.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompiledModulesTest {
  private static final String TWICE = "def twice(self, x: Tensor) -> Tensor:\n    return x + x\n";

  private final List<String> compiled = new ArrayList<>();
  private final List<String> closed = new ArrayList<>();
  private final CompiledModules<String> modules =
      new CompiledModules<>(
          source -> {
            compiled.add(source);
            return "module of " + source;
          },
          closed::add);

  @Test
  void aTextIsCompiledOnceHoweverOftenItIsTaken() {
    modules.take("a");
    modules.take("a");
    modules.giveBack("a");
    modules.giveBack("a");
    assertThat(modules.take("a")).isEqualTo("module of a");
    assertThat(compiled).containsExactly("a");
    assertThat(closed).isEmpty();
  }

  @Test
  void ofModulesThatNobodyUsesTheLatestStay() {
    List<String> sources = List.of("a", "b", "c", "d", "e", "f");
    sources.forEach(modules::take);
    sources.forEach(modules::giveBack);
    assertThat(closed).containsExactly("module of a", "module of b");
    sources.forEach(modules::take);
    assertThat(compiled).containsExactly("a", "b", "c", "d", "e", "f", "a", "b");
  }

  @Test
  void aScriptIsOfUseWhileAnotherOneOfItsTextIsClosed() {
    Torch.use(TorchSettings.ofThreads(1));
    try (TorchScript kept = TorchScript.compile(TorchScriptSource.assemble(List.of(TWICE)))) {
      TorchScript other = TorchScript.compile(TorchScriptSource.assemble(List.of(TWICE)));
      other.close();
      other.close();
      try (NDManager scope = Torch.newManager(Torch.device("cpu"))) {
        assertThat(
                kept.call(scope, "twice", scope.create(new float[] {1, 2}))
                    .singletonOrThrow()
                    .toFloatArray())
            .containsExactly(2, 4);
      }
    }
  }
}
