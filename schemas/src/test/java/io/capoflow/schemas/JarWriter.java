package io.capoflow.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Compiles sources and puts them into a jar, as an author of an extension would. */
final class JarWriter {
  private final Path folder;
  private final Map<String, String> sources = new LinkedHashMap<>();
  private final Map<String, String> services = new LinkedHashMap<>();

  JarWriter(Path folder) {
    this.folder = folder;
  }

  /** A class, with its package in the source. */
  JarWriter source(String simpleName, String source) {
    sources.put(simpleName, source);
    return this;
  }

  /** A line of META-INF/services. */
  JarWriter service(Class<?> point, String line) {
    services.merge(point.getName(), line, (one, other) -> one + "\n" + other);
    return this;
  }

  Path write(String name) throws IOException {
    Path classes = Files.createDirectories(folder.resolve(name + "-classes"));
    compile(classes);
    for (Map.Entry<String, String> service : services.entrySet()) {
      Path file = classes.resolve("META-INF/services").resolve(service.getKey());
      Files.createDirectories(file.getParent());
      Files.writeString(file, service.getValue() + "\n", UTF_8);
    }
    Path jar = folder.resolve(name);
    try (FileSystem target =
            FileSystems.newFileSystem(URI.create("jar:" + jar.toUri()), Map.of("create", "true"));
        Stream<Path> files = Files.walk(classes)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path entry = target.getPath(classes.relativize(file).toString());
        if (entry.getParent() != null) {
          Files.createDirectories(entry.getParent());
        }
        Files.copy(file, entry);
      }
    }
    return jar;
  }

  private void compile(Path classes) throws IOException {
    if (sources.isEmpty()) {
      return;
    }
    Path folderOfSources = Files.createDirectories(classes.resolveSibling("sources"));
    List<Path> files =
        sources.entrySet().stream()
            .map(source -> write(folderOfSources.resolve(source.getKey() + ".java"), source))
            .toList();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter complaints = new StringWriter();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, UTF_8)) {
      List<String> options =
          List.of("-d", classes.toString(), "-cp", System.getProperty("java.class.path"));
      boolean compiled =
          compiler
              .getTask(
                  complaints,
                  manager,
                  null,
                  options,
                  null,
                  manager.getJavaFileObjectsFromPaths(files))
              .call();
      if (!compiled) {
        throw new IllegalArgumentException(complaints.toString());
      }
    }
  }

  private static Path write(Path file, Map.Entry<String, String> source) {
    try {
      return Files.writeString(file, source.getValue(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
