package io.capoflow.runners.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Options that Java needs in every process of a cluster. */
final class JavaOptions {
  /** What Flink's and Beam's serialisers look into, and DJL's settings. */
  private static final Pattern NEEDED =
      Pattern.compile("--add-(?:opens|exports)=.*|-Dai\\.djl\\..*");

  /** Which compiler compiles what: the launcher chooses so, and says why. */
  private static final Pattern OF_COMPILERS =
      Pattern.compile(
          "-XX:(?:\\+IgnoreUnrecognizedVMOptions|\\+UnlockDiagnosticVMOptions|CompileCommand=.*"
              + "|TieredStopAtLevel=.*|Tier4.*|[+-]C1.*)");

  private static final String RECORDS = "-Dorg.apache.avro.SERIALIZABLE_PACKAGES=io.capoflow";

  private JavaOptions() {}

  /** Without these no job of ours runs. They are the launcher's, and are read from its file. */
  static List<String> needed() {
    try (InputStream file = JavaOptions.class.getResourceAsStream("/jvm.args")) {
      return Stream.concat(
              Stream.of(new String(file.readAllBytes(), UTF_8).split("\\s+"))
                  .filter(option -> NEEDED.matcher(option).matches()),
              Stream.of(RECORDS))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read jvm.args", e);
    }
  }

  /** A worker compiles as this process does, in which the launcher or the user chose. */
  static List<String> compilersOfThisProcess() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> OF_COMPILERS.matcher(option).matches())
        .toList();
  }
}
