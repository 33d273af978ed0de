package io.capoflow.transforms.workers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which code a process runs: the content of our modules, and the versions of the libraries on which
 * results or jobs depend. Uses the JDK alone, since it is asked where the rest may be of other
 * versions. Thread-safe.
 */
final class CodeIdentity {
  /** What stands where a library is not on the class path. */
  static final String NONE = "none";

  /** Digits of a module's digest that are shown and compared. */
  private static final int DIGITS = 16;

  private static final String OURS = "io/capoflow/";

  /** A file of each library that no other has. */
  private static final Map<String, String> ANCHORS =
      Map.of(
          "avro", "org/apache/avro/Schema.class",
          "beam", "org/apache/beam/sdk/io/FileIO.class",
          "beam-runners-flink", "org/apache/beam/runners/flink/FlinkRunner.class",
          "djl", "ai/djl/Model.class",
          "djl-pytorch-engine", "ai/djl/pytorch/engine/PtEngine.class",
          "djl-pytorch-jni", "jnilib/pytorch.properties",
          "djl-tokenizers", "ai/djl/huggingface/tokenizers/HuggingFaceTokenizer.class",
          "hadoop-client", "org/apache/hadoop/conf/Configuration.class",
          "jackson", "com/fasterxml/jackson/databind/ObjectMapper.class",
          "parquet", "org/apache/parquet/hadoop/ParquetWriter.class");

  private static final Pattern JAR = Pattern.compile(".+?-(?<version>\\d[\\w.-]*)\\.jar");

  private CodeIdentity() {}

  /**
   * Of every module of ours its digest, and of every library its version, by name. Read from the
   * class path once a process: a jar that is replaced later is not what the process has loaded.
   */
  static SortedMap<String, String> ofThisProcess() {
    return OfThisProcess.IDENTITY;
  }

  private static final class OfThisProcess {
    static final SortedMap<String, String> IDENTITY =
        Collections.unmodifiableSortedMap(of(CodeIdentity.class.getClassLoader()));
  }

  /** The same of what a class loader finds. */
  static SortedMap<String, String> of(ClassLoader classes) {
    SortedMap<String, SortedSet<String>> found = new TreeMap<>();
    ANCHORS.forEach(
        (library, anchor) -> {
          SortedSet<String> versions = new TreeSet<>();
          locations(classes, anchor).forEach(location -> versions.add(version(location)));
          found.put(library, versions.isEmpty() ? new TreeSet<>(List.of(NONE)) : versions);
        });
    for (Path location : locations(classes, OURS)) {
      if (!isOfTests(location)) {
        found
            .computeIfAbsent(module(location), name -> new TreeSet<>())
            .add(digest(location).substring(0, DIGITS));
      }
    }
    SortedMap<String, String> identity = new TreeMap<>();
    // Two of one library are another class path than one of them.
    found.forEach((name, versions) -> identity.put(name, String.join(" and ", versions)));
    return identity;
  }

  /**
   * The digest of a jar or a folder of classes: of the names and the bytes of all files, but for
   * what the packaging adds.
   */
  static String digest(Path location) {
    SortedMap<String, String> files = new TreeMap<>();
    try {
      if (Files.isDirectory(location)) {
        try (Stream<Path> tree = Files.walk(location)) {
          for (Path file : tree.filter(Files::isRegularFile).toList()) {
            String name = location.relativize(file).toString().replace(File.separatorChar, '/');
            if (isContent(name)) {
              files.put(name, digest(Files.newInputStream(file)));
            }
          }
        }
      } else {
        try (JarFile jar = new JarFile(location.toFile(), false)) {
          for (JarEntry entry : Collections.list(jar.entries())) {
            if (!entry.isDirectory() && isContent(entry.getName())) {
              files.put(entry.getName(), digest(jar.getInputStream(entry)));
            }
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + location, e);
    }
    String listed =
        files.entrySet().stream()
            .map(file -> file.getValue() + " " + file.getKey() + "\n")
            .collect(Collectors.joining());
    return HexFormat.of().formatHex(sha256().digest(listed.getBytes(UTF_8)));
  }

  private static boolean isContent(String name) {
    return !name.equals(JarFile.MANIFEST_NAME) && !name.startsWith("META-INF/maven/");
  }

  private static String digest(InputStream content) throws IOException {
    MessageDigest sha256 = sha256();
    try (InputStream digested = new DigestInputStream(content, sha256)) {
      digested.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(sha256.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** Jars and folders of the class path that hold a file or a folder of that name. */
  private static List<Path> locations(ClassLoader classes, String name) {
    SortedSet<Path> locations = new TreeSet<>();
    try {
      Enumeration<URL> found = requireNonNull(classes, "classes").getResources(name);
      while (found.hasMoreElements()) {
        locations.add(location(found.nextElement(), name));
      }
    } catch (IOException | URISyntaxException e) {
      throw new IllegalStateException("cannot find where " + name + " lies on the class path", e);
    }
    return List.copyOf(locations);
  }

  private static Path location(URL resource, String name) throws IOException, URISyntaxException {
    URLConnection connection = resource.openConnection();
    if (connection instanceof JarURLConnection jar) {
      return Path.of(jar.getJarFileURL().toURI());
    }
    String uri = resource.toURI().toString();
    String folder = uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri;
    String inside = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
    return Path.of(new URI(folder.substring(0, folder.length() - inside.length())));
  }

  private static String version(Path jar) {
    String name = jar.getFileName().toString();
    Matcher matcher = JAR.matcher(name);
    return matcher.matches() ? matcher.group("version") : name;
  }

  private static boolean isOfTests(Path location) {
    String name = location.getFileName().toString();
    return name.equals("test-classes") || name.endsWith("-tests.jar");
  }

  /** {@code capoflow-models} of what holds {@code io/capoflow/models}: each has one package. */
  private static String module(Path location) {
    SortedSet<String> packages = new TreeSet<>();
    try {
      if (Files.isDirectory(location)) {
        try (Stream<Path> inside = Files.list(location.resolve(OURS))) {
          inside
              .filter(Files::isDirectory)
              .forEach(one -> packages.add(one.getFileName().toString()));
        }
      } else {
        try (JarFile jar = new JarFile(location.toFile(), false)) {
          jar.stream()
              .map(JarEntry::getName)
              .filter(name -> name.startsWith(OURS) && name.indexOf('/', OURS.length()) > 0)
              .forEach(
                  name ->
                      packages.add(
                          name.substring(OURS.length(), name.indexOf('/', OURS.length()))));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + location, e);
    }
    return "capoflow-" + String.join("-", packages);
  }
}
