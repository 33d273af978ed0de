package io.capoflow.models.learning;

/** How a gradient part's sequences are laid out in rows. */
public enum Layout {
  /** One sequence a row, filled up to the longest; rows of like length are computed together. */
  PADDED,
  /** Several sequences a row, each seeing itself alone: fewer empty slots, a mask to pay for. */
  PACKED
}
