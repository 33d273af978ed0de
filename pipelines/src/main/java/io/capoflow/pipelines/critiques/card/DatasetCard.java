package io.capoflow.pipelines.critiques.card;

/**
 * The card of a critique dataset: what a reader of its folder, or of its page on a hub, sees first.
 * The same rows and facts give the same bytes, whatever the order of rows, the machine and the
 * time.
 */
public final class DatasetCard {
  /** File of the card, in the dataset's folder. */
  public static final String FILE = "README.md";

  /** File of its figures, beside it. */
  public static final String STATISTICS_FILE = "statistics.json";

  private DatasetCard() {}

  /** The card, as the Hugging Face hub reads it. */
  public static String markdown(CardFacts facts, DatasetStatistics statistics) {
    CriticNames names = CriticNames.of(facts, statistics);
    return String.join(
        "\n",
        CardHead.of(facts, statistics.rows()),
        MakingSection.of(facts, statistics),
        ContentSection.of(statistics),
        CriticSection.of(facts, statistics, names),
        TruthSection.of(facts, statistics, names),
        ExampleSection.of(statistics, names),
        ColumnSection.of(facts),
        UseSection.of(facts));
  }

  /** The card's figures in full precision, as JSON with sorted keys. */
  public static String statistics(CardFacts facts, DatasetStatistics statistics) {
    return StatisticsJson.of(facts, statistics);
  }
}
