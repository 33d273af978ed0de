package io.capoflow.models.cache;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.decoder.CausalLm;
import io.capoflow.models.decoder.Loading;
import io.capoflow.models.decoder.ModelLoader;
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
  private static final LeaseCache<Role, Key, CausalLm> CACHE = new LeaseCache<>(LoadedModels::load);

  private LoadedModels() {}

  /** What a model is used as. */
  public enum Role {
    POLICY,
    CRITIC
  }

  /** The right to use a model, which stays loaded at least until this is closed. */
  public interface Lease extends AutoCloseable {
    CausalLm model();

    @Override
    void close();
  }

  /** The directory is not part of what makes two models the same: only where to load one from. */
  private record Key(
      String digest, String device, Optional<Precision> precision, String directory) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Key key
          && digest.equals(key.digest)
          && device.equals(key.device)
          && precision.equals(key.precision);
    }

    @Override
    public int hashCode() {
      return Objects.hash(digest, device, precision);
    }
  }

  /**
   * Leases a model that computes in its file's dtype, loading it if need be.
   *
   * @param digest identifies its content; a changed checkpoint must have another
   * @param device as {@link io.capoflow.models.tensor.Torch#device} reads it
   * @throws io.capoflow.schemas.UserMistake when the directory holds no model that can be run here
   */
  public static Lease lease(Role role, Path directory, String digest, String device) {
    return lease(role, new Key(digest, device, Optional.empty(), directory.toString()));
  }

  /** The same for a model that computes in a precision. */
  public static Lease lease(
      Role role, Path directory, String digest, String device, Precision precision) {
    return lease(role, new Key(digest, device, Optional.of(precision), directory.toString()));
  }

  private static CausalLm load(Key key) {
    Loading loading = Loading.forUse(Path.of(key.directory()), key.device());
    return ModelLoader.load(key.precision().map(loading::in).orElse(loading));
  }

  private static Lease lease(Role role, Key key) {
    requireNonNull(role, "role");
    LeaseCache<Role, Key, CausalLm>.Lease lease = CACHE.lease(role, key);
    return new Lease() {
      @Override
      public CausalLm model() {
        return lease.value();
      }

      @Override
      public void close() {
        lease.close();
      }
    };
  }
}
