package io.capoflow.transforms.credit;

import io.capoflow.schemas.Extensions;

/** The credit schemes that a recipe can name. */
public final class CreditSchemes {
  private CreditSchemes() {}

  /**
   * The scheme of that name.
   *
   * @throws io.capoflow.schemas.UserMistake when there is none
   */
  public static CreditScheme named(String name) {
    return Extensions.named(CreditScheme.class, CreditScheme::name, "credit scheme", name);
  }
}
