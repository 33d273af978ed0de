package io.capoflow.transforms.storage;

import io.capoflow.transforms.metrics.StageFigure;

/** How something came to be committed, as the attempt that wanted it sees it. */
public enum Commitment {
  /** This attempt computed and committed it. */
  WON,
  /** This attempt computed it, and another one committed it first. */
  LOST,
  /** It was committed before, and not computed. */
  READ;

  /** What it is counted as. */
  public StageFigure figure() {
    return switch (this) {
      case WON -> StageFigure.COMMITS_WON;
      case LOST -> StageFigure.COMMITS_LOST;
      case READ -> StageFigure.COMMITS_READ;
    };
  }
}
