package io.capoflow.transforms.credit;

import io.capoflow.schemas.Extensions;
import java.util.Optional;

/** The credit schemes that a recipe can name. */
public final class CreditSchemes {
  private CreditSchemes() {}

  /** The scheme of that name, where this process knows it. */
  public static Optional<CreditScheme> find(String name) {
    return Optional.ofNullable(Extensions.all(CreditScheme.class, CreditScheme::name).get(name));
  }

  /**
   * The scheme of that name.
   *
   * @throws io.capoflow.schemas.UserMistake when there is none
   */
  public static CreditScheme named(String name) {
    return Extensions.named(CreditScheme.class, CreditScheme::name, "credit scheme", name);
  }
}
