package io.capoflow.benchmarks;

import io.capoflow.benchmarks.PausedProcess.Turn;
import io.capoflow.settings.binding.RecipeBinder;
import io.capoflow.settings.binding.Setting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * An iteration of a recipe by this code beside the same by an earlier one, in turns within one run:
 * two checkouts' {@code ./capoflow train}, each with its own recipe of that name. An iteration's
 * time is by the clock from its predecessor's end to its own, with the process held in between
 * ({@link PausedProcess}). The first two iterations of each warm it up.
 *
 * <pre>{@code
 * git worktree add ../earlier 29fdaab
 * benchmarks/run IterationBesideEarlier ../earlier 5 recipes/arithmetic.yaml
 * }</pre>
 */
public final class IterationBesideEarlier {
  private static final int WARM_UP = 2;

  private IterationBesideEarlier() {}

  /** One code's side. */
  private record Side(String name, CapoflowTraining training, List<Turn> turns) {
    double seconds(int round) {
      return turns.get(round).seconds();
    }

    double processorSeconds(int round) {
      return turns.get(round).processorSeconds();
    }

    /** Of the policy's responses; critics' tokens come beside them in proportion. */
    double tokens(int round) {
      return training.figures(WARM_UP + round).get("sampled_tokens");
    }
  }

  /**
   * Prints each round's seconds, then medians, ratios and the seconds of each stage.
   *
   * @param arguments the other checkout; rounds, 5 when left out; the recipe's path in a checkout,
   *     recipes/arithmetic.yaml when left out; settings of recipe keys for both
   */
  public static void main(String[] arguments) throws IOException {
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
    String recipe = arguments.length > 2 ? arguments[2] : "recipes/arithmetic.yaml";
    List<Setting> settings = Arrays.stream(arguments).skip(3).map(Setting::parse).toList();
    Path directory = Files.createTempDirectory("iteration-beside-earlier");
    Path home = Path.of(System.getProperty(RecipeBinder.HOME_PROPERTY, "."));
    Side here = side("here", home, recipe, directory, rounds, settings);
    Side there = side("earlier", Path.of(arguments[0]), recipe, directory, rounds, settings);
    try (PausedProcess ours = here.training().start(directory.resolve("here.err"));
        PausedProcess theirs = there.training().start(directory.resolve("earlier.err"))) {
      for (int iteration = 0; iteration < WARM_UP + rounds; iteration++) {
        Turn our = ours.turn(CapoflowTraining::endsIteration);
        Turn their = theirs.turn(CapoflowTraining::endsIteration);
        if (iteration < WARM_UP) {
          continue;
        }
        here.turns().add(our);
        there.turns().add(their);
        print(
            "round %d: here %.2f s, earlier %.2f s, ratio %.2f; of processors %.2f s and %.2f s",
            iteration - WARM_UP + 1,
            our.seconds(),
            their.seconds(),
            their.seconds() / our.seconds(),
            our.processorSeconds(),
            their.processorSeconds());
      }
      ours.finish();
      theirs.finish();
      show("by the clock", rounds, r -> there.seconds(r) / here.seconds(r));
      show(
          "by the clock, a token of the policy",
          rounds,
          r -> there.seconds(r) / there.tokens(r) * here.tokens(r) / here.seconds(r));
      show(
          "by the time of processors",
          rounds,
          r -> there.processorSeconds(r) / here.processorSeconds(r));
      show(here, ours.peakMebibytes());
      show(there, theirs.peakMebibytes());
    }
  }

  private static Side side(
      String name,
      Path checkout,
      String recipe,
      Path directory,
      int rounds,
      List<Setting> settings) {
    return new Side(
        name,
        new CapoflowTraining(checkout, recipe, directory.resolve(name), WARM_UP + rounds, settings),
        new ArrayList<>());
  }

  private static void show(String what, int rounds, IntToDoubleFunction ratio) {
    print(
        "ratio %s, %s",
        Spread.of(IntStream.range(0, rounds).mapToDouble(ratio).boxed().toList()).text("%.2f"),
        what);
  }

  private static void show(Side side, long peakMebibytes) {
    int rounds = side.turns().size();
    Map<String, List<Double>> stages = new TreeMap<>();
    for (int round = 0; round < rounds; round++) {
      side.training()
          .figures(WARM_UP + round)
          .forEach(
              (name, value) -> {
                if (name.startsWith("seconds_")) {
                  stages.computeIfAbsent(name, unused -> new ArrayList<>()).add(value);
                }
              });
    }
    StringBuilder text = new StringBuilder();
    stages.forEach(
        (name, seconds) ->
            text.append(
                String.format(Locale.ROOT, ", %s %.2f", name, Spread.of(seconds).median())));
    print(
        "%s: %s s an iteration, %,.0f response tokens%s; peak resident %,d MiB",
        side.name(),
        Spread.of(side.turns().stream().map(Turn::seconds).toList()).text("%.2f"),
        Spread.of(IntStream.range(0, rounds).mapToDouble(side::tokens).boxed().toList()).median(),
        text,
        peakMebibytes);
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
