package io.capoflow.models.journal;

import java.io.Serializable;

/** Where a journal is: small enough to travel to a worker, which opens it there. */
public interface JournalSource extends Serializable {
  /**
   * Opens the journal; the caller closes it. Openings of one process share what they write to.
   *
   * @throws io.capoflow.schemas.UserMistake when it cannot be read or written
   */
  Journal open();
}
