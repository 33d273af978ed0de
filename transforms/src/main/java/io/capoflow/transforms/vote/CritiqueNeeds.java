package io.capoflow.transforms.vote;

/**
 * Which critiques a voting rule can count: how many of each rollout, and whether chance may have a
 * part in them. Immutable.
 *
 * @param least critiques of a rollout, k, at least 1
 * @param most critiques of a rollout, {@link Integer#MAX_VALUE} where there is no limit
 * @param withoutChance whether critics must decode at temperature 0
 */
public record CritiqueNeeds(int least, int most, boolean withoutChance) {
  public CritiqueNeeds {
    if (least < 1 || most < least) {
      throw new IllegalArgumentException(
          "a rule takes at least 1 critique, and at most no fewer than at least, not %d to %d"
              .formatted(least, most));
    }
  }

  /** Any number of critiques, at any temperature. */
  public static CritiqueNeeds any() {
    return atLeast(1);
  }

  /** So many critiques of each rollout, or more. */
  public static CritiqueNeeds atLeast(int least) {
    return new CritiqueNeeds(least, Integer.MAX_VALUE, false);
  }

  /** So many critiques of each rollout. */
  public static CritiqueNeeds exactly(int critiques) {
    return new CritiqueNeeds(critiques, critiques, false);
  }

  /** The same number of critiques, decoded at temperature 0. */
  public CritiqueNeeds atTemperatureZero() {
    return new CritiqueNeeds(least, most, true);
  }

  /** Whether so many critiques of each rollout will do. */
  public boolean takes(int critiques) {
    return least <= critiques && critiques <= most;
  }

  /** Whether so many critiques of each rollout will do, sampled at that temperature. */
  public boolean takes(int critiques, double temperature) {
    return takes(critiques) && (temperature == 0 || !withoutChance);
  }

  /** The number in words: "1", "3 or more", "3 to 5". */
  public String number() {
    if (least == most) {
      return Integer.toString(least);
    }
    return most == Integer.MAX_VALUE ? least + " or more" : least + " to " + most;
  }

  /** The critiques in words: "one critique", "3 or more critiques". */
  public String critiques() {
    return most == 1 ? "one critique" : number() + " critiques";
  }
}
