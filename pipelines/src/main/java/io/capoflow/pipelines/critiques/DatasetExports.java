package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.PromptTemplate;
import io.capoflow.pipelines.critiques.Edition.EditionCritic;
import io.capoflow.pipelines.critiques.export.DatasetExport;
import io.capoflow.pipelines.critiques.export.ExportCounts;
import io.capoflow.pipelines.critiques.export.ExportSettings;
import io.capoflow.pipelines.critiques.export.TemplatePrompts;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.StepCritique;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.recipe.CritiqueRecipe;
import io.capoflow.transforms.storage.StageManifest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Writes the rows of a complete edition as other programs read them. */
public final class DatasetExports {
  private final DatasetDirectory directory;
  private final Edition edition;
  private final StageManifest table;

  /**
   * Of the edition of some recipes.
   *
   * @throws UserMistake when the directory has no complete table of it
   */
  public DatasetExports(Path output, List<BoundRecipe<CritiqueRecipe>> recipes) {
    this.directory = DatasetDirectory.at(output);
    this.edition = Edition.of(recipes, DatasetRecord.of(directory));
    this.table =
        StageManifest.find(directory.table(edition.datasetTable()))
            .orElseThrow(
                () ->
                    new UserMistake(
                        "%s is not complete: critique its rollouts first"
                            .formatted(directory.table(edition.datasetTable()))));
  }

  /**
   * Writes one export.
   *
   * @return what was written and left out, in words
   * @throws UserMistake when it cannot be written, or the dataset has no labels by the rule asked
   *     for
   */
  public String write(ExportSettings settings, DatasetObserver observer) {
    requireNonNull(settings, "settings");
    Map<String, PromptTemplate> templates =
        edition.critics().stream()
            .collect(
                Collectors.toMap(EditionCritic::name, critic -> critic.asked().asked().template()));
    TemplatePrompts prompts =
        new TemplatePrompts((StepCritique critique) -> templates.get(critique.getCritic()));
    try (DatasetExport export = DatasetExport.open(directory.root(), settings, prompts)) {
      List<StageManifest.Shard> parts = table.shards();
      for (int part = 0; part < parts.size(); part++) {
        observer.progress("export", part, parts.size(), "parts", settings.format().text());
        StageManifest.rows(
                directory.table(edition.datasetTable()), CritiquedRollout.class, table, part)
            .forEach(export::add);
      }
      return said(settings, export.commit());
    }
  }

  private static String said(ExportSettings settings, ExportCounts counts) {
    String written = "export %s: %d rows".formatted(settings.format().text(), counts.written());
    return counts.leftOut().isEmpty()
        ? written
        : counts.leftOut().entrySet().stream()
            .map(entry -> entry.getValue() + " " + entry.getKey().text())
            .collect(Collectors.joining(", ", written + ", left out ", ""));
  }
}
