package io.capoflow.models.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.capoflow.schemas.UserMistake;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TorchTest {
  private static final String TWICE =
      TorchScriptSource.assemble(
          List.of(
              """
              def twice(self, x: Tensor) -> Tensor:
                return x * 2.0
              """,
              """
              def slope(self, x: Tensor, gradients: List[Tensor]) -> Tensor:
                v = x.detach().requires_grad_(True)
                g = torch.grad([(self.twice(v) * v).sum()], [v])[0]
                if g is not None:
                  gradients[0].add_(g)
                return x
              """));

  @Test
  void theProcessorIsAlwaysThere() {
    assertThat(Torch.device("cpu")).isEqualTo(Device.cpu());
    assertThat(Torch.device("auto")).isNotNull();
    assertThat(Torch.version()).startsWith("2.");
  }

  @Test
  void devicesThatAreNotThereAreNamed() {
    assertThatThrownBy(() -> Torch.device("gpu"))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("\"gpu\"")
        .hasMessageContaining("cuda:N");
    assertThatThrownBy(() -> Torch.device("cuda:99"))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("cuda:99");
  }

  @Test
  void namesStandForDevicesWhetherThereOrNot() {
    assertThat(Torch.resolve("cpu")).isEqualTo("cpu");
    assertThat(Torch.resolve("cuda")).isEqualTo("cuda:0");
    assertThat(Torch.resolve("cuda:07")).isEqualTo("cuda:7");
    assertThat(Torch.resolve("auto")).isEqualTo(Torch.cudaDevices() > 0 ? "cuda:0" : "cpu");
    assertThat(Torch.isThere("cpu")).isTrue();
    assertThat(Torch.isThere("auto")).isTrue();
    assertThat(Torch.isThere("cuda:99")).isFalse();
    assertThatThrownBy(() -> Torch.resolve("cuda:")).isInstanceOf(UserMistake.class);
    assertThat(List.of("auto", "cpu", "cuda", "cuda:0", "cuda:123")).allMatch(Torch::isDeviceName);
    assertThat(List.of("", "gpu", "CPU", "cuda:", "cuda:x", "cuda:1234", "cpu:0"))
        .noneMatch(Torch::isDeviceName);
  }

  @Test
  void whatAScriptReadsAsNumbersLiesInMainMemory() {
    try (NDManager parent = Torch.newManager(Torch.device("auto"));
        NDManager host = Torch.newHostScope(parent)) {
      assertThat(host.create(1f).getDevice()).isEqualTo(Device.cpu());
    }
  }

  @Test
  void callsLeaveTheThreadsGradientModeAsItWas() {
    try (TorchScript script = TorchScript.compile(TWICE);
        NDManager scope = Torch.newManager(Device.cpu())) {
      boolean before = JniUtils.isGradMode();
      try {
        for (boolean mode : List.of(true, false)) {
          JniUtils.setGradMode(mode);
          NDArray x = scope.create(new float[] {1, 2});
          NDArray gradient = scope.create(new float[] {0, 0});
          assertThat(script.call(scope, "twice", x).get(0).toFloatArray()).containsExactly(2, 4);
          script.differentiate(scope, "slope", List.of(x), List.of(List.of(gradient)));
          assertThat(gradient.toFloatArray()).containsExactly(4, 8);
          assertThat(JniUtils.isGradMode()).isEqualTo(mode);
        }
      } finally {
        JniUtils.setGradMode(before);
      }
    }
  }

  @Test
  void textThatDoesNotCompileSaysWhere() {
    assertThatThrownBy(
            () ->
                TorchScript.compile(
                    TorchScriptSource.assemble(
                        List.of("def broken(self) -> int:\n  return nowhere\n"))))
        .hasMessageContaining("nowhere");
  }

  @Test
  void constantsMustAllBeGiven() {
    assertThat(TorchScriptSource.substitute("a $b_c + $d", Map.of("b_c", "1", "d", "2")))
        .isEqualTo("a 1 + 2");
    assertThatThrownBy(() -> TorchScriptSource.substitute("$missing", Map.of()))
        .hasMessageContaining("missing");
  }
}
