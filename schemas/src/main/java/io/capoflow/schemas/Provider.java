package io.capoflow.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.NotSerializableException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Function;
import javax.lang.model.SourceVersion;

/**
 * A class that a line of {@code META-INF/services} names. One that is broken is its author's
 * mistake, said in one line with the class, its jar and the mend.
 */
final class Provider {
  private static final String FOLDER = "META-INF/services/";
  private static final String NEEDS_JAR = "name the jar that it needs as an extension, too";

  private Provider() {}

  /**
   * One instance of each provider that a loader finds, in its order.
   *
   * @throws UserMistake when one is broken
   */
  static <T> List<T> all(Class<T> point, ClassLoader loader) {
    List<T> all = new ArrayList<>();
    try {
      for (T provider : ServiceLoader.load(point, loader)) {
        requireTravelling(point, provider);
        all.add(provider);
      }
    } catch (ServiceConfigurationError | LinkageError error) {
      throw new UserMistake(diagnosis(point, loader, error), error);
    }
    return all;
  }

  /**
   * The name that a provider gives itself.
   *
   * @throws UserMistake when it gives none
   */
  static <T> String nameOf(Class<T> point, T provider, Function<? super T, String> name) {
    String given;
    try {
      given = name.apply(provider);
    } catch (RuntimeException | LinkageError e) {
      throw new UserMistake(
          "%s has no name: name() threw %s; %s"
              .formatted(
                  subject(point, provider),
                  e,
                  e instanceof LinkageError
                      ? NEEDS_JAR
                      : "return the text that a recipe is to use"),
          e);
    }
    if (given == null || given.isBlank()) {
      throw new UserMistake(
          "%s has no name: name() returned %s; return the text that a recipe is to use"
              .formatted(subject(point, provider), given == null ? "null" : "blanks"));
    }
    return given;
  }

  /** A class and the name of the jar that it was loaded from, where that is known. */
  static String inItsJar(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    return type.getName()
        + Optional.ofNullable(source)
            .map(CodeSource::getLocation)
            .map(location -> " in " + file(location))
            .orElse("");
  }

  private static <T> void requireTravelling(Class<T> point, T provider) {
    if (!(provider instanceof Serializable)) {
      return;
    }
    try (ObjectOutputStream out = new ObjectOutputStream(OutputStream.nullOutputStream())) {
      out.writeObject(provider);
    } catch (NotSerializableException e) {
      throw new UserMistake(
          "%s cannot travel to the workers: it holds a %s, which is not serializable; make that field transient or static, or do without it"
              .formatted(subject(point, provider), e.getMessage()),
          e);
    } catch (IOException | RuntimeException e) {
      throw new UserMistake(
          "%s cannot travel to the workers: writing it threw %s; mend what it holds"
              .formatted(subject(point, provider), e),
          e);
    }
  }

  private static String subject(Class<?> point, Object provider) {
    return "the %s %s".formatted(point.getSimpleName(), inItsJar(provider.getClass()));
  }

  /** Which line of the services is no provider, and why. */
  private static String diagnosis(Class<?> point, ClassLoader loader, Throwable error) {
    String thrower = "one of them";
    try {
      for (URL services : Collections.list(loader.getResources(FOLDER + point.getName()))) {
        String place = place(services);
        for (String line : lines(services)) {
          Optional<String> objection = objection(point, line, loader);
          if (objection.isPresent()) {
            return "%s: %s %s".formatted(place, line, objection.get());
          }
          if (String.valueOf(error.getMessage()).contains(" " + line + " ")) {
            thrower = "%s: %s".formatted(place, line);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the services of " + point, e);
    }
    return "%s cannot be made: its constructor or initialiser threw %s; mend it"
        .formatted(thrower, root(error));
  }

  /** What keeps a line from being a provider, as far as can be told without making one. */
  private static Optional<String> objection(Class<?> point, String name, ClassLoader loader) {
    if (!SourceVersion.isName(name)) {
      return Optional.of("is no name of a class; write one a line, such as com.example.Mine");
    }
    try {
      Class<?> type = Class.forName(name, false, loader);
      if (!point.isAssignableFrom(type)) {
        return Optional.of(
            "does not implement %s; implement it, or drop the line".formatted(point.getName()));
      }
      if (!Modifier.isPublic(type.getModifiers()) || Modifier.isAbstract(type.getModifiers())) {
        return Optional.of("cannot be made; make it a public class that is not abstract");
      }
      boolean makeable =
          Arrays.stream(type.getConstructors()).anyMatch(made -> made.getParameterCount() == 0);
      return makeable
          ? Optional.empty()
          : Optional.of("has no public constructor without arguments; add one");
    } catch (ClassNotFoundException e) {
      return Optional.of("is not there; put the class into the jar, or mend the line");
    } catch (UnsupportedClassVersionError e) {
      return Optional.of("was compiled for a newer Java; compile it with --release 17");
    } catch (LinkageError e) {
      return Optional.of("cannot be loaded (%s); %s".formatted(e, NEEDS_JAR));
    }
  }

  private static Throwable root(Throwable error) {
    Throwable root = error;
    while (root.getCause() != null && root.getCause() != root) {
      root = root.getCause();
    }
    return root;
  }

  private static List<String> lines(URL services) throws IOException {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(services.openStream(), UTF_8))) {
      return reader
          .lines()
          .map(line -> line.replaceFirst("#.*", "").strip())
          .filter(line -> !line.isEmpty())
          .toList();
    }
  }

  /** Which services a URL leads to: a jar and its entry, or a file. */
  private static String place(URL services) {
    String text = services.toString();
    int entry = text.indexOf("!/");
    return entry < 0 ? services.getPath() : file(services) + ", " + text.substring(entry + 2);
  }

  /** The name of the jar or the folder that a URL leads into. */
  private static Path file(URL url) {
    String text = url.toString();
    if (text.startsWith("jar:") && text.contains("!/")) {
      text = text.substring("jar:".length(), text.indexOf("!/"));
    }
    try {
      return Path.of(new URL(text).toURI()).getFileName();
    } catch (URISyntaxException | IOException | RuntimeException e) {
      return Path.of(url.getPath());
    }
  }
}
