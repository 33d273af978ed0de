package io.capoflow.schemas;

/** Why a policy or a critic wrote no more: what the column {@code finish_reason} says. */
public enum FinishReason {
  /** It ended by itself, with an end-of-sequence token or a stop text. */
  STOP("stop"),
  /** The length limit cut it. */
  LENGTH("length"),
  /** A filter of the server kept it back. */
  CONTENT_FILTER("content_filter"),
  /** It wrote nothing: prompt and answer together are longer than the model's context. */
  CONTEXT_LENGTH("context_length");

  private final String text;

  FinishReason(String text) {
    this.text = text;
  }

  /** As records hold it. */
  public String text() {
    return text;
  }

  /**
   * That of a rollout.
   *
   * @throws UserMistake when the record holds another text
   */
  public static FinishReason of(Rollout rollout) {
    return ColumnTexts.read(
        values(),
        FinishReason::text,
        rollout.getFinishReason(),
        () -> "rollout " + rollout.getRolloutId(),
        "finish_reason");
  }
}
