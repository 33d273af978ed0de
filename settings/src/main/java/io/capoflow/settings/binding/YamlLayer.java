package io.capoflow.settings.binding;

import io.capoflow.schemas.Extensions;
import io.capoflow.schemas.UserMistake;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * One recipe file as raw values by dotted key. Only the plain part of YAML is read: nested maps,
 * scalars and lists; tags, anchors and merge keys are refused, and nothing is ever constructed from
 * a name in the file.
 */
final class YamlLayer {
  private static final Set<Tag> PLAIN_TAGS =
      Set.of(
          Tag.MAP,
          Tag.SEQ,
          Tag.STR,
          Tag.INT,
          Tag.FLOAT,
          Tag.BOOL,
          Tag.NULL,
          Tag.TIMESTAMP,
          Tag.MERGE);
  static final String EXTENDS = "extends";

  private final Path file;
  private final RecipeSchema schema;
  private final KeyAdvice advice;
  private final PathContext paths;
  private final Map<String, RawValue> values = new LinkedHashMap<>();
  private Optional<Parent> parent = Optional.empty();

  /** Whether a run keeps this file: it may name keys of earlier versions. */
  private final boolean kept;

  /** The recipe that this one extends. */
  record Parent(Path file, String place) {}

  private YamlLayer(Path file, RecipeSchema schema, Path home, boolean kept) {
    this.kept = kept;
    this.file = file;
    this.schema = schema;
    this.advice = new KeyAdvice(schema);
    Path folder = file.toAbsolutePath().getParent();
    this.paths = new PathContext(home, folder == null ? home : folder);
  }

  /**
   * Reads a recipe file.
   *
   * @throws UserMistake with file and line, for anything that a recipe may not hold
   */
  static YamlLayer read(Path file, RecipeSchema schema, Path home, boolean kept) {
    YamlLayer layer = new YamlLayer(file, schema, home, kept);
    layer.compose(text(file)).ifPresent(layer::readRoot);
    return layer;
  }

  /**
   * Reads a list given outside a file: {@code [1, 8]}.
   *
   * @throws YAMLException when it is not a sequence of scalars
   */
  static List<RawScalar> readList(String text) {
    Node node = yaml().compose(new StringReader(text));
    if (!(node instanceof SequenceNode sequence)) {
      throw new YAMLException("not a list");
    }
    return sequence.getValue().stream()
        .map(
            item -> {
              if (item instanceof ScalarNode scalar && PLAIN_TAGS.contains(item.getTag())) {
                return scalar(scalar);
              }
              throw new YAMLException("not a list of plain values");
            })
        .toList();
  }

  Map<String, RawValue> values() {
    return values;
  }

  Optional<Parent> parent() {
    return parent;
  }

  private static Yaml yaml() {
    return new Yaml(new SafeConstructor(new LoaderOptions()));
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException notText) {
      throw new UserMistake(file + ": is not UTF-8 text; a recipe is a YAML file", notText);
    } catch (IOException unreadable) {
      if (Files.isDirectory(file)) {
        throw new UserMistake(file + ": is a directory; name a recipe file", unreadable);
      }
      if (Files.exists(file)) {
        throw new UserMistake(file + ": cannot be read; check its permissions", unreadable);
      }
      throw new UserMistake(file + ": no such recipe" + neighbour(file), unreadable);
    }
  }

  private static String neighbour(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      return "; there is no folder " + folder;
    }
    try (Stream<Path> entries = Files.list(folder)) {
      List<String> names =
          entries
              .map(entry -> String.valueOf(entry.getFileName()))
              .filter(name -> name.endsWith(".yaml") || name.endsWith(".yml"))
              .sorted()
              .toList();
      return Extensions.nearest(String.valueOf(file.getFileName()), names)
          .map(name -> "; did you mean " + file.resolveSibling(name) + "?")
          .orElse(names.isEmpty() ? "" : "; recipes in that folder: " + String.join(", ", names));
    } catch (IOException unreadable) {
      throw new UserMistake(folder + ": cannot be listed; check its permissions", unreadable);
    }
  }

  private Optional<Node> compose(String text) {
    try {
      return Optional.ofNullable(yaml().compose(new StringReader(text)));
    } catch (MarkedYAMLException broken) {
      String line =
          broken.getProblemMark() == null ? "" : ":" + (broken.getProblemMark().getLine() + 1);
      throw new UserMistake(file + line + ": not YAML: " + oneLine(broken.getProblem()), broken);
    } catch (YAMLException broken) {
      throw new UserMistake(file + ": not YAML: " + oneLine(broken.getMessage()), broken);
    }
  }

  private static String oneLine(String text) {
    return String.valueOf(text).strip().replaceAll("\\s*\\R\\s*", " ");
  }

  private void readRoot(Node node) {
    if (isNone(node)) {
      return;
    }
    if (!(checked(node) instanceof MappingNode mapping)) {
      throw mistake(node, "expects keys with values, such as \"iterations: 12\"");
    }
    readSection(mapping, schema.root());
  }

  private void readSection(MappingNode mapping, RecipeSchema.SectionSpec section) {
    Map<String, Integer> lineOfKey = new LinkedHashMap<>();
    for (NodeTuple entry : mapping.getValue()) {
      if (!(checked(entry.getKeyNode()) instanceof ScalarNode keyNode)) {
        throw mistake(entry.getKeyNode(), "a key must be a plain word");
      }
      String name = keyNode.getValue();
      String path = section.path().isEmpty() ? name : section.path() + "." + name;
      Integer earlier = lineOfKey.putIfAbsent(name, line(keyNode));
      if (earlier != null) {
        throw mistake(keyNode, path + ": is set twice, first on line " + earlier + "; keep one");
      }
      Node value = checked(entry.getValueNode());
      if (path.equals(EXTENDS)) {
        readExtends(value);
        continue;
      }
      if (schema.gone().containsKey(path)) {
        if (kept) {
          continue;
        }
        throw mistake(keyNode, path + ": " + advice.gone(path));
      }
      RecipeSchema.Member member =
          section.members().stream()
              .filter(candidate -> candidate.name().equals(name))
              .findFirst()
              .orElseThrow(
                  () -> mistake(keyNode, path + ": no such key; " + advice.instead(section, name)));
      if (member instanceof RecipeSchema.SectionSpec inner) {
        readInner(value, inner);
      } else if (member instanceof RecipeSchema.KeySpec key) {
        values.put(path, raw(value, key));
      }
    }
  }

  private void readInner(Node value, RecipeSchema.SectionSpec inner) {
    if (value instanceof MappingNode mapping) {
      readSection(mapping, inner);
    } else if (!isNone(value)) {
      throw mistake(value, inner.path() + ": " + advice.section(inner));
    }
  }

  private RawValue raw(Node node, RecipeSchema.KeySpec key) {
    Origin origin = new Origin(file + ":" + line(node), paths);
    if (node instanceof ScalarNode scalar) {
      return new RawValue.One(scalar(scalar), isNone(node), origin);
    }
    if (node instanceof MappingNode mapping && key.type() instanceof ValueType.Mapping) {
      try {
        String text = MappingText.of(mapping, this::checked);
        return new RawValue.One(new RawScalar(text, true), false, origin);
      } catch (IllegalArgumentException wrong) {
        throw mistake(node, key.path() + ": " + wrong.getMessage());
      }
    }
    if (node instanceof SequenceNode sequence && key.arity() == RecipeSchema.Arity.LIST) {
      List<RawScalar> items = new ArrayList<>();
      for (Node item : sequence.getValue()) {
        if (!(checked(item) instanceof ScalarNode scalar)) {
          throw mistake(
              item, key.path() + ": expects " + key.describe() + ", found a nested value");
        }
        items.add(scalar(scalar));
      }
      return new RawValue.Many(items, origin);
    }
    throw mistake(
        node,
        key.path()
            + ": expects "
            + key.describe()
            + ", found "
            + (node instanceof SequenceNode ? "a list" : "a section"));
  }

  private void readExtends(Node value) {
    if (!(value instanceof ScalarNode scalar) || scalar.getValue().isBlank()) {
      throw mistake(value, "extends: expects the path of another recipe");
    }
    Path other = file.resolveSibling(scalar.getValue()).normalize();
    if (!Files.isRegularFile(other)) {
      throw mistake(value, "extends: no such recipe: " + other + neighbour(other));
    }
    parent = Optional.of(new Parent(other, file + ":" + line(value)));
  }

  private Node checked(Node node) {
    if (node.getAnchor() != null) {
      throw mistake(node, "anchors and aliases are not read in recipes; write the value out");
    }
    if (!PLAIN_TAGS.contains(node.getTag())) {
      throw mistake(node, "the tag " + node.getTag() + " is not read in recipes; leave it out");
    }
    return node;
  }

  private static RawScalar scalar(ScalarNode node) {
    return new RawScalar(node.getValue(), node.getScalarStyle() != ScalarStyle.PLAIN);
  }

  private static boolean isNone(Node node) {
    return node instanceof ScalarNode && node.getTag().equals(Tag.NULL);
  }

  private static int line(Node node) {
    return node.getStartMark().getLine() + 1;
  }

  private UserMistake mistake(Node node, String problem) {
    return new UserMistake(file + ":" + line(node) + ": " + problem);
  }

  /** Follows {@code extends} from a file to its root: the root's layer first, the file's last. */
  static List<YamlLayer> chain(Path file, RecipeSchema schema, Path home, boolean kept) {
    List<YamlLayer> layers = new ArrayList<>();
    List<Path> visited = new ArrayList<>();
    Set<Path> seen = new HashSet<>();
    Optional<Parent> next = Optional.of(new Parent(file, file.toString()));
    while (next.isPresent()) {
      Path current = next.get().file();
      visited.add(current);
      if (!seen.add(current.toAbsolutePath().normalize())) {
        throw new UserMistake(
            next.get().place()
                + ": extends: goes in a circle: "
                + String.join(" -> ", visited.stream().map(Path::toString).toList()));
      }
      YamlLayer layer = read(current, schema, home, kept);
      layers.add(0, layer);
      next = layer.parent();
    }
    return layers;
  }
}
