package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.transforms.storage.JsonFiles;

/** The card of a dataset, made of its rows. For one thread. */
final class DatasetCards {
  private final DatasetDirectory directory;
  private final Edition edition;
  private long rows;

  DatasetCards(DatasetDirectory directory, Edition edition) {
    this.directory = requireNonNull(directory, "directory");
    this.edition = requireNonNull(edition, "edition");
  }

  void add(CritiquedRollout row) {
    rows += requireNonNull(row, "row").getSteps().size();
  }

  void write(DatasetRecord record) {
    JsonFiles.writeText(
        directory.card(), rows + " of " + record.rows() + " by " + edition.rule().name() + "\n");
  }
}
