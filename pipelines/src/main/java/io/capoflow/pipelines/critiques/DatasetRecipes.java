package io.capoflow.pipelines.critiques;

import io.capoflow.pipelines.critiques.DatasetRecord.CriticTable;
import io.capoflow.pipelines.critiques.DatasetRecord.EditionTables;
import io.capoflow.schemas.UserMistake;
import java.nio.file.Path;
import java.util.List;

/** The recipes that a dataset is made by. */
public final class DatasetRecipes {
  private DatasetRecipes() {}

  /**
   * The kept recipes of the edition that a dataset was asked for last.
   *
   * @throws UserMistake when there is no dataset yet
   */
  public static List<Path> last(DatasetDirectory directory) {
    DatasetRecord record = DatasetRecord.of(directory);
    EditionTables latest =
        record
            .edition(record.latest())
            .orElseThrow(
                () ->
                    new UserMistake(
                        "there is no dataset in %s yet, so nobody knows how to ask: name a recipe with --recipe"
                            .formatted(directory.root())));
    return files(directory, record, latest);
  }

  static List<Path> files(DatasetDirectory directory, DatasetRecord record, EditionTables edition) {
    return edition.critics().stream()
        .map(key -> record.critic(key).map(CriticTable::table).orElseThrow())
        .map(critiques -> directory.recipe(edition.dataset(), critiques))
        .toList();
  }
}
