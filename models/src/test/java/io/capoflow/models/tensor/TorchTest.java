package io.capoflow.models.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import io.capoflow.schemas.UserMistake;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.FutureTask;
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
              class Pair(NamedTuple):
                # Two tensors.
                first : Tensor
                second : Optional[Tensor]

              def slope(self, weights: Dict[str, Tensor], gradients: Dict[str, Tensor]) -> Dict[str, Tensor]:
                v = weights["a.b"].detach().requires_grad_(True)
                y = (self.twice(v) * v).sum()
                g = torch.grad([y], [v])[0]
                if g is not None:
                  gradients["a.b"].add_(g)
                return {"loss": y.detach(), "weight": weights["a.b"]}
              """,
              """
              def pair(self, of: Dict[str, Tensor]) -> Pair:
                return Pair(first=of["first"], second=of.get("second"))

              def sum(self, pair: Pair) -> Tensor:
                second = pair.second
                return pair.first if second is None else pair.first + second
              """));

  /**
   * The number of threads is the computing thread's own, so that a worker may compute for two runs
   * at a time whose numbers differ: each gets the bits that it would get alone.
   */
  @Test
  void runsThatComputeOnOtherNumbersOfThreadsDoNotDisturbEachOther() throws Exception {
    Map<Integer, float[]> alone = new TreeMap<>();
    for (int threads : new int[] {1, 2, 3}) {
      alone.put(threads, onAThreadOfItsOwn(() -> sums(threads, () -> {})).get());
    }
    CyclicBarrier together = new CyclicBarrier(3);
    Runnable meet =
        () -> {
          try {
            together.await();
          } catch (InterruptedException | BrokenBarrierException e) {
            throw new AssertionError(e);
          }
        };
    Map<Integer, FutureTask<float[]>> beside = new TreeMap<>();
    for (int threads : new int[] {1, 2, 3}) {
      beside.put(threads, onAThreadOfItsOwn(() -> sums(threads, meet)));
    }
    for (int threads : new int[] {1, 2, 3}) {
      assertThat(beside.get(threads).get()).isEqualTo(alone.get(threads));
    }
  }

  /** Sums that are cut among the threads, and the number of threads before and after. */
  private static float[] sums(int threads, Runnable allSet) {
    Torch.use(TorchSettings.ofThreads(threads));
    allSet.run();
    float[] results = new float[4];
    try (NDManager manager = Torch.newManager(Device.cpu())) {
      float[] numbers = new float[200_000];
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] = (float) Math.sin(i);
      }
      NDArray array = manager.create(numbers);
      results[0] = Torch.threads();
      results[1] = array.sum().getFloat();
      NDArray matrix = array.reshape(400, 500);
      results[3] = matrix.matMul(matrix.transpose()).sum().getFloat();
      results[2] = Torch.threads();
    }
    allSet.run();
    assertThat(results[0]).isEqualTo(threads);
    assertThat(results[2]).isEqualTo(threads);
    return results;
  }

  private static <T> FutureTask<T> onAThreadOfItsOwn(Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    new Thread(task, "computing").start();
    return task;
  }

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
          NDList slope =
              script.differentiate(
                  scope, "slope", List.of(Map.of("a.b", x), Map.of("a.b", gradient)));
          assertThat(gradient.toFloatArray()).containsExactly(4, 8);
          assertThat(slope.get("loss").getFloat()).isEqualTo(10);
          assertThat(slope.get("weight").toFloatArray()).containsExactly(1, 2);
          assertThat(JniUtils.isGradMode()).isEqualTo(mode);
        }
      } finally {
        JniUtils.setGradMode(before);
      }
    }
  }

  @Test
  void aScriptsRecordHoldsTheTensorsThatItWasMadeOf() {
    try (TorchScript script = TorchScript.compile(TWICE);
        NDManager scope = Torch.newManager(Device.cpu());
        NDArray first = scope.create(new float[] {1, 2});
        NDArray second = scope.create(new float[] {10, 20});
        TorchScript.Value one = script.evaluate("pair", Map.of("first", first));
        TorchScript.Value both =
            script.evaluate("pair", Map.of("first", first, "second", second))) {
      first.addi(1);
      assertThat(script.call(scope, "sum", one).get(0).toFloatArray()).containsExactly(2, 3);
      assertThat(script.call(scope, "sum", both).get(0).toFloatArray()).containsExactly(12, 23);
      assertThatThrownBy(() -> script.evaluate("pair", Map.of("second", second)))
          .hasMessageContaining("KeyError: first");
    }
  }

  @Test
  void recordsStandBesideTheModuleAndAreNamedInFull() {
    assertThat(
            TorchScriptSource.assemble(
                List.of(
                    """
                    # What goes together.
                    class Pair(NamedTuple):
                      first : Tensor

                    def of(self, pair: Pair, pairs: List[Pair]) -> Tensor:
                      return Pair(pair.first).first
                    """)))
        .isEqualTo(
            """
            class Pair(NamedTuple):
              first : Tensor

            class Module_(Module):
              __parameters__ = []
              __buffers__ = []
              training : bool
              # What goes together.
              def of(self, pair: __torch__.Pair, pairs: List[__torch__.Pair]) -> Tensor:
                return __torch__.Pair(pair.first).first
            """);
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
