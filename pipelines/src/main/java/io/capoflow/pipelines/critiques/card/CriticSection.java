package io.capoflow.pipelines.critiques.card;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Says what the critics said, how alike, and what that cost. */
final class CriticSection {
  private final CardFacts facts;
  private final DatasetStatistics statistics;
  private final CriticNames names;

  private CriticSection(CardFacts facts, DatasetStatistics statistics, CriticNames names) {
    this.facts = facts;
    this.statistics = statistics;
    this.names = names;
  }

  static String of(CardFacts facts, DatasetStatistics statistics, CriticNames names) {
    if (statistics.allCritics().critiques() == 0) {
      return "## What the critics say\n\nThere are no critiques.\n";
    }
    return new CriticSection(facts, statistics, names).text();
  }

  private String text() {
    return """
        ## What the critics say

        %s
        %s
        %s
        ### Agreement

        A unit is a step of a response, a coder is a critique, and a void critique is a missing value. \
        Alpha is Krippendorff's for nominal values: 1 where critiques always say the same of a step, 0 where they agree as by chance. \
        Pairwise agreement is the share of pairs of valid critiques that say the same of a step, averaged over responses.

        %s
        %s\
        ### What it cost

        Tokens read are those that critics were shown, counted anew for every critique: a server that was asked for several in one call, or that answered equal prompts once, may have charged for fewer.

        %s
        %s
        """
        .formatted(
            judgments(),
            voids(),
            againstVerdict(),
            agreement(),
            undefinedAlphas(),
            usage(),
            prices());
  }

  private interface Line {
    List<String> of(String name, CriticFigures figures);
  }

  private String table(List<String> header, Line line) {
    List<List<String>> rows = new ArrayList<>();
    for (String critic : names.shown(statistics)) {
      rows.add(line.of(names.cell(critic), statistics.critics().get(critic)));
    }
    return Markdown.table(header, rows);
  }

  private String judgments() {
    return table(
        List.of(
            "critic",
            "critiques",
            "valid",
            "void",
            "judged correct",
            "judged incorrect",
            "without a judgment",
            "responses without a quorum"),
        (name, figures) ->
            List.of(
                name,
                Numbers.count(figures.critiques()),
                Numbers.count(figures.valid()),
                Numbers.share(figures.voids(), figures.critiques()),
                Numbers.count(figures.yes()),
                Numbers.count(figures.no()),
                Numbers.count(figures.withoutJudgment()),
                Numbers.count(figures.withoutQuorum())));
  }

  private String voids() {
    if (statistics.allCritics().voids() == 0) {
      return "No critique is void.\n";
    }
    SortedSet<String> reasons = new TreeSet<>(statistics.allCritics().voidReasons().keySet());
    List<String> header = new ArrayList<>(List.of("critic"));
    reasons.forEach(reason -> header.add("void: " + Markdown.name(reason)));
    return table(
        header,
        (name, figures) -> {
          List<String> cells = new ArrayList<>(List.of(name));
          reasons.forEach(
              reason -> cells.add(Numbers.count(figures.voidReasons().getOrDefault(reason, 0L))));
          return cells;
        });
  }

  private String againstVerdict() {
    CriticFigures all = statistics.allCritics();
    if (all.judgmentsOfRight() + all.judgmentsOfWrong() == 0) {
      return "No judgment can be held against a verified answer.\n";
    }
    return """
        Of valid critiques with a judgment, against the verified final answer:

        """
        + table(
            List.of(
                "critic",
                "of wrong answers",
                "judged correct",
                "of right answers",
                "judged incorrect"),
            (name, figures) ->
                List.of(
                    name,
                    Numbers.count(figures.judgmentsOfWrong()),
                    Numbers.count(figures.yesOfWrong()),
                    Numbers.count(figures.judgmentsOfRight()),
                    Numbers.count(figures.noOfRight())));
  }

  private String agreement() {
    return table(
        List.of("critic", "alpha", "units", "pairwise", "responses compared"),
        (name, figures) ->
            List.of(
                name,
                Numbers.fixed(figures.agreement().alpha().value(), 4),
                Numbers.count(figures.agreement().alpha().units()),
                Numbers.fixed(figures.agreement().pairwise(), 4),
                Numbers.count(figures.agreement().rollouts())));
  }

  /** A figure that is not there is explained, one sentence a critic. */
  private String undefinedAlphas() {
    StringBuilder text = new StringBuilder();
    for (String critic : names.shown(statistics)) {
      String why =
          switch (statistics.critics().get(critic).agreement().alpha().state()) {
            case DEFINED -> "";
            case NOTHING_TO_COMPARE -> "no step has two valid critiques";
            case ONE_VALUE_ONLY -> "all valid critiques say the same of all steps";
          };
      if (!why.isEmpty()) {
        text.append("Alpha of %s is not defined: %s.\n".formatted(names.cell(critic), why));
      }
    }
    return text.isEmpty() ? "" : text.append('\n').toString();
  }

  private String usage() {
    Costs costs = new Costs(facts, statistics);
    List<List<String>> rows = new ArrayList<>();
    for (String critic : names.shown(statistics)) {
      CriticFigures figures = statistics.critics().get(critic);
      rows.add(
          List.of(
              names.cell(critic),
              Numbers.count(figures.promptTokens()),
              Numbers.count(figures.writtenTokens()),
              Numbers.fixed(costs.of(critic), 4)));
    }
    return Markdown.table(List.of("critic", "tokens read", "tokens written", "cost"), rows);
  }

  private String prices() {
    List<String> given = new ArrayList<>();
    for (CriticFacts critic : facts.critics()) {
      critic
          .prices()
          .ifPresent(
              prices ->
                  given.add(
                      "%s takes %s for a million tokens read and %s for a million written"
                          .formatted(
                              names.cell(critic.critic()),
                              Numbers.exact(prices.prompt()).toPlainString(),
                              Numbers.exact(prices.written()).toPlainString())));
    }
    return given.isEmpty()
        ? "No prices were given, so no cost is known."
        : "By the prices of the recipe, in its currency: %s. Tokens that a server had cached are counted in full."
            .formatted(String.join("; ", given));
  }
}
