package io.capoflow.benchmarks;

import io.capoflow.verifiers.MathVerifier;
import io.capoflow.verifiers.Verification;
import io.capoflow.verifiers.Verifier;
import io.capoflow.verifiers.VerifierOptions;
import io.capoflow.verifiers.fuzz.FuzzInput;
import io.capoflow.verifiers.fuzz.HostileInputs;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;

/**
 * Verdicts a second of the math verifier on one thread, by JMH: usual answers, long responses and
 * hostile inputs, each also as a ratio to a calibration loop of the same run, which counts the
 * braces of 4,096 characters. Ratios travel between machines, seconds do not.
 */
public class VerifierSpeed {
  private static final int CALIBRATION_CHARACTERS = 4_096;
  private static final int PROCESSES = 11;

  /** Classes with constants, beside those that they bring along. */
  private static final List<String> INITIALISED =
      List.of(
          "extraction.AnswerExtractor",
          "extraction.AnswerPhrases",
          "extraction.Boxes",
          "extraction.Suffixes",
          "expression.Expression",
          "expression.Point",
          "expression.PreciseArithmetic",
          "expression.PreciseMath",
          "expression.Randomness",
          "reading.AnswerReader",
          "reading.ExpressionParser",
          "reading.Lexer",
          "reading.Lexicon",
          "reading.UnitReader",
          "reading.Units");

  /** Usual answers; each verdict takes the next pair. */
  @State(Scope.Thread)
  public static class Answers {
    @Param("short boxed integers")
    public String work;

    private final Verifier verifier = new MathVerifier();
    private List<FuzzInput> pairs;
    private int next;

    @Setup
    public void makePairs() {
      pairs = VerifierWork.named(work);
    }

    FuzzInput take() {
      next = next + 1 == pairs.size() ? 0 : next + 1;
      return pairs.get(next);
    }
  }

  /** One hostile input. */
  @State(Scope.Thread)
  public static class Hostile {
    @Param("power tower")
    public String input;

    private final Verifier verifier = new MathVerifier();
    private FuzzInput pair;

    @Setup
    public void findPair() {
      pair =
          HostileInputs.all().stream()
              .filter(candidate -> candidate.kind().equals(input))
              .findFirst()
              .orElseThrow();
    }
  }

  /** Characters to count braces in. */
  @State(Scope.Thread)
  public static class Text {
    private char[] characters;

    @Setup
    public void write() {
      characters = new char[CALIBRATION_CHARACTERS];
      for (int i = 0; i < characters.length; i++) {
        characters[i] = "So {it} is \\frac{1}{2}, as ".charAt(i % 27);
      }
    }
  }

  /** A verdict on a usual answer. */
  @Benchmark
  public Verification answer(Answers answers) {
    FuzzInput pair = answers.take();
    return answers.verifier.verify(pair.response(), pair.gold(), VerifierOptions.strict());
  }

  /** What finding the last box costs at least: from the right, its braces matched. */
  @Benchmark
  public int lastBox(Answers answers) {
    String response = answers.take().response();
    int box = response.lastIndexOf("\\boxed{");
    if (box < 0) {
      return -1;
    }
    int depth = 0;
    for (int i = box + 6; i < response.length(); i++) {
      char here = response.charAt(i);
      depth += here == '{' ? 1 : here == '}' ? -1 : 0;
      if (depth == 0) {
        return i;
      }
    }
    return -1;
  }

  /** A verdict on a hostile input. */
  @Benchmark
  public Verification hostile(Hostile hostile) {
    return hostile.verifier.verify(
        hostile.pair.response(), hostile.pair.gold(), VerifierOptions.strict());
  }

  /** Loading and initialising the classes that have something to set up, in a new process. */
  @Benchmark
  public Verifier initialisation() throws ClassNotFoundException {
    for (String name : INITIALISED) {
      Class.forName(MathVerifier.class.getPackageName() + "." + name);
    }
    return new MathVerifier();
  }

  /** The first verdict of a process: all classes that it needs, and the verdict itself. */
  @Benchmark
  public Verification first() {
    return new MathVerifier().verify("So \\boxed{\\frac{1}{2}}.", "0.5", VerifierOptions.strict());
  }

  /** The same for an answer that has to be confirmed at 50 digits. */
  @Benchmark
  public Verification firstAtFiftyDigits() {
    return new MathVerifier()
        .verify("So \\boxed{\\sqrt{3}/2}.", "\\sin(\\pi/3)", VerifierOptions.strict());
  }

  /** The loop that others are compared with. */
  @Benchmark
  public int calibration(Text text) {
    int depth = 0;
    for (char here : text.characters) {
      depth += here == '{' ? 1 : here == '}' ? -1 : 0;
    }
    return depth;
  }

  /**
   * Prints what was measured.
   *
   * @param arguments seconds of an iteration, 1 when left out; then a part of a name, for some of
   *     the work alone
   */
  public static void main(String[] arguments) throws RunnerException {
    long milliseconds =
        arguments.length > 0 ? Math.round(1_000 * Double.parseDouble(arguments[0])) : 1_000;
    String part = arguments.length > 1 ? arguments[1] : "";
    TimeValue iteration = TimeValue.milliseconds(milliseconds);
    double before = calibrate(iteration);
    System.out.printf(Locale.ROOT, "calibration %.3f us%n%n", before);
    List<String> work = VerifierWork.NAMES.stream().filter(name -> name.contains(part)).toList();
    if (!work.isEmpty()) {
      measureAnswers(work, iteration, before);
    }
    List<String> hostile =
        HostileInputs.all().stream().map(FuzzInput::kind).filter(n -> n.contains(part)).toList();
    if (!hostile.isEmpty()) {
      measureHostile(hostile, iteration, before);
    }
    if ("first verdict".contains(part)) {
      System.out.printf("%-40s %10s %16s%n", "of a new process, ms", "median", "range");
      measureOnce("initialising classes", "initialisation");
      measureOnce("first verdict, initialising included", "first");
      measureOnce("the same at 50 digits", "firstAtFiftyDigits");
      System.out.println();
    }
    System.out.printf(Locale.ROOT, "calibration again %.3f us%n", calibrate(iteration));
  }

  private static double calibrate(TimeValue iteration) throws RunnerException {
    return run(options("calibration", iteration)).iterator().next().getPrimaryResult().getScore();
  }

  private static void measureAnswers(List<String> work, TimeValue iteration, double calibration)
      throws RunnerException {
    System.out.printf(
        "%-30s %12s %10s %8s %10s %12s%n",
        "answers", "verdicts/s", "us", "ratio", "as expected", "last box, us");
    for (String name : work) {
      double time = score(options("answer", iteration).param("work", name));
      boolean boxes = name.contains("characters");
      double box = boxes ? score(options("lastBox", iteration).param("work", name)) : Double.NaN;
      System.out.printf(
          Locale.ROOT,
          "%-30s %,12.0f %10.3f %8.2f %9.0f %% %12s%n",
          name,
          1e6 / time,
          time,
          time / calibration,
          100 * VerifierWork.expectedShare(name),
          boxes ? String.format(Locale.ROOT, "%.3f", box) : "-");
    }
    System.out.println();
  }

  private static void measureHostile(List<String> inputs, TimeValue iteration, double calibration)
      throws RunnerException {
    System.out.printf(
        "%-30s %10s %10s %10s  %s%n", "hostile inputs", "mean, us", "ratio", "most, us", "verdict");
    for (String name : inputs) {
      RunResult result =
          run(options("hostile", iteration)
                  .mode(Mode.SampleTime)
                  .warmupIterations(2)
                  .measurementIterations(2)
                  .param("input", name))
              .iterator()
              .next();
      double mean = result.getPrimaryResult().getScore();
      FuzzInput pair =
          HostileInputs.all().stream().filter(p -> p.kind().equals(name)).findFirst().orElseThrow();
      Verification verdict =
          new MathVerifier().verify(pair.response(), pair.gold(), VerifierOptions.strict());
      System.out.printf(
          Locale.ROOT,
          "%-30s %10.1f %10.1f %10.1f  %s, %s%n",
          name,
          mean,
          mean / calibration,
          result.getPrimaryResult().getStatistics().getMax(),
          verdict.reason(),
          verdict.route());
    }
    System.out.println();
  }

  private static void measureOnce(String what, String method) throws RunnerException {
    Statistics times =
        run(new OptionsBuilder()
                .include(VerifierSpeed.class.getName() + "." + method + "$")
                .mode(Mode.SingleShotTime)
                .timeUnit(TimeUnit.MILLISECONDS)
                .warmupIterations(0)
                .measurementIterations(1)
                .forks(PROCESSES)
                .verbosity(VerboseMode.SILENT))
            .iterator()
            .next()
            .getPrimaryResult()
            .getStatistics();
    System.out.printf(
        Locale.ROOT,
        "%-40s %10.1f %8.1f to %.1f, %d processes%n",
        what,
        times.getPercentile(50),
        times.getMin(),
        times.getMax(),
        PROCESSES);
  }

  private static ChainedOptionsBuilder options(String method, TimeValue iteration) {
    return new OptionsBuilder()
        .include(VerifierSpeed.class.getName() + "." + method + "$")
        .mode(Mode.AverageTime)
        .timeUnit(TimeUnit.MICROSECONDS)
        .warmupIterations(3)
        .warmupTime(iteration)
        .measurementIterations(5)
        .measurementTime(iteration)
        .forks(1)
        .verbosity(VerboseMode.SILENT);
  }

  private static double score(ChainedOptionsBuilder options) throws RunnerException {
    return run(options).iterator().next().getPrimaryResult().getScore();
  }

  private static Collection<RunResult> run(ChainedOptionsBuilder options) throws RunnerException {
    return new Runner(options.shouldFailOnError(true).build()).run();
  }
}
