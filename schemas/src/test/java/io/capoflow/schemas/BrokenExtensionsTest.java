package io.capoflow.schemas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An extension that cannot be used is one line that names its class, its jar and the mend. */
class BrokenExtensionsTest {
  @TempDir private Path folder;

  @Test
  void aSoundOneIsFoundByItsName() throws IOException {
    Path jar = jar("Sound", "public String name() { return \"hello\"; }");
    assertThat(names(jar)).containsExactly("hello");
  }

  @Test
  void aLineThatNamesNoClass() throws IOException {
    Path jar = new JarWriter(folder).service(Greeting.class, "not a class").write("a.jar");
    assertThatThrownBy(() -> names(jar))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "%s, META-INF/services/%s: not a class is no name of a class; write one a line, such as com.example.Mine",
            jar.getFileName(), Greeting.class.getName());
  }

  @Test
  void aClassThatIsNotThere() throws IOException {
    Path jar = new JarWriter(folder).service(Greeting.class, "com.example.Gone").write("a.jar");
    assertThatThrownBy(() -> names(jar))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "%s, META-INF/services/%s: com.example.Gone is not there; put the class into the jar, or mend the line",
            jar.getFileName(), Greeting.class.getName());
  }

  @Test
  void aClassOfAnotherKind() throws IOException {
    Path jar =
        new JarWriter(folder)
            .source("Stranger", "package com.example; public class Stranger {}")
            .service(Greeting.class, "com.example.Stranger")
            .write("a.jar");
    assertThatThrownBy(() -> names(jar))
        .isInstanceOf(UserMistake.class)
        .hasMessageContainingAll(
            "com.example.Stranger does not implement", Greeting.class.getName());
  }

  @Test
  void noPublicConstructor() throws IOException {
    Path jar = jar("Hidden", "private Hidden() {} public String name() { return \"x\"; }");
    assertThatThrownBy(() -> names(jar))
        .isInstanceOf(UserMistake.class)
        .hasMessageContainingAll(
            jar.getFileName().toString(),
            "com.example.Hidden has no public constructor without arguments");
  }

  @Test
  void aClassThatIsNotPublic() throws IOException {
    Path jar =
        new JarWriter(folder)
            .source("Shy", sound("Shy").replace("public class", "class"))
            .service(Greeting.class, "com.example.Shy")
            .write("a.jar");
    assertThatThrownBy(() -> names(jar))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("com.example.Shy cannot be made; make it a public class");
  }

  @Test
  void aThrowingInitialiser() throws IOException {
    Path jar =
        jar(
            "Thrower",
            "static final int X = Integer.parseInt(\"none\"); public String name() { return \"\" + X; }");
    assertThatThrownBy(() -> names(jar))
        .isInstanceOf(UserMistake.class)
        .hasMessageContainingAll(
            jar.getFileName().toString(),
            "com.example.Thrower cannot be made: its constructor or initialiser threw"
                + " java.lang.NumberFormatException");
  }

  @Test
  void aClassWhoseParentIsMissing() throws IOException {
    Path jar =
        new JarWriter(folder)
            .source("Parent", "package com.example; public class Parent {}")
            .source(
                "Child",
                "package com.example; public class Child extends Parent implements "
                    + Greeting.class.getCanonicalName()
                    + " { public String name() { return \"child\"; } }")
            .service(Greeting.class, "com.example.Child")
            .write("whole.jar");
    Path classes = folder.resolve("classes");
    Files.delete(classes.resolve("com/example/Parent.class"));
    assertThat(jar).exists();
    assertThatThrownBy(() -> names(classes))
        .isInstanceOf(UserMistake.class)
        .hasMessageContainingAll(
            "com.example.Child cannot be loaded", "name the jar that it needs as an extension");
  }

  @Test
  void noName() throws IOException {
    Path silent = jar("Silent", "public String name() { return null; }");
    assertThatThrownBy(() -> names(silent))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "the Greeting com.example.Silent in %s has no name: name() returned null; return the text that a recipe is to use",
            silent.getFileName());
    Path thrower =
        jar("Refuser", "public String name() { throw new IllegalStateException(\"no\"); }");
    assertThatThrownBy(() -> names(thrower))
        .isInstanceOf(UserMistake.class)
        .hasMessageContaining("name() threw java.lang.IllegalStateException: no");
  }

  @Test
  void aNameThatNeedsAClassWhichIsNotThere() throws IOException {
    Path jar =
        new JarWriter(folder)
            .source("Word", "package com.example; public class Word { static String w = \"w\"; }")
            .source("Speaker", body("Speaker", "public String name() { return Word.w; }"))
            .service(Greeting.class, "com.example.Speaker")
            .write("whole.jar");
    Path classes = folder.resolve("classes");
    Files.delete(classes.resolve("com/example/Word.class"));
    assertThat(jar).exists();
    assertThatThrownBy(() -> names(classes))
        .isInstanceOf(UserMistake.class)
        .hasMessageContainingAll(
            "com.example.Speaker in classes has no name: name() threw"
                + " java.lang.NoClassDefFoundError: com/example/Word",
            "name the jar that it needs as an extension, too");
  }

  @Test
  void aFieldThatCannotTravel() throws IOException {
    Path jar =
        jar(
            "Rooted",
            "private final Thread thread = Thread.currentThread(); public String name() { return thread.getName(); }");
    assertThatThrownBy(() -> names(jar))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "the Greeting com.example.Rooted in %s cannot travel to the workers: it holds a java.lang.Thread, which is not serializable; make that field transient or static, or do without it",
            jar.getFileName());
  }

  @Test
  void twoOfOneName() throws IOException {
    Path jar =
        new JarWriter(folder)
            .source("One", sound("One"))
            .source("Two", sound("Two"))
            .service(Greeting.class, "com.example.One")
            .service(Greeting.class, "com.example.Two")
            .write("a.jar");
    assertThatThrownBy(() -> names(jar))
        .isInstanceOf(UserMistake.class)
        .hasMessage(
            "two classes claim the Greeting name 'hello': com.example.One in %s and com.example.Two in %s; rename one of them",
            jar.getFileName(), jar.getFileName());
  }

  private static String sound(String name) {
    return body(name, "public String name() { return \"hello\"; }");
  }

  private static String body(String name, String body) {
    return "package com.example; public class %s implements %s { %s }"
        .formatted(name, Greeting.class.getCanonicalName(), body);
  }

  private Path jar(String name, String body) throws IOException {
    return new JarWriter(Files.createDirectories(folder.resolve(name)))
        .source(name, body(name, body))
        .service(Greeting.class, "com.example." + name)
        .write(name + ".jar");
  }

  /** The names that a loader with this jar finds. */
  private static Set<String> names(Path jar) throws IOException {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, before)) {
      thread.setContextClassLoader(loader);
      return Extensions.all(Greeting.class, Greeting::name).keySet();
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
