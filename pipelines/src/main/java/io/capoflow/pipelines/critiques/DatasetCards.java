package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.pipelines.BuildVersions;
import io.capoflow.pipelines.critiques.DatasetRecord.CriticTable;
import io.capoflow.pipelines.critiques.DatasetRecord.EditionTables;
import io.capoflow.pipelines.critiques.Edition.EditionCritic;
import io.capoflow.pipelines.critiques.card.CardFacts;
import io.capoflow.pipelines.critiques.card.CardFacts.SourceFile;
import io.capoflow.pipelines.critiques.card.CardFacts.TableFolder;
import io.capoflow.pipelines.critiques.card.CriticFacts;
import io.capoflow.pipelines.critiques.card.DatasetCard;
import io.capoflow.pipelines.critiques.card.DatasetStatistics;
import io.capoflow.schemas.CritiquedRollout;
import io.capoflow.schemas.RejectedRow;
import io.capoflow.settings.recipe.CritiqueSection;
import io.capoflow.settings.recipe.ServerKeys;
import io.capoflow.transforms.storage.JsonFiles;
import io.capoflow.transforms.storage.ParquetRows;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The card of a dataset's edition, made of its rows and of what is recorded. For one thread. */
final class DatasetCards {
  private static final int LISTED_FILES = 20;

  private final DatasetDirectory directory;
  private final Edition edition;
  private final DatasetStatistics statistics = new DatasetStatistics();

  DatasetCards(DatasetDirectory directory, Edition edition) {
    this.directory = requireNonNull(directory, "directory");
    this.edition = requireNonNull(edition, "edition");
  }

  void add(CritiquedRollout row) {
    statistics.add(row);
  }

  /** Writes the card and its figures. */
  void write(DatasetRecord record) {
    CardFacts facts = facts(record);
    JsonFiles.writeText(directory.statistics(), DatasetCard.statistics(facts, statistics));
    JsonFiles.writeText(directory.card(), DatasetCard.markdown(facts, statistics));
  }

  private CardFacts facts(DatasetRecord record) {
    List<Addition.Source> sources =
        record.additions().stream().flatMap(addition -> addition.sources().stream()).toList();
    boolean local =
        edition.critics().stream().anyMatch(critic -> !critique(critic).server().used());
    return new CardFacts(
        record.name(),
        Optional.of(record.license()).filter(license -> !license.isEmpty()),
        List.of(),
        edition.critics().stream().map(DatasetCards::facts).toList(),
        edition.rule().name(),
        Optional.of(edition.verifier()),
        files(sources),
        record.additions().size(),
        rejected(record),
        sources.stream().mapToLong(Addition.Source::repeated).sum(),
        record.digests(),
        tables(record),
        BuildVersions.of("capoflow"),
        local
            ? Optional.of(edition.critics().get(0).recipe().settings().torch().numerics().text())
            : Optional.empty(),
        "capoflow critique --output DIR --rebuild");
  }

  /** Those that rows came from; of a long list the sum, since nobody reads it. */
  private static List<SourceFile> files(List<Addition.Source> sources) {
    List<SourceFile> files =
        sources.stream()
            .filter(source -> source.rows() > 0)
            .map(source -> new SourceFile(source.file(), source.rows()))
            .toList();
    return files.size() <= LISTED_FILES
        ? files
        : List.of(
            new SourceFile(
                files.size() + " files", files.stream().mapToLong(SourceFile::rows).sum()));
  }

  private static CritiqueSection critique(EditionCritic critic) {
    return critic.recipe().settings().critique();
  }

  private static CriticFacts facts(EditionCritic critic) {
    CritiqueSection critique = critique(critic);
    ServerKeys server = critique.server();
    String model =
        server
            .model()
            .or(() -> critique.path().map(path -> String.valueOf(path.getFileName())))
            .orElseThrow();
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("temperature", Double.toString(critique.sampling().parameters().temperature()));
    settings.put("top_p", Double.toString(critique.sampling().parameters().topP()));
    settings.put("max_new_tokens", Integer.toString(critique.sampling().maxNewTokens()));
    settings.put("splitter", critique.splitter());
    settings.put("seed", Long.toString(critic.seed()));
    critique.system().ifPresent(system -> settings.put("system", "set"));
    critique.examples().ifPresent(examples -> settings.put("examples", "shown first"));
    return new CriticFacts(
        critic.name(),
        model,
        model,
        critique.asked().templateName(),
        critic.times(),
        settings,
        server.used() && (server.promptPrice() > 0 || server.writtenPrice() > 0)
            ? Optional.of(server.spec(1).prices())
            : Optional.empty());
  }

  private SortedMap<String, Long> rejected(DatasetRecord record) {
    SortedMap<String, Long> byReason = new TreeMap<>();
    for (int addition = 0; addition < record.additions().size(); addition++) {
      for (Path file :
          Rejections.files(directory.rejected(), DatasetDirectory.additionName(addition))) {
        ParquetRows.forEach(
            file, RejectedRow.class, row -> byReason.merge(row.getReason(), 1L, Long::sum));
      }
    }
    return byReason;
  }

  /** This edition's rows first. */
  private List<TableFolder> tables(DatasetRecord record) {
    List<TableFolder> tables = new ArrayList<>();
    tables.add(new TableFolder("default", edition.datasetTable()));
    for (EditionTables other : record.begunEditions()) {
      if (!other.dataset().equals(edition.datasetTable())) {
        tables.add(new TableFolder(other.dataset(), other.dataset()));
      }
    }
    record.askedCritics().stream()
        .map(CriticTable::table)
        .forEach(table -> tables.add(new TableFolder(table, table)));
    record.begunEditions().stream()
        .map(EditionTables::votes)
        .forEach(table -> tables.add(new TableFolder(table, table)));
    return tables;
  }
}
