package io.capoflow.transforms.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.capoflow.models.tensor.Numerics;
import io.capoflow.schemas.UserMistake;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class WorkersTest {
  private static final SortedMap<String, String> CODE =
      new TreeMap<>(Map.of("beam", "2.70.0", "capoflow-models", "aa11"));
  private static final SortedMap<String, String> MACHINE =
      new TreeMap<>(
          Map.of(
              "cpu_vendor", "GenuineIntel",
              "instruction_sets", "avx avx2",
              "aten_capability", "AVX2",
              "mkl_branch", "automatic: AVX2",
              "libtorch", "2.7.1",
              "numerics", "native",
              "device", "cpu"));
  private static final WorkerReport ONE =
      new WorkerReport("one", 11, "then", CODE, MACHINE, Optional.empty());

  @Test
  void workersThatAreAlikeAndRunOurCodeAreTaken() {
    Workers workers = workers(Numerics.NATIVE, ONE, other("cpu_vendor", "GenuineIntel"));

    assertThatCode(() -> workers.requireAlike(CODE)).doesNotThrowAnyException();
    assertThat(workers.notices()).isEmpty();
    assertThat(workers.facts()).isEqualTo(MACHINE);
  }

  @ParameterizedTest
  @CsvSource({
    "cpu_vendor, AuthenticAMD, GenuineIntel",
    "aten_capability, AVX512, AVX2",
    "mkl_branch, AVX512, automatic: AVX2",
    "numerics, native with MKL_CBWR=AVX2, native"
  })
  void kernelsThatDifferAreRefusedUnlessTheyAreBound(String fact, String value, String first) {
    WorkerReport other = other(fact, value);

    assertThatThrownBy(() -> workers(Numerics.NATIVE, ONE, other).requireAlike(CODE))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "the worker on one (process 11) has %s %s, and the worker on two (process 22) %s, so their bits differ: set torch.numerics to portable, or give the run workers of one kind"
                .formatted(fact, first, value));
    assertThatCode(() -> workers(Numerics.PORTABLE, ONE, other).requireAlike(CODE))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"libtorch", "device"})
  void noNumericsBindAnotherLibtorchOrDevice(String fact) {
    for (Numerics numerics : Numerics.values()) {
      assertThatThrownBy(() -> workers(numerics, ONE, other(fact, "another")).requireAlike(CODE))
          .isInstanceOf(UserMistake.class)
          .hasMessageStartingWith("the worker on one (process 11) has " + fact + " ")
          .hasMessageContaining("the worker on two (process 22) another, so their bits differ: ");
    }
  }

  @Test
  void whoComputesWithNoModelMayBeAnyMachine() {
    List<WorkerReport> reports = List.of(ONE, other("cpu_vendor", "AuthenticAMD"));

    assertThatCode(() -> new Workers(reports, Optional.empty()).requireAlike(CODE))
        .doesNotThrowAnyException();
  }

  @Test
  void otherInstructionSetsAreToldAndAllOfThemRecorded() {
    WorkerReport other = other("instruction_sets", "avx avx2 amx_bf16");
    Workers workers = workers(Numerics.NATIVE, ONE, other);

    assertThatCode(() -> workers.requireAlike(CODE)).doesNotThrowAnyException();
    assertThat(workers.notices())
        .singleElement()
        .asString()
        .startsWith(
            "the worker on one (process 11) has instruction_sets avx avx2, and the worker on two (process 22) avx avx2 amx_bf16: ");
    assertThat(workers.facts())
        .containsEntry("instruction_sets", "avx avx2 | avx avx2 amx_bf16")
        .containsEntry("libtorch", "2.7.1");
    assertThat(workers(Numerics.PORTABLE, ONE, other).notices()).isEmpty();
  }

  @Test
  void aWorkerWithOtherCodeIsRefusedWithBothVersionsBeforeWhatElseItLacks() {
    WorkerReport old =
        new WorkerReport("two", 22, "then", CODE, new TreeMap<>(), Optional.of("cannot compute"))
            .withCode(new TreeMap<>(Map.of("beam", "2.69.0", "capoflow-models", "aa11")));

    assertThatThrownBy(() -> workers(Numerics.PORTABLE, ONE, old).requireAlike(CODE))
        .isInstanceOf(UserMistake.class)
        .hasMessageStartingWith(
            "the worker on two (process 22) has beam 2.69.0, and this program 2.70.0: put what capoflow cluster package writes to cluster-lib/ into the lib/ of every worker")
        .hasMessageEndingWith("and start the cluster anew");
  }

  @Test
  void aModuleThatAWorkerLacksIsNamed() {
    WorkerReport bare = ONE.withCode(new TreeMap<>(Map.of("beam", "2.70.0")));

    assertThatThrownBy(() -> workers(Numerics.NATIVE, bare).requireAlike(CODE))
        .hasMessageStartingWith(
            "the worker on one (process 11) has capoflow-models none, and this program aa11: ");
  }

  @Test
  void whatAWorkerCannotDoIsTold() {
    assertThatThrownBy(
            () ->
                workers(Numerics.NATIVE, ONE, ONE.withFault("does not see /journal: mend it"))
                    .requireAlike(CODE))
        .isInstanceOf(UserMistake.class)
        .hasMessage("the worker on one (process 11) does not see /journal: mend it");
  }

  @Test
  void nobodyIsNoAnswer() {
    assertThatThrownBy(() -> workers(Numerics.NATIVE).requireAlike(CODE))
        .isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "org.apache.flink.util.SerializedThrowable: java.lang.ClassNotFoundException: io.capoflow.Odd",
        "java.io.InvalidClassException: io.capoflow.Odd; local class incompatible",
        "java.lang.NoSuchMethodError: 'void io.capoflow.Odd.odd()'"
      })
  void aClassPathWithoutOursIsTheUsersToMend(String failure) {
    assertThat(Workers.otherClasses(new IllegalStateException("failed", new Exception(failure))))
        .hasValueSatisfying(
            mistake ->
                assertThat(mistake.getMessage())
                    .startsWith("a process of the cluster has not the libraries of this program (")
                    .contains("io.capoflow.Odd", "cluster-lib/"));
    assertThat(Workers.otherClasses(new IllegalStateException("the network is cut"))).isEmpty();
  }

  private static WorkerReport other(String fact, String value) {
    SortedMap<String, String> machine = new TreeMap<>(MACHINE);
    machine.put(fact, value);
    return new WorkerReport("two", 22, "then", CODE, machine, Optional.empty());
  }

  private static Workers workers(Numerics numerics, WorkerReport... reports) {
    return new Workers(List.of(reports), Optional.of(numerics));
  }
}
