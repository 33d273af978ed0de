package io.capoflow.pipelines.critiques;

import io.capoflow.models.critic.ServerCriticSpec;
import io.capoflow.models.endpoint.TokenPrices;
import io.capoflow.models.journal.Journal;
import io.capoflow.pipelines.critics.MissingCalls;
import io.capoflow.pipelines.critiques.Edition.EditionCritic;
import io.capoflow.schemas.GivenRollout;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.recipe.CritiqueRecipe;
import io.capoflow.settings.recipe.CritiqueSection;
import io.capoflow.transforms.journal.JournalFolder;
import io.capoflow.transforms.storage.ShardStore;
import io.capoflow.transforms.storage.StageManifest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a build would ask of critics, before any is asked: every rollout is read, and every prompt
 * is made. Changes nothing.
 */
public final class DatasetForecast {
  /** English and mathematics have about so many characters a token. */
  private static final double CHARACTERS_A_TOKEN = 4;

  private final DatasetDirectory directory;
  private final List<BoundRecipe<CritiqueRecipe>> recipes;
  private final DatasetObserver observer;

  /** Of a build in a directory, which need not exist yet. */
  public DatasetForecast(
      Path output, List<BoundRecipe<CritiqueRecipe>> recipes, DatasetObserver observer) {
    this.directory = DatasetDirectory.at(output);
    this.recipes = List.copyOf(recipes);
    this.observer = observer;
  }

  /** One critic, and what it would be asked. */
  private record Asked(EditionCritic critic, Optional<MissingCalls> calls) {}

  /**
   * As it is to be shown.
   *
   * @throws io.capoflow.schemas.UserMistake when sources or recipes cannot be used
   */
  public List<String> lines(Optional<RolloutSources> sources) {
    DatasetRecord record = DatasetRecord.of(directory);
    Edition edition = Edition.of(recipes, record);
    Optional<Journal> journal =
        Files.isDirectory(directory.journal())
            ? Optional.of(new JournalFolder(directory.journal()).open())
            : Optional.empty();
    try {
      List<Asked> asked = edition.critics().stream().map(critic -> asked(critic, journal)).toList();
      long open = addOpen(record, edition, asked);
      List<String> lines = new ArrayList<>();
      long added = 0;
      if (sources.isPresent()) {
        Arrivals arrivals =
            new Arrivals(
                Optional.empty(),
                Arrivals.known(directory),
                record.rows(),
                sources.get(),
                row -> add(row, asked));
        arrivals.read(observer);
        lines.add(arrivals.summary());
        added = arrivals.rows();
      }
      lines.add("%,d rollouts to critique".formatted(open + added));
      for (Asked each : asked) {
        lines.addAll(lines(each, open + added));
      }
      return lines;
    } finally {
      journal.ifPresent(Journal::close);
    }
  }

  private static Asked asked(EditionCritic critic, Optional<Journal> journal) {
    return new Asked(
        critic,
        critic.source() instanceof ServerCriticSpec served
            ? Optional.of(
                new MissingCalls(served, journal, critic.times(), critic.seed(), call -> {}))
            : Optional.empty());
  }

  /** What an earlier build took in and this edition has not critiqued. */
  private long addOpen(DatasetRecord record, Edition edition, List<Asked> asked) {
    ShardStore<GivenRollout> store = directory.rollouts();
    Optional<StageManifest> manifest = StageManifest.find(store.directory());
    long rows = 0;
    for (Addition addition :
        new EditionClosing(directory, edition, observer).openAdditions(record)) {
      rows += addition.rows();
      for (int shard = addition.firstShard();
          manifest.isPresent() && addition.isTakenIn() && shard < addition.endShard();
          shard++) {
        StageManifest.rows(store.directory(), GivenRollout.class, manifest.get(), shard)
            .forEach(row -> add(row, asked));
      }
    }
    return rows;
  }

  private static void add(GivenRollout row, List<Asked> asked) {
    asked.forEach(each -> each.calls().ifPresent(calls -> calls.add(row.getRollout())));
  }

  private static List<String> lines(Asked asked, long rollouts) {
    CritiqueSection critique = asked.critic().recipe().settings().critique();
    List<String> lines = new ArrayList<>();
    lines.add("critic " + asked.critic().name());
    if (asked.calls().isEmpty()) {
      lines.add(
          String.format(
              Locale.ROOT, "  %,d critiques in this process", rollouts * asked.critic().times()));
      return lines;
    }
    MissingCalls calls = asked.calls().get();
    lines.add(
        String.format(
            Locale.ROOT,
            "  %,d critiques, of which the journal has %,d: %,d calls",
            calls.critiques(),
            calls.answered(),
            calls.calls()));
    long read = Math.round(calls.readCharacters() / CHARACTERS_A_TOKEN);
    long written = calls.missing() * critique.sampling().maxNewTokens();
    lines.add(
        String.format(
            Locale.ROOT,
            "  about %,d tokens read, and at most %,d written, were every critique as long as the"
                + " recipe allows",
            read,
            written));
    lines.add(cost(critique.server().spec(1).prices(), read, written));
    return lines;
  }

  static String cost(TokenPrices prices, long read, long written) {
    return prices.equals(TokenPrices.NONE)
        ? "  no cost: set critique.prompt_price and critique.written_price, of a million tokens"
        : String.format(
            Locale.ROOT,
            "  at most about %,.2f by the recipe's prices",
            prices.cost(read, 0, written));
  }
}
