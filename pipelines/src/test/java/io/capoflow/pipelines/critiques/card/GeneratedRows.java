package io.capoflow.pipelines.critiques.card;

import io.capoflow.models.endpoint.TokenPrices;
import io.capoflow.pipelines.critiques.card.CardFacts.SourceFile;
import io.capoflow.pipelines.critiques.card.CardFacts.TableFolder;
import io.capoflow.schemas.CritiquedRollout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

/** Rows drawn at random, all kinds among them, and the facts of their card. */
final class GeneratedRows {
  static final String QWEN = "server:qwen;template=steps-v1";
  static final String SMOL = "local:12ab;template=steps-v1";
  private static final Map<String, String> NAMES = Map.of(QWEN, "Qwen2.5-Math-7B", SMOL, "SmolLM2");
  private static final List<String> REASONS = List.of("CUT", "NO_STEP_LIST", "FAILED");

  private GeneratedRows() {}

  /**
   * So many rows.
   *
   * @param critics by how many critiques each is asked for
   * @param truth whether steps are known
   */
  static List<CritiquedRollout> of(
      long seed, int rows, Map<String, Integer> critics, boolean truth) {
    Random random = new Random(seed);
    List<CritiquedRollout> drawn = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      drawn.add(row(random, i, critics, truth).build());
    }
    return drawn;
  }

  private static Row row(Random random, int i, Map<String, Integer> critics, boolean truth) {
    int steps = random.nextInt(8) == 0 ? 0 : 1 + random.nextInt(6);
    Row row =
        Row.of("rollout-" + i, steps)
            .problem("problem-" + i / 3)
            .source(random.nextBoolean() ? "gsm8k" : "math")
            .layout(random.nextBoolean() ? "processbench" : "plain");
    if (random.nextInt(4) > 0) {
      row.answered(random.nextBoolean());
    }
    // As most sources say it: right up to the first error, and nothing after it.
    int wrong = random.nextInt(steps + 2);
    if (truth && random.nextInt(5) > 0) {
      Boolean[] known = new Boolean[steps];
      for (int step = 0; step < Math.min(steps, wrong + 1); step++) {
        known[step] = step < wrong;
      }
      row.truth(known);
    }
    new TreeMap<>(critics)
        .forEach(
            (critic, times) -> {
              for (int k = 0; k < times; k++) {
                critique(random, row, critic, steps, wrong);
              }
            });
    return row;
  }

  private static void critique(Random random, Row row, String critic, int steps, int wrong) {
    if (steps == 0) {
      row.voidCritique(critic, "NO_STEPS");
    } else if (random.nextInt(3) == 0) {
      row.voidCritique(critic, REASONS.get(random.nextInt(REASONS.size())));
    } else if (random.nextInt(3) > 0 && wrong < steps) {
      row.critique(critic, wrong);
    } else {
      List<Integer> called = new ArrayList<>();
      for (int step = 0; step < steps; step++) {
        if (random.nextInt(3) == 0) {
          called.add(step);
        }
      }
      row.judged(
          critic,
          random.nextInt(5) == 0 ? null : called.isEmpty() ? "yes" : "no",
          "Let me look at each step.\n\nThese are wrong: " + called,
          called.toArray(Integer[]::new));
    }
  }

  static CardFacts facts(String name, Map<String, Integer> critics) {
    List<CriticFacts> facts = new ArrayList<>();
    new TreeMap<>(critics)
        .descendingMap()
        .forEach(
            (critic, times) ->
                facts.add(
                    new CriticFacts(
                        critic,
                        NAMES.getOrDefault(critic, critic),
                        critic.equals(QWEN) ? "Qwen/Qwen2.5-Math-7B-Instruct" : "SmolLM2-135M",
                        "steps-v1",
                        times,
                        Map.of("temperature", "0.7"),
                        Optional.of(
                            critic.equals(QWEN)
                                ? new TokenPrices(0.3, 0.03, 1.1)
                                : new TokenPrices(0.07, 0.07, 0.07)))));
    return new CardFacts(
        name,
        Optional.of("apache-2.0"),
        List.of("en"),
        facts,
        "majority",
        Optional.of("numbers-1"),
        List.of(new SourceFile("math.json", 7), new SourceFile("gsm8k.json", 12)),
        1,
        new TreeMap<>(),
        0,
        new TreeMap<>(Map.of("dataset", "0123", "critiques", "4567")),
        List.of(
            new TableFolder("default", "dataset"),
            new TableFolder("critiques", "critiques"),
            new TableFolder("votes", "votes")),
        "0.1.0",
        Optional.of("native"),
        "capoflow critique --rebuild .");
  }
}
