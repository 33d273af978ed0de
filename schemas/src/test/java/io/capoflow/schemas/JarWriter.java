package io.capoflow.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;

/** Compiles sources and puts them into a jar, with the tools that an author of one would use. */
final class JarWriter {
  private final Path folder;
  private final List<Path> sources = new ArrayList<>();

  JarWriter(Path folder) {
    this.folder = folder;
  }

  /** A class, with its package in the source. */
  JarWriter source(String simpleName, String source) throws IOException {
    sources.add(Files.writeString(folder.resolve(simpleName + ".java"), source, UTF_8));
    return this;
  }

  /** A line of META-INF/services. */
  JarWriter service(Class<?> point, String line) throws IOException {
    Path file = classes().resolve("META-INF/services").resolve(point.getName());
    Files.createDirectories(file.getParent());
    String before = Files.exists(file) ? Files.readString(file, UTF_8) : "";
    Files.writeString(file, before + line + "\n", UTF_8);
    return this;
  }

  Path write(String name) {
    if (!sources.isEmpty()) {
      List<String> options = new ArrayList<>();
      options.addAll(List.of("-cp", System.getProperty("java.class.path")));
      options.addAll(List.of("-d", classes().toString()));
      sources.forEach(source -> options.add(source.toString()));
      run("javac", options);
    }
    Path jar = folder.resolve(name);
    run("jar", List.of("--create", "--file", jar.toString(), "-C", classes().toString(), "."));
    return jar;
  }

  /** What the jar is made of. */
  Path classes() {
    return folder.resolve("classes");
  }

  private static void run(String tool, List<String> arguments) {
    StringWriter said = new StringWriter();
    PrintWriter out = new PrintWriter(said);
    int status =
        ToolProvider.findFirst(tool).orElseThrow().run(out, out, arguments.toArray(String[]::new));
    if (status != 0) {
      throw new IllegalArgumentException(tool + ": " + said);
    }
  }
}
