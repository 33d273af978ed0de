package io.capoflow.runners.terminal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.capoflow.pipelines.training.TrainingEvent;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class TrainingDisplayTest {
  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(written, true, UTF_8);

  @Test
  void aRunIsAHeaderAndALineAnIteration() {
    TrainingDisplay display = new TrainingDisplay(Terminal.plain(out));
    display.observe(
        new TrainingEvent.Opened(
            "arithmetic", Path.of("r"), 2, 0, 4096, 500, 3, "2 cores: 2 slots sample"));
    display.observe(new TrainingEvent.StageProgress(0, "sample", 3, 16, "shards", ""));
    display.observe(finished(0));
    display.observe(finished(1));
    display.observe(new TrainingEvent.Closed(true, 2));

    assertThat(lines())
        .containsExactly(
            "arithmetic: 4096 problems, 500 held out, 3 rejected (problems-rejected.parquet);"
                + " iterations 0 to 1, in r",
            "2 cores: 2 slots sample",
            "iter accuracy reward     KL capped  clip entropy length  flat agree  void tok/s learn  secs"
                + " sample critique train  flow",
            "   0    0.412  0.733 0.0013 0.0011 0.021   0.512   58.3 0.031 0.912 0.005  5312 21450  11.5"
                + "    3.0      8.5     -     -",
            "   1    0.412  0.733 0.0013 0.0011 0.021   0.512   58.3 0.031 0.912 0.005  5312 21450  11.5"
                + "    3.0      8.5     -     -");
  }

  @Test
  void figuresThatARunDoesNotHaveAreDashes() {
    TrainingDisplay display = new TrainingDisplay(Terminal.plain(out));
    display.observe(
        new TrainingEvent.IterationFinished(
            7, "v00008", Map.of("accuracy", 0.5, "kl", Double.NaN), Map.of()));
    assertThat(lines().get(1).trim().split(" +"))
        .containsExactly(
            "7", "0.500", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "-", "0.0", "-", "-",
            "-", "-");
  }

  @Test
  void aFigureThatWasNotMeasuredIsADashAndNoZero() {
    TrainingDisplay display = new TrainingDisplay(Terminal.plain(out));
    display.observe(
        new TrainingEvent.IterationFinished(
            0, "v00001", Map.of("accuracy", 0.5, "entropy", 0.0), Map.of("sample", 1.0)));
    assertThat(lines().get(1).trim().split(" +"))
        .containsExactly(
            "0", "0.500", "-", "-", "-", "-", "0.000", "-", "-", "-", "-", "-", "-", "1.0", "1.0",
            "-", "-", "-");
  }

  @Test
  void greedyAndSampledResponsesAreNamedApart() {
    TrainingDisplay display = new TrainingDisplay(Terminal.plain(out));
    display.observe(
        new TrainingEvent.Evaluated(
            "v00000",
            Map.of(
                "problems", 500.0,
                "accuracy", 0.408,
                "greedy_step_correctness", 0.827,
                "greedy_flawed_positive_share", 0.105,
                "pass_rate", 0.271,
                "sampled_step_correctness", 0.7,
                "sampled_flawed_positive_share", 0.216,
                "mean_tokens", 55.0)));
    assertThat(lines())
        .containsExactly(
            "held-out, policy v00000, greedy:  accuracy  0.408, step correctness 0.827, flawed"
                + " positives 0.105",
            "                         sampled: pass rate 0.271, step correctness 0.700, flawed"
                + " positives 0.216");
  }

  @Test
  void theHeaderComesBackAfterAnEvaluation() {
    TrainingDisplay display = new TrainingDisplay(Terminal.plain(out));
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("accuracy", 0.5);
    figures.put("pass_rate", 0.25);
    display.observe(finished(0));
    display.observe(new TrainingEvent.Evaluated("v00001", figures));
    display.observe(finished(1));
    assertThat(lines()).hasSize(6);
    assertThat(lines().subList(2, 4))
        .containsExactly(
            "held-out, policy v00001, greedy:  accuracy  0.500",
            "                         sampled: pass rate 0.250");
    assertThat(lines().get(4)).startsWith("iter accuracy");
  }

  @Test
  void theBarIsRewrittenInPlaceAndNeverWraps() {
    TrainingDisplay display = new TrainingDisplay(new Terminal(out, true, 40));
    display.observe(new TrainingEvent.StageProgress(3, "critique", 8, 16, "shards", ""));
    assertThat(written.toString(UTF_8))
        .isEqualTo("\r\033[2K" + "iteration 3  critique   ━━━━━━━━━━━━·····".substring(0, 39));
  }

  @Test
  void aNarrowTerminalDropsTheLastColumns() {
    TrainingDisplay display = new TrainingDisplay(new Terminal(out, true, 40));
    display.observe(finished(0));
    assertThat(written.toString(UTF_8)).contains("capped").doesNotContain("clip");
  }

  @Test
  void everyColumnFitsInAHundredAndTwenty() {
    TrainingDisplay display = new TrainingDisplay(new Terminal(out, true, 120));
    display.observe(finished(0));
    assertThat(written.toString(UTF_8)).contains("train  flow");
  }

  @Test
  void textOfOthersCannotCommandTheTerminal() {
    TrainingDisplay display = new TrainingDisplay(Terminal.plain(out));
    display.observe(new TrainingEvent.Notice("bad \u001b[2J row"));
    assertThat(lines()).containsExactly("bad \\u{1b}[2J row");
  }

  private List<String> lines() {
    return written.toString(UTF_8).lines().toList();
  }

  private static TrainingEvent.IterationFinished finished(int iteration) {
    Map<String, Double> seconds = new LinkedHashMap<>();
    seconds.put("sample", 3.0);
    seconds.put("critique", 8.5);
    return new TrainingEvent.IterationFinished(
        iteration,
        "v00001",
        Map.ofEntries(
            Map.entry("accuracy", 0.412),
            Map.entry("mean_reward", 0.7334),
            Map.entry("kl", 0.0013),
            Map.entry("kl_capped", 0.0011),
            Map.entry("clip_fraction", 0.021),
            Map.entry("entropy", 0.512),
            Map.entry("response_tokens", 58.31),
            Map.entry("zero_spread_share", 0.031),
            Map.entry("critic_agreement", 0.912),
            Map.entry("void_rate", 0.005),
            Map.entry("tokens_per_second", 5312.0),
            Map.entry("train_tokens_per_second", 21450.0)),
        seconds);
  }
}
