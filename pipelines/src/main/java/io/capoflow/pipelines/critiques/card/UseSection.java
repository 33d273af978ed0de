package io.capoflow.pipelines.critiques.card;

import io.capoflow.pipelines.critiques.card.CardFacts.TableFolder;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Says how the dataset is read, and how it is made anew. */
final class UseSection {
  private static final Pattern VARIABLE = Pattern.compile("[a-z][a-z0-9]*");

  private UseSection() {}

  static String of(CardFacts facts) {
    return "## How to read it\n\n"
        + reading(facts)
        + "\n## How to make it anew\n\n"
        + rebuild(facts);
  }

  private static String reading(CardFacts facts) {
    if (facts.tables().isEmpty()) {
      return "No table is recorded.\n";
    }
    TableFolder first = facts.tables().get(0);
    List<String> python = new ArrayList<>();
    python.add("import duckdb, pandas");
    python.add("from datasets import load_dataset");
    python.add("");
    python.add("# In the dataset's folder; load_dataset also takes its name on the hub.");
    python.add("rows = pandas.read_parquet(%s)".formatted(literal(first.folder())));
    python.add(
        "rows = duckdb.sql(%s).df()"
            .formatted(
                literal(
                    "SELECT * FROM '%s/*.parquet'".formatted(first.folder().replace("'", "''")))));
    for (TableFolder table : facts.tables()) {
      python.add(
          "%s = load_dataset(\".\", %s, split=\"train\")"
              .formatted(table.equals(first) ? "rows" : variable(table), literal(table.config())));
    }
    return Markdown.fenced("python", python)
        + "\nThe tables join by `rollout_id`. The figures of this card lie in `statistics.json`, in full precision.\n";
  }

  private static String rebuild(CardFacts facts) {
    StringBuilder text = new StringBuilder();
    text.append(
        "CapoFlow %s made the dataset%s. The folder holds what is needed to make it anew, answers of critics behind a server too, and this command does so and compares the digests:\n\n"
            .formatted(
                Markdown.name(facts.capoflow()),
                facts
                    .numerics()
                    .map(numerics -> ", in %s numerics".formatted(Markdown.name(numerics)))
                    .orElse("")));
    text.append(Markdown.fenced("sh", List.of(facts.rebuild())));
    if (!facts.digests().isEmpty()) {
      List<List<String>> rows = new ArrayList<>();
      facts
          .digests()
          .forEach(
              (table, digest) -> rows.add(List.of(Markdown.name(table), Markdown.name(digest))));
      text.append('\n').append(Markdown.table(List.of("table", "content digest"), rows));
    }
    return text.toString();
  }

  private static String variable(TableFolder table) {
    return VARIABLE.matcher(table.config()).matches() ? table.config() : "table";
  }

  /** As Python writes a text. */
  private static String literal(String text) {
    return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }
}
