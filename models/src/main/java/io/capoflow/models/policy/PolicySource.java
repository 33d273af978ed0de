package io.capoflow.models.policy;

import java.io.Serializable;

/**
 * Where a policy comes from: small enough to travel to a worker, which opens it there. Immutable
 * and thread-safe.
 */
public interface PolicySource extends Serializable {
  /** What the opened policy's {@link Policy#identity} says, known without opening it. */
  String identity();

  /**
   * Opens the policy; the caller closes it. Models stay loaded between openings.
   *
   * @throws io.capoflow.schemas.UserMistake when there is no such policy
   */
  Policy open();
}
