package io.capoflow.pipelines.critiques.export;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * What is exported, and how its steps are labelled.
 *
 * @param format layout of the rows
 * @param labels which steps; of no meaning to {@link ExportFormat#SFT}, whose critiques speak of
 *     all of them
 * @param rule voting rule over the critiques of all critics; empty: the dataset's own
 */
public record ExportSettings(ExportFormat format, LabelExtent labels, Optional<String> rule) {
  public ExportSettings {
    requireNonNull(format, "format");
    requireNonNull(labels, "labels");
    requireNonNull(rule, "rule");
  }

  /** Every step, labelled by the dataset's own rule. */
  public static ExportSettings of(ExportFormat format) {
    return new ExportSettings(format, LabelExtent.WHOLE, Optional.empty());
  }
}
