package io.capoflow.runners.cluster;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The files in {@code runners/deploy}, and the way into their YAML. */
final class DeploymentFiles {
  static final Path FOLDER = Path.of(System.getProperty("capoflow.home"), "runners", "deploy");

  private DeploymentFiles() {}

  static String text(String name) {
    try {
      return Files.readString(FOLDER.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + name, e);
    }
  }

  /** Names of the files for Kubernetes, relative to the folder. */
  static List<String> kubernetes() {
    try (Stream<Path> files = Files.list(FOLDER.resolve("kubernetes"))) {
      return files.map(FOLDER::relativize).map(Path::toString).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot list kubernetes/", e);
    }
  }

  /** The documents of a file; a key that stands there twice is refused. */
  static List<Map<String, Object>> documents(String yaml) {
    LoaderOptions strict = new LoaderOptions();
    strict.setAllowDuplicateKeys(false);
    strict.setCodePointLimit(Integer.MAX_VALUE);
    List<Map<String, Object>> documents = new ArrayList<>();
    new Yaml(new SafeConstructor(strict))
        .loadAll(yaml)
        .forEach(document -> documents.add(map(document)));
    return documents;
  }

  /** The one resource of a kind in a file. */
  static Map<String, Object> resource(String file, String kind) {
    List<Map<String, Object>> found =
        documents(text(file)).stream().filter(of -> kind.equals(of.get("kind"))).toList();
    if (found.size() != 1) {
      throw new IllegalArgumentException("%s has %d of %s".formatted(file, found.size(), kind));
    }
    return found.get(0);
  }

  /**
   * What lies below some keys; a number is the place in a list.
   *
   * @throws IllegalArgumentException when nothing does
   */
  static Object at(Object root, Object... keys) {
    Object here = root;
    for (Object key : keys) {
      here = key instanceof Integer place ? list(here).get(place) : map(here).get(key);
      if (here == null) {
        throw new IllegalArgumentException("nothing at " + List.of(keys) + ", not even " + key);
      }
    }
    return here;
  }

  @SuppressWarnings("unchecked")
  static Map<String, Object> map(Object value) {
    return (Map<String, Object>) value;
  }

  @SuppressWarnings("unchecked")
  static List<Object> list(Object value) {
    return (List<Object>) value;
  }
}
