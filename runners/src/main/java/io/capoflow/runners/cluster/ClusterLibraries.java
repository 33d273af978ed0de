package io.capoflow.runners.cluster;

import static java.util.Objects.requireNonNull;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a class path holds, divided by who has to bring it onto a cluster. Immutable.
 *
 * @param flink what every distribution of Flink has: Flink itself, what it is made of, and logging
 * @param clusterLib what goes into a cluster's {@code lib/}: ours and the libraries that we need
 * @param s3 what goes there, too, where runs lie in an object store
 * @param leftOut what a cluster needs not
 */
public record ClusterLibraries(
    List<Path> flink, List<Path> clusterLib, List<Path> s3, List<Path> leftOut) {
  private static final Pattern JAR = Pattern.compile("(?<artifact>.+?)-\\d[\\w.-]*\\.jar");

  private static final Pattern FLINKS_OWN =
      Pattern.compile("(?:flink|flink-shaded|log4j|slf4j)-.*");

  /** What Flink's modules depend on, at their versions: a distribution has it in flink-dist. */
  private static final Set<String> PARTS_OF_FLINK =
      Set.of(
          "async-profiler",
          "chill-java",
          "commons-cli",
          "commons-collections",
          "commons-compress",
          "commons-io",
          "commons-lang3",
          "commons-math3",
          "commons-text",
          "javassist",
          "jsr305",
          "kryo",
          "lz4-java",
          "minlog",
          "objenesis",
          "snakeyaml-engine",
          "snappy-java");

  /** Hadoop's S3A, and what of Amazon's libraries it calls. */
  private static final Pattern OF_S3 =
      Pattern.compile("hadoop-aws|analyticsaccelerator-s3|eventstream|netty-.*|reactive-streams");

  /** Where Maven keeps Amazon's: their names, such as {@code utils}, say nothing. */
  private static final Path AMAZONS = Path.of("software", "amazon", "awssdk");

  /** The other runner, which holds copies of Beam's core, and libraries of tests. */
  private static final Pattern NEEDED_NOT =
      Pattern.compile(
          "beam-runners-direct-java|junit-.*|jqwik.*|assertj-core|hamcrest|opentest4j"
              + "|apiguardian-api|archunit.*|duckdb_jdbc|surefire.*|maven-surefire.*|jmh-.*"
              + "|json-schema-validator|itu|client-java-api");

  public ClusterLibraries {
    flink = List.copyOf(flink);
    clusterLib = List.copyOf(clusterLib);
    s3 = List.copyOf(s3);
    leftOut = List.copyOf(leftOut);
  }

  private enum Place {
    FLINK,
    CLUSTER_LIB,
    S3,
    LEFT_OUT
  }

  /** What this process runs on. */
  public static ClusterLibraries ofThisProcess() {
    return of(System.getProperty("java.class.path"));
  }

  /**
   * Divides a class path. A jar that nobody here knows goes into {@code lib/}: without it a job may
   * fail.
   *
   * @param classPath jars and folders of classes, separated as this system does; what is not there
   *     is passed over, as Java does
   */
  static ClusterLibraries of(String classPath) {
    Map<Place, List<Path>> places = new EnumMap<>(Place.class);
    for (Place place : Place.values()) {
      places.put(place, new ArrayList<>());
    }
    Stream.of(requireNonNull(classPath, "classPath").split(File.pathSeparator))
        .filter(entry -> !entry.isEmpty())
        .map(Path::of)
        .map(Path::toAbsolutePath)
        .filter(Files::exists)
        .distinct()
        .forEach(entry -> places.get(placeOf(entry)).add(entry));
    return new ClusterLibraries(
        places.get(Place.FLINK),
        places.get(Place.CLUSTER_LIB),
        places.get(Place.S3),
        places.get(Place.LEFT_OUT));
  }

  private static Place placeOf(Path entry) {
    String name = entry.getFileName().toString();
    if (Files.isDirectory(entry)) {
      return name.equals("test-classes") ? Place.LEFT_OUT : Place.CLUSTER_LIB;
    }
    if (name.endsWith("-tests.jar")) {
      return Place.LEFT_OUT;
    }
    Matcher jar = JAR.matcher(name);
    String artifact = jar.matches() ? jar.group("artifact") : name;
    if (FLINKS_OWN.matcher(artifact).matches() || PARTS_OF_FLINK.contains(artifact)) {
      return Place.FLINK;
    }
    if (OF_S3.matcher(artifact).matches() || isAmazons(entry)) {
      return Place.S3;
    }
    return NEEDED_NOT.matcher(artifact).matches() ? Place.LEFT_OUT : Place.CLUSTER_LIB;
  }

  private static boolean isAmazons(Path jar) {
    Path version = jar.getParent();
    return version != null
        && version.getParent() != null
        && version.getParent().getParent() != null
        && version.getParent().getParent().endsWith(AMAZONS);
  }

  /** Bytes of these files, and of the files in these folders. */
  static long bytes(List<Path> entries) {
    return entries.stream().mapToLong(ClusterLibraries::bytes).sum();
  }

  private static long bytes(Path entry) {
    try (Stream<Path> files = Files.walk(entry)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + entry, e);
    }
  }
}
