package io.capoflow.models.cache;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.decoder.CausalLm;
import java.nio.file.Path;

/**
 * The models of this process, shared by all its threads and, on a cluster, by all its jobs.
 *
 * <p>A model is known by its content digest and device; of each role the newest stays loaded, so an
 * older policy version is closed once the last shard that uses it is done. Thread-safe.
 */
public final class LoadedModels {
  private static final ModelCache<Role, Key, CausalLm> CACHE =
      new ModelCache<>(key -> CausalLm.load(Path.of(key.directory()), key.device()));

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
  private record Key(String digest, String device, String directory) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Key key && digest.equals(key.digest) && device.equals(key.device);
    }

    @Override
    public int hashCode() {
      return 31 * digest.hashCode() + device.hashCode();
    }
  }

  /**
   * Leases a model, loading it if need be.
   *
   * @param digest identifies its content; a changed checkpoint must have another
   * @param device as {@link io.capoflow.models.tensor.Torch#device} reads it
   * @throws io.capoflow.schemas.UserMistake when the directory holds no model that can be run here
   */
  public static Lease lease(Role role, Path directory, String digest, String device) {
    requireNonNull(role, "role");
    ModelCache<Role, Key, CausalLm>.Lease lease =
        CACHE.lease(role, new Key(digest, device, directory.toString()));
    return new Lease() {
      @Override
      public CausalLm model() {
        return lease.model();
      }

      @Override
      public void close() {
        lease.close();
      }
    };
  }
}
