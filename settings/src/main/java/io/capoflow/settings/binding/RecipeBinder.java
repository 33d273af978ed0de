package io.capoflow.settings.binding;

import static java.util.Objects.requireNonNull;

import io.capoflow.schemas.UserMistake;
import io.capoflow.settings.extensions.ExtensionJars;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Binds recipes to a record whose components are annotated with {@link Key} and {@link Section}.
 * Layers, the later winning key by key: defaults, the recipes that a recipe extends, the recipe,
 * settings in the order given. Immutable and thread-safe.
 *
 * <pre>{@code
 * BoundRecipe<TrainingRecipe> recipe =
 *     RecipeBinder.of(TrainingRecipe.class)
 *         .load(Path.of("recipes/arithmetic.yaml"), List.of(Setting.parse("credit.w_process=0.5")));
 * }</pre>
 *
 * @param <R> the record of a whole recipe
 */
public final class RecipeBinder<R extends Record> {
  /** The key of jars to load before the names in a recipe are looked up. */
  static final String EXTENSIONS = "extensions";

  /** System property that names the project's home, where plain relative paths start. */
  public static final String HOME_PROPERTY = "capoflow.home";

  private final Class<R> type;
  private final Path home;
  private final RecipeSchema schema;

  private final Class<? extends Record> writtenType;

  /** Of what may stand in a file. */
  private final RecipeSchema written;

  private final KeyAdvice advice;

  /** Whether the jars that a recipe names are loaded. */
  private final boolean jars;

  private RecipeBinder(Class<R> type, Class<? extends Record> written, Path home, boolean jars) {
    this.jars = jars;
    this.writtenType = requireNonNull(written, "written");
    this.type = requireNonNull(type, "type");
    this.home = requireNonNull(home, "home").toAbsolutePath().normalize();
    this.schema = RecipeSchema.of(type);
    this.written = type.equals(written) ? schema : RecipeSchema.of(written);
    this.advice = new KeyAdvice(schema);
  }

  /** A binder whose home is the system property {@code capoflow.home}, or the working directory. */
  public static <R extends Record> RecipeBinder<R> of(Class<R> type) {
    return of(type, Path.of(System.getProperty(HOME_PROPERTY, "")));
  }

  /**
   * A binder with a home of its own.
   *
   * @param home where plain relative paths start
   */
  public static <R extends Record> RecipeBinder<R> of(Class<R> type, Path home) {
    return new RecipeBinder<>(type, type, home, true);
  }

  /**
   * The same for files of recipes of another kind, of which only these keys are read.
   *
   * @param whole has all keys that may stand in a file, these among them
   */
  public RecipeBinder<R> ofRecipesLike(Class<? extends Record> whole) {
    return new RecipeBinder<>(type, whole, home, jars);
  }

  /**
   * The same for recipes that come with somebody's data: one that names jars is refused, since to
   * read it must run nobody's code.
   */
  public RecipeBinder<R> withoutJars() {
    return new RecipeBinder<>(type, writtenType, home, false);
  }

  /**
   * Reads a recipe and checks that the files it needs exist.
   *
   * @throws UserMistake one line with the place and the cure
   */
  public BoundRecipe<R> load(Path file, List<Setting> settings) {
    BoundRecipe<R> bound = read(file, settings);
    if (bound.settings() instanceof NeedsFiles needs) {
      needs.requiredFiles().forEach(bound::requireFile);
    }
    return bound;
  }

  /**
   * Reads a recipe that a run keeps. Its jars are not loaded, nor are the names in it looked up:
   * they were when the run began, and to look at a run must run nobody's code.
   *
   * @throws UserMistake one line with the place and the cure
   */
  public BoundRecipe<R> readKept(Path file) {
    return bind(file, layers(file, true), false);
  }

  /**
   * Loads the jars that a recipe names, and reads it without looking for its other files.
   *
   * @throws UserMistake one line with the place and the cure
   */
  public BoundRecipe<R> read(Path file, List<Setting> settings) {
    Map<String, RawValue> raw = layers(file, false);
    settings.forEach(setting -> raw.put(setting.key(), raw(setting)));
    Optional.ofNullable(raw.get(EXTENSIONS)).ifPresent(this::loadExtensions);
    return bind(file, raw, true);
  }

  private void loadExtensions(RawValue given) {
    List<?> paths = (List<?>) value(schema.keys().get(EXTENSIONS), given, true);
    if (!jars && !paths.isEmpty()) {
      throw new UserMistake(
          "%s: %s: names jars, and this recipe came with its data; name those that you trust with --extensions"
              .formatted(given.origin().place(), EXTENSIONS));
    }
    paths.forEach(
        path -> ExtensionJars.load((Path) path, given.origin().place() + ": " + EXTENSIONS));
  }

  private Map<String, RawValue> layers(Path file, boolean kept) {
    Map<String, RawValue> raw = new LinkedHashMap<>();
    List<YamlLayer> layers = YamlLayer.chain(file, written, home, kept);
    for (YamlLayer layer : layers) {
      schema.keys().values().stream()
          .filter(RecipeSchema.KeySpec::fromFileName)
          .forEach(key -> raw.remove(key.path()));
      raw.putAll(layer.values());
    }
    return raw;
  }

  /** The default of every key that has one and the meaning of all, for people to read. */
  public RecipeHelp help() {
    return new RecipeHelp(schema, defaults());
  }

  private RawValue raw(Setting setting) {
    Origin origin = new Origin(setting.origin(), new PathContext(home, Path.of("")));
    RecipeSchema.KeySpec key = schema.keys().get(setting.key());
    if (setting.key().equals(YamlLayer.EXTENDS)) {
      throw new UserMistake(
          origin.place() + ": extends: can be set in a recipe file alone; write one that extends");
    }
    if (schema.gone().containsKey(setting.key())) {
      throw new UserMistake(
          origin.place() + ": " + setting.key() + ": " + advice.gone(setting.key()));
    }
    if (key == null) {
      RecipeSchema.SectionSpec section = schema.sections().get(setting.key());
      throw new UserMistake(
          origin.place()
              + ": "
              + (section != null && !setting.key().isEmpty()
                  ? setting.key() + ": " + advice.section(section)
                  : setting.key() + ": no such key; " + advice.instead(setting.key())));
    }
    if (key.arity() == RecipeSchema.Arity.LIST) {
      try {
        return new RawValue.Many(YamlLayer.readList(setting.value()), origin);
      } catch (YAMLException notAList) {
        if (key.orOne()) {
          return new RawValue.Many(List.of(new RawScalar(setting.value(), false)), origin);
        }
        throw new UserMistake(
            origin.place() + ": " + key.path() + ": expects " + key.describe() + ", as [a, b]",
            notAList);
      }
    }
    boolean none =
        key.arity() == RecipeSchema.Arity.OPTIONAL
            && (setting.value().isEmpty() || setting.value().equals("null"));
    return new RawValue.One(new RawScalar(setting.value(), false), none, origin);
  }

  /**
   * @param known whether extensions must be known to this process
   */
  private BoundRecipe<R> bind(Path file, Map<String, RawValue> raw, boolean known) {
    Map<String, Object> values = new HashMap<>();
    Map<String, String> canonical = new LinkedHashMap<>();
    Map<String, String> places = new HashMap<>();
    Origin ofFile = new Origin(file.toString(), new PathContext(home, home));
    for (RecipeSchema.KeySpec key : schema.keys().values()) {
      RawValue given = raw.containsKey(key.path()) ? raw.get(key.path()) : missing(key, ofFile);
      Object value = value(key, given, known);
      values.put(key.path(), value);
      canonical.put(key.path(), canonical(key, value, given.origin().paths()));
      places.put(key.path(), given.origin().place());
    }
    Record root = new RecordConstruction(values, places, file).construct(schema.root());
    return new BoundRecipe<>(type.cast(root), schema, canonical, values, places, home);
  }

  private RawValue missing(RecipeSchema.KeySpec key, Origin ofFile) {
    if (key.fromFileName()) {
      String name = String.valueOf(Path.of(ofFile.place()).getFileName());
      int dot = name.lastIndexOf('.');
      String base = dot > 0 ? name.substring(0, dot) : name;
      return new RawValue.One(new RawScalar(base, false), false, ofFile);
    }
    return declaredDefault(key, ofFile)
        .orElseThrow(
            () ->
                new UserMistake(
                    ofFile.place()
                        + ": "
                        + key.path()
                        + ": is not set, and has no default; set it to "
                        + key.describe()
                        + " ("
                        + key.doc()
                        + ")"));
  }

  private static Optional<RawValue> declaredDefault(RecipeSchema.KeySpec key, Origin origin) {
    if (key.defaultText().isEmpty()) {
      return switch (key.arity()) {
        case ONE -> Optional.empty();
        case OPTIONAL -> Optional.of(new RawValue.One(new RawScalar("", false), true, origin));
        case LIST -> Optional.of(new RawValue.Many(List.of(), origin));
      };
    }
    String text = key.defaultText().get();
    return Optional.of(
        key.arity() == RecipeSchema.Arity.LIST
            ? new RawValue.Many(YamlLayer.readList(text), origin)
            : new RawValue.One(new RawScalar(text, false), false, origin));
  }

  private Map<String, String> defaults() {
    PathContext paths = new PathContext(home, home);
    Map<String, String> defaults = new HashMap<>();
    for (RecipeSchema.KeySpec key : schema.keys().values()) {
      declaredDefault(key, new Origin("the default", paths))
          .ifPresent(raw -> defaults.put(key.path(), canonical(key, value(key, raw, true), paths)));
    }
    return defaults;
  }

  private static Object value(RecipeSchema.KeySpec key, RawValue raw, boolean known) {
    try {
      if (raw instanceof RawValue.Many many) {
        List<Object> items = new ArrayList<>();
        many.items().forEach(item -> items.add(key.type().read(item, raw.origin().paths())));
        return List.copyOf(items);
      }
      RawValue.One one = (RawValue.One) raw;
      if (key.orOne()) {
        return one.none()
            ? List.of()
            : List.of(key.type().read(one.scalar(), raw.origin().paths()));
      }
      if (key.arity() == RecipeSchema.Arity.LIST) {
        throw new IllegalArgumentException(
            "expects " + key.describe() + ", found " + one.scalar().shown());
      }
      if (one.none()) {
        if (key.arity() == RecipeSchema.Arity.OPTIONAL) {
          return Optional.empty();
        }
        throw new IllegalArgumentException("has no value; expects " + key.describe());
      }
      Object value = key.type().read(one.scalar(), raw.origin().paths());
      if (known && key.type() instanceof ValueType.Extension extension) {
        extension.requireKnown(one.scalar());
      }
      return key.arity() == RecipeSchema.Arity.OPTIONAL ? Optional.of(value) : value;
    } catch (IllegalArgumentException wrong) {
      throw new UserMistake(
          raw.origin().place() + ": " + key.path() + ": " + wrong.getMessage(), wrong);
    }
  }

  private static String canonical(RecipeSchema.KeySpec key, Object value, PathContext paths) {
    return switch (key.arity()) {
      case ONE -> RecipeYaml.scalar(key.type(), value, paths);
      case OPTIONAL ->
          ((Optional<?>) value)
              .map(present -> RecipeYaml.scalar(key.type(), present, paths))
              .orElse(RecipeYaml.NONE);
      case LIST ->
          "["
              + String.join(
                  ", ",
                  ((List<?>) value)
                      .stream().map(item -> RecipeYaml.scalar(key.type(), item, paths)).toList())
              + "]";
    };
  }
}
