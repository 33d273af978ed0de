package io.capoflow.pipelines.critiques.card;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Says what the rows hold, apart from critiques. */
final class ContentSection {
  /** A source with a name for every row must not fill the card. */
  static final int LISTED_SOURCES = 50;

  private ContentSection() {}

  static String of(DatasetStatistics statistics) {
    ContentFigures content = statistics.content();
    return """
        ## What it holds

        %s
        %s
        %s
        """
        .formatted(counts(content), sources(content), lengths(statistics))
        .stripTrailing()
        .concat("\n");
  }

  private static String counts(ContentFigures content) {
    List<List<String>> rows = new ArrayList<>();
    count(rows, "responses", content.rows());
    count(rows, "problems", content.problems());
    count(rows, "steps", content.steps());
    count(rows, "answers right", content.answersRight());
    count(rows, "answers wrong", content.answersWrong());
    count(rows, "answers without a gold answer", content.answersUnknown());
    count(rows, "steps known to be right", content.stepsRight());
    count(rows, "steps known to be wrong", content.stepsWrong());
    count(rows, "steps of which nothing is known", content.stepsUnknown());
    return Markdown.table(List.of("what", "count"), rows);
  }

  private static void count(List<List<String>> rows, String what, long count) {
    rows.add(List.of(what, Numbers.count(count)));
  }

  private static String sources(ContentFigures content) {
    if (content.rows() == 0) {
      return "";
    }
    List<List<String>> rows = new ArrayList<>();
    content.sources().entrySet().stream()
        .limit(LISTED_SOURCES)
        .forEach(source -> rows.add(List.of(Markdown.name(source.getKey()), count(source))));
    int more = content.sources().size() - rows.size();
    if (more > 0) {
      rows.add(List.of("and %s more".formatted(Numbers.count(more)), "see `statistics.json`"));
    }
    List<List<String>> layouts = new ArrayList<>();
    content
        .layouts()
        .entrySet()
        .forEach(layout -> layouts.add(List.of(Markdown.name(layout.getKey()), count(layout))));
    return Markdown.table(List.of("source of the problem", "responses"), rows)
        + "\n"
        + Markdown.table(List.of("read in the layout", "responses"), layouts);
  }

  private static String count(Map.Entry<String, Long> entry) {
    return Numbers.count(entry.getValue());
  }

  private static String lengths(DatasetStatistics statistics) {
    ContentFigures content = statistics.content();
    List<List<String>> rows = new ArrayList<>();
    length(rows, "steps of a response", content.stepsOfRollout());
    length(rows, "characters of a step", content.charactersOfStep());
    length(rows, "characters of a response", content.charactersOfResponse());
    length(rows, "tokens of a critique", statistics.allCritics().tokens());
    return rows.isEmpty()
        ? ""
        : Markdown.table(List.of("length", "mean", "median", "largest"), rows);
  }

  private static void length(List<List<String>> rows, String what, IntegerHistogram lengths) {
    OptionalLong largest = lengths.max();
    if (largest.isPresent()) {
      rows.add(
          List.of(
              what,
              Numbers.fixed(lengths.mean(), 2),
              Numbers.fixed(lengths.median(), 1),
              Numbers.count(largest.getAsLong())));
    }
  }
}
