package io.capoflow.models.cache;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import io.capoflow.models.cache.LoadedModels.Lease;
import io.capoflow.models.cache.LoadedModels.Role;
import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.ModelDigest;
import io.capoflow.models.decoder.TinyModels;
import io.capoflow.models.generation.GenerationRequest;
import io.capoflow.models.generation.SamplingParameters;
import io.capoflow.models.tensor.Precision;
import io.capoflow.schemas.Cancelled;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models are shared by all threads and jobs of a process, and closed by their last user. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class LoadedModelsTest {
  /** Of each test others: what one of them loads may stay loaded. */
  private static final AtomicLong SEEDS = new AtomicLong(100);

  @TempDir Path directory;
  private Path first;
  private Path second;

  @BeforeEach
  void writeTwoVersions() {
    first =
        TinyModels.write(
            directory.resolve("v0"), TinyModels.config(), SEEDS.incrementAndGet(), "F32");
    second =
        TinyModels.write(
            directory.resolve("v1"), TinyModels.config(), SEEDS.incrementAndGet(), "F32");
  }

  @Test
  void aModelIsLoadedOnceForAllItsUsers() {
    long before = LoadedModels.loads(Role.CRITIC);
    long policies = LoadedModels.loads(Role.POLICY);
    try (Lease one = critic(first);
        Lease other = critic(first)) {
      assertThat(one.model()).isSameAs(other.model());
    }
    // A later job.
    critic(first).close();
    assertThat(LoadedModels.loads(Role.CRITIC)).isEqualTo(before + 1);
    assertThat(LoadedModels.loads(Role.POLICY)).isEqualTo(policies);
  }

  @Test
  void anOlderVersionIsClosedWhenItsLastUserIsDone() {
    long before = LoadedModels.loads(Role.POLICY);
    Lease reader = policy(first);
    Lease zombie = policy(first);
    CausalLm older = reader.model();
    String said = said(older);
    Lease newer = policy(second);

    // Who reads the older one goes on as if there were no other.
    assertThat(newer.model()).isNotSameAs(older);
    assertThat(said(newer.model())).isNotEqualTo(said);
    assertThat(said(older)).isEqualTo(said);
    reader.close();
    assertThat(tensors(older)).noneMatch(NDArray::isReleased);
    assertThat(said(zombie.model())).isEqualTo(said);
    Collection<NDArray> held = tensors(older);
    zombie.close();
    assertThat(held).allMatch(NDArray::isReleased);

    newer.close();
    assertThat(tensors(newer.model())).noneMatch(NDArray::isReleased);
    assertThat(LoadedModels.loads(Role.POLICY)).isEqualTo(before + 2);
  }

  @Test
  void twoRunsUseTwoModelsOfOneRoleAtATime() {
    long before = LoadedModels.loads(Role.REFERENCE);
    try (Lease ofOne = reference(first);
        Lease ofOther = reference(second);
        Lease ofOneAgain = reference(first);
        Lease ofOtherAgain = reference(second)) {
      assertThat(ofOneAgain.model()).isSameAs(ofOne.model()).isNotSameAs(ofOther.model());
      assertThat(ofOtherAgain.model()).isSameAs(ofOther.model());
      assertThat(ofOne.model().digest()).isEqualTo(ModelDigest.of(first));
      assertThat(ofOther.model().digest()).isEqualTo(ModelDigest.of(second));
    }
    assertThat(LoadedModels.loads(Role.REFERENCE)).isEqualTo(before + 2);
  }

  @Test
  void aCancelledLoadLeavesNothingAndIsNotCounted() {
    critic(second).close();
    String digest = ModelDigest.of(first);
    long before = LoadedModels.loads(Role.CRITIC);
    Thread.currentThread().interrupt();
    Throwable thrown = null;
    try {
      LoadedModels.lease(Role.CRITIC, first, digest, "cpu").close();
    } catch (Cancelled e) {
      thrown = e;
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(thrown).isNotNull();
    assertThat(LoadedModels.loads(Role.CRITIC)).isEqualTo(before);
    critic(first).close();
    assertThat(LoadedModels.loads(Role.CRITIC)).isEqualTo(before + 1);
  }

  private static Lease critic(Path model) {
    return LoadedModels.lease(Role.CRITIC, model, ModelDigest.of(model), "cpu");
  }

  private static Lease policy(Path model) {
    return LoadedModels.lease(Role.POLICY, model, ModelDigest.of(model), "cpu", Precision.F32);
  }

  private static Lease reference(Path model) {
    return LoadedModels.lease(Role.REFERENCE, model, ModelDigest.of(model), "cpu", Precision.F32);
  }

  private static Collection<NDArray> tensors(CausalLm model) {
    return model.parameters().values();
  }

  private static String said(CausalLm model) {
    return model
        .generate(
            List.of(new GenerationRequest(new int[] {3, 4, 5}, new long[] {1, 2, 3})),
            new SamplingParameters(1, 1, 12))
        .get(0)
        .stream()
        .map(each -> Arrays.toString(each.tokenIds()) + Arrays.toString(each.logProbabilities()))
        .toList()
        .toString();
  }
}
