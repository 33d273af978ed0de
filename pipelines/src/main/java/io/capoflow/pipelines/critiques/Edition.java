package io.capoflow.pipelines.critiques;

import static java.util.Objects.requireNonNull;

import io.capoflow.models.critic.CriticSource;
import io.capoflow.pipelines.BuildVersions;
import io.capoflow.pipelines.critics.RecipeCritics;
import io.capoflow.pipelines.critiques.DatasetRecord.CriticTable;
import io.capoflow.pipelines.critiques.DatasetRecord.EditionTables;
import io.capoflow.schemas.Digests;
import io.capoflow.schemas.Extensions;
import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.binding.BoundRecipe;
import io.capoflow.settings.recipe.CritiqueRecipe;
import io.capoflow.settings.recipe.VerifySection;
import io.capoflow.transforms.describe.AskedCritic;
import io.capoflow.transforms.describe.RolloutDescription;
import io.capoflow.transforms.verify.AnswerVerification;
import io.capoflow.transforms.vote.StepVoting;
import io.capoflow.transforms.vote.VotingRule;
import io.capoflow.transforms.vote.VotingRules;
import io.capoflow.verifiers.Verifier;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A way of judging rollouts: the critics of one or several recipes, and the voting rule and
 * verifier of the first. What another edition judges goes into tables of its own. Immutable.
 */
final class Edition {
  private final String key;
  private final String votesTable;
  private final String datasetTable;
  private final List<EditionCritic> critics;
  private final VotingRule rule;
  private final VerifySection verify;
  private final String splitter;

  private Edition(
      String key,
      String votesTable,
      String datasetTable,
      List<EditionCritic> critics,
      VotingRule rule,
      VerifySection verify,
      String splitter) {
    this.key = key;
    this.votesTable = votesTable;
    this.datasetTable = datasetTable;
    this.critics = List.copyOf(critics);
    this.rule = rule;
    this.verify = verify;
    this.splitter = splitter;
  }

  /**
   * A critic of an edition.
   *
   * @param key digest of all that its critiques depend on
   * @param table folder of its critiques
   * @param source that workers open
   * @param recipe that asks it
   */
  record EditionCritic(
      String key, String table, CriticSource source, BoundRecipe<CritiqueRecipe> recipe) {
    EditionCritic {
      requireNonNull(key, "key");
      requireNonNull(table, "table");
      requireNonNull(source, "source");
      requireNonNull(recipe, "recipe");
    }

    /** As its critiques name it. */
    String name() {
      return source.identity();
    }

    /** Critiques of each rollout. */
    int times() {
      return recipe.settings().critique().times();
    }

    /** Key of its draws. */
    long seed() {
      return recipe.settings().seed();
    }

    AskedCritic asked() {
      return new AskedCritic(name(), times(), recipe.settings().critique().asked());
    }
  }

  /**
   * The edition of recipes.
   *
   * @param record that knows the tables of critics and editions that were there before
   * @throws UserMistake when a recipe asks no critic, its critic is not there, or the recipes do
   *     not go together
   */
  static Edition of(List<BoundRecipe<CritiqueRecipe>> recipes, DatasetRecord record) {
    return of(recipes, record, RecipeCritics::of);
  }

  /** The same with critics that are found otherwise. */
  static Edition of(
      List<BoundRecipe<CritiqueRecipe>> recipes,
      DatasetRecord record,
      Function<CritiqueRecipe, Optional<CriticSource>> find) {
    CritiqueRecipe first = recipes.get(0).settings();
    List<EditionCritic> critics = new ArrayList<>();
    Set<String> names = new HashSet<>();
    int unknown = 0;
    for (BoundRecipe<CritiqueRecipe> recipe : recipes) {
      requireTogether(first, recipe);
      CriticSource source =
          find.apply(recipe.settings())
              .orElseThrow(
                  () ->
                      new UserMistake(
                          recipe.place("critique.enabled")
                              + ": critique.enabled: is false, so nobody is asked; leave it out"));
      if (!names.add(source.identity())) {
        throw new UserMistake(
            "%s: asks the critic that another --recipe asks already; raise critique.times there"
                .formatted(recipe.place("critique.times")));
      }
      String key =
          Digests.ofParts(
              "critic/1",
              source.identity(),
              Integer.toString(recipe.settings().critique().times()),
              Long.toString(recipe.settings().seed()));
      boolean firstTable = record.critics().isEmpty() && unknown == 0;
      unknown++;
      String table =
          record
              .critic(key)
              .map(CriticTable::table)
              .orElseGet(() -> DatasetRecord.folder("critiques", firstTable, key));
      critics.add(new EditionCritic(key, table, source, recipe));
    }
    VotingRule rule = VotingRules.named(first.vote().rule());
    requireCountable(rule, critics);
    String splitter = first.critique().splitter();
    String key =
        Digests.ofParts(
            Stream.concat(
                    Stream.of(
                        "edition/1",
                        rule.name(),
                        splitter,
                        verifier(first.verify()),
                        first.verify().options().canonical()),
                    critics.stream().map(EditionCritic::key))
                .toArray(String[]::new));
    // One that never came to hold an addition leaves its plain names to the next.
    boolean firstTable = record.editions().stream().noneMatch(EditionTables::isBegun);
    return new Edition(
        key,
        record
            .edition(key)
            .map(EditionTables::votes)
            .orElseGet(() -> DatasetRecord.folder("votes", firstTable, key)),
        record
            .edition(key)
            .map(EditionTables::dataset)
            .orElseGet(() -> DatasetRecord.folder("dataset", firstTable, key)),
        critics,
        rule,
        first.verify(),
        splitter);
  }

  private static void requireTogether(CritiqueRecipe first, BoundRecipe<CritiqueRecipe> recipe) {
    CritiqueRecipe settings = recipe.settings();
    if (!settings.critique().splitter().equals(first.critique().splitter())) {
      throw new UserMistake(
          recipe.place("critique.splitter")
              + ": critique.splitter: is "
              + settings.critique().splitter()
              + ", and that of the first recipe "
              + first.critique().splitter()
              + "; critics of one dataset judge the same steps");
    }
    if (!settings.torch().settings().equals(first.torch().settings())) {
      throw new UserMistake(
          recipe.place("torch.threads")
              + ": torch: differs from that of the first recipe; one process computes in one way");
    }
  }

  private static void requireCountable(VotingRule rule, List<EditionCritic> critics) {
    StepVoting.checkRule(rule, critics.stream().mapToInt(EditionCritic::times).sum());
    for (EditionCritic critic : critics) {
      double temperature =
          critic.recipe().settings().critique().sampling().parameters().temperature();
      if (VotingRules.needs(rule).withoutChance() && temperature > 0) {
        throw new UserMistake(
            "%s: critique.temperature: is %s, and the voting rule %s takes critiques at temperature 0"
                .formatted(
                    critic.recipe().place("critique.temperature"), temperature, rule.name()));
      }
    }
  }

  private static String verifier(VerifySection verify) {
    return AnswerVerification.nameAndVersion(
        Extensions.named(Verifier.class, Verifier::name, "verifier", verify.verifier()));
  }

  /** The record with all tables of this edition, as complete as they were. */
  DatasetRecord in(DatasetRecord record) {
    DatasetRecord all = record;
    for (EditionCritic critic : critics) {
      all =
          all.with(
              new CriticTable(
                  critic.key(),
                  critic.table(),
                  critic.name(),
                  critic.asked().asked().templateName(),
                  critic.times(),
                  critic.seed()));
    }
    DatasetRecord others = record.edition(key).isPresent() ? all : all.withoutUnbegun(datasetTable);
    return others.with(
        record
            .edition(key)
            .orElseGet(
                () ->
                    new EditionTables(
                        key,
                        votesTable,
                        datasetTable,
                        critics.stream().map(EditionCritic::key).toList(),
                        rule.name(),
                        verifier(verify),
                        0)));
  }

  String key() {
    return key;
  }

  String votesTable() {
    return votesTable;
  }

  String datasetTable() {
    return datasetTable;
  }

  /** In the order of the recipes. */
  List<EditionCritic> critics() {
    return critics;
  }

  /** Critiques of each rollout, by all critics. */
  int times() {
    return critics.stream().mapToInt(EditionCritic::times).sum();
  }

  VotingRule rule() {
    return rule;
  }

  VerifySection verify() {
    return verify;
  }

  /** Name and version. */
  String verifier() {
    return verifier(verify);
  }

  String splitter() {
    return splitter;
  }

  /**
   * How rows of the dataset are made: under this edition's rule, and every other that is built in.
   */
  RolloutDescription description() {
    List<VotingRule> rules = new ArrayList<>(List.of(rule));
    VotingRules.OF_SAMPLED.stream()
        .filter(name -> !name.equals(rule.name()))
        .map(VotingRules::named)
        .forEach(rules::add);
    return new RolloutDescription(
        critics.stream().map(EditionCritic::asked).toList(),
        rules,
        splitter,
        BuildVersions.of("capoflow"));
  }
}
