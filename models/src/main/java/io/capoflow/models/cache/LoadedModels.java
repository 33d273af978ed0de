package io.capoflow.models.cache;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
import io.capoflow.models.lora.LoraSettings;
import io.capoflow.models.tensor.Precision;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * The models of this process, shared by all its threads and, on a cluster, by all its jobs.
 *
 * <p>A model is known by its content digest, device and precision; of each role the newest stays
 * loaded, so an older policy version is closed once the last shard that uses it is done.
 * Thread-safe.
 */
public final class LoadedModels {
  private static final LeaseCache<Role, Key, Loaded> CACHE = new LeaseCache<>(LoadedModels::load);

  private LoadedModels() {}

  /** What a model is used as. */
  public enum Role {
    /** Samples, with an adapter merged where that is exact enough. */
    POLICY,
    CRITIC,
    /** The policy as its learner sees it, with its adapter beside the weights. */
    LEARNER,
    /** What a learner's adapter is put on. */
    BASE,
    REFERENCE
  }

  /** The right to use a model, which stays loaded at least until this is closed. */
  public interface Lease extends AutoCloseable {
    CausalLm model();

    @Override
    void close();
  }

  /**
   * An adapter that is not merged.
   *
   * @param base the directory of its base
   * @param form as the recipe asks for it
   * @param seed keys a fresh adapter's draws
   */
  public record Unmerged(Path base, String baseDigest, LoraSettings form, long seed) {
    public Unmerged {
      requireNonNull(base, "base");
      requireNonNull(baseDigest, "baseDigest");
      requireNonNull(form, "form");
    }
  }

  /** The directory is not part of what makes two models the same: only where to load one from. */
  private record Key(
      String digest,
      String device,
      Optional<Precision> precision,
      Optional<Unmerged> adapter,
      Path directory) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Key key
          && digest.equals(key.digest)
          && device.equals(key.device)
          && precision.equals(key.precision)
          && adapter.equals(key.adapter);
    }

    @Override
    public int hashCode() {
      return Objects.hash(digest, device, precision, adapter);
    }
  }

  /**
   * A model, and what it stands on.
   *
   * @param base of a model with an unmerged adapter
   */
  private record Loaded(CausalLm model, Optional<Lease> base) implements AutoCloseable {
    @Override
    public void close() {
      model.close();
      base.ifPresent(Lease::close);
    }
  }

  /**
   * Leases a model that computes in its file's dtype, loading it if need be.
   *
   * @param digest identifies its content; a changed checkpoint must have another
   * @param device as {@link io.capoflow.models.tensor.Torch#device} reads it
   * @throws io.capoflow.schemas.UserMistake when the directory holds no model that can be run here
   * @throws io.capoflow.schemas.Cancelled when the thread is interrupted while it loads the model,
   *     or waits for another that does
   */
  public static Lease lease(Role role, Path directory, String digest, String device) {
    return lease(role, new Key(digest, device, Optional.empty(), Optional.empty(), directory));
  }

  /** The same for a model that computes in a precision. */
  public static Lease lease(
      Role role, Path directory, String digest, String device, Precision precision) {
    return lease(
        role, new Key(digest, device, Optional.of(precision), Optional.empty(), directory));
  }

  /**
   * Leases a policy in the role {@link Role#LEARNER}: its adapter, or a fresh one where the
   * directory is a checkpoint's, on a base that stays loaded in the role {@link Role#BASE} while
   * versions of the adapter come and go.
   *
   * @throws io.capoflow.schemas.UserMistake when the directory holds an adapter of another form
   */
  public static Lease lease(
      Path directory, String digest, Unmerged adapter, String device, Precision precision) {
    return lease(
        Role.LEARNER,
        new Key(digest, device, Optional.of(precision), Optional.of(adapter), directory));
  }

  /**
   * How many models this process has loaded in a role, those that are closed by now included: for
   * metrics and tests. A learner that stays loaded for the next update has weights of its own,
   * which are not counted here.
   */
  public static long loads(Role role) {
    return CACHE.opened(requireNonNull(role, "role"));
  }

  private static Loaded load(Key key) {
    if (key.adapter().isPresent()) {
      return loadUnmerged(key, key.adapter().get());
    }
    Loading loading = Loading.forUse(key.directory(), key.device());
    return new Loaded(
        ModelLoader.load(key.precision().map(loading::in).orElse(loading)), Optional.empty());
  }

  private static Loaded loadUnmerged(Key key, Unmerged adapter) {
    Precision precision = key.precision().orElseThrow();
    Lease base = lease(Role.BASE, adapter.base(), adapter.baseDigest(), key.device(), precision);
    try {
      Loading loading =
          Loading.forTraining(key.directory(), key.device())
              .withAdapter(adapter.form(), adapter.seed())
              .in(precision);
      return new Loaded(
          ModelLoader.load(loading, base.model(), adapter.baseDigest()), Optional.of(base));
    } catch (RuntimeException e) {
      base.close();
      throw e;
    }
  }

  private static Lease lease(Role role, Key key) {
    requireNonNull(role, "role");
    LeaseCache<Role, Key, Loaded>.Lease lease = CACHE.lease(role, key);
    return new Lease() {
      @Override
      public CausalLm model() {
        return lease.value().model();
      }

      @Override
      public void close() {
        lease.close();
      }
    };
  }
}
