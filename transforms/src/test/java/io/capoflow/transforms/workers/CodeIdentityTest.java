package io.capoflow.transforms.workers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CodeIdentityTest {
  private static final List<String> FOLDERS = List.of("io/", "io/capoflow/", "io/capoflow/odd/");
  private static final String CLASS = "io/capoflow/odd/Odd.class";

  @TempDir private Path directory;

  @Test
  void aJarAndAFolderOfTheSameClassesAreTheSameWhateverThePackagingAdds() throws IOException {
    SortedMap<String, String> content = content("class");
    Path folder = folder("classes", content);
    Path jar = jar("odd-1.jar", content);
    content.put("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\n");
    content.put("META-INF/maven/io.capoflow/odd/pom.xml", "<project/>");
    Path packaged = jar("odd-2.jar", content);

    assertThat(CodeIdentity.digest(folder))
        .isEqualTo(CodeIdentity.digest(jar))
        .isEqualTo(CodeIdentity.digest(packaged));
  }

  @Test
  void oneByteOfAClassOrAResourceAndANameEachMakeAnother() throws IOException {
    String digest = CodeIdentity.digest(folder("one", content("class")));
    SortedMap<String, String> resource = content("class");
    resource.put("META-INF/services/odd", "Even");
    SortedMap<String, String> renamed = content("class");
    renamed.put("io/capoflow/odd/Even.class", renamed.remove(CLASS));

    assertThat(
            List.of(
                digest,
                CodeIdentity.digest(folder("byte", content("clasS"))),
                CodeIdentity.digest(folder("resource", resource)),
                CodeIdentity.digest(folder("name", renamed))))
        .doesNotHaveDuplicates();
  }

  @Test
  void modulesAreNamedByTheirPackageAndLibrariesByTheirJars() throws IOException {
    Path module = jar("whatever.jar", content("class"));
    Path tests = folder("test-classes", content("test"));
    Path avro = jar("avro-1.2.3.jar", anchor("org/apache/avro/Schema.class"));
    Path jni = jar("pytorch-jni-2.7.1-0.35.1.jar", anchor("jnilib/pytorch.properties"));

    SortedMap<String, String> identity = identity(module, tests, avro, jni);

    assertThat(identity)
        .containsEntry("capoflow-odd", CodeIdentity.digest(module).substring(0, 16))
        .containsEntry("avro", "1.2.3")
        .containsEntry("djl-pytorch-jni", "2.7.1-0.35.1")
        .containsEntry("beam", CodeIdentity.NONE);
  }

  @Test
  void anOldBuildThatWasLeftBesideTheNewOneIsSeen() throws IOException {
    Path old = jar("odd-1.jar", content("old"));
    Path now = jar("odd-2.jar", content("new"));

    assertThat(identity(old, now).get("capoflow-odd"))
        .contains(
            CodeIdentity.digest(old).substring(0, 16), CodeIdentity.digest(now).substring(0, 16));
  }

  @Test
  void thisProcessHasItsOwnModulesAndTheLibrariesThatItsJobsTake() {
    SortedMap<String, String> identity = CodeIdentity.ofThisProcess();

    assertThat(identity)
        .containsKeys("capoflow-schemas", "capoflow-models", "capoflow-transforms")
        .doesNotContainKey("capoflow-pipelines");
    assertThat(List.of("avro", "beam", "djl", "djl-pytorch-engine", "hadoop-client", "parquet"))
        .allSatisfy(library -> assertThat(identity.get(library)).matches("\\d[\\w.-]*"));
  }

  private static SortedMap<String, String> content(String ofTheClass) {
    SortedMap<String, String> content = new TreeMap<>();
    content.put(CLASS, ofTheClass);
    content.put("META-INF/services/odd", "Odd");
    return content;
  }

  private static SortedMap<String, String> anchor(String name) {
    SortedMap<String, String> content = new TreeMap<>();
    content.put(name, "");
    return content;
  }

  private SortedMap<String, String> identity(Path... classPath) throws IOException {
    URL[] urls = new URL[classPath.length];
    for (int i = 0; i < urls.length; i++) {
      urls[i] = classPath[i].toUri().toURL();
    }
    try (URLClassLoader classes = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader())) {
      return CodeIdentity.of(classes);
    }
  }

  private Path folder(String name, SortedMap<String, String> content) throws IOException {
    Path folder = directory.resolve(name);
    for (String file : content.keySet()) {
      Files.createDirectories(folder.resolve(file).getParent());
      Files.writeString(folder.resolve(file), content.get(file));
    }
    return folder;
  }

  private Path jar(String name, SortedMap<String, String> content) throws IOException {
    Path file = directory.resolve(name);
    try (OutputStream out = Files.newOutputStream(file);
        JarOutputStream jar = new JarOutputStream(out)) {
      for (String entry : FOLDERS) {
        if (content.containsKey(CLASS)) {
          jar.putNextEntry(new JarEntry(entry));
          jar.closeEntry();
        }
      }
      for (String entry : content.keySet()) {
        jar.putNextEntry(new JarEntry(entry));
        jar.write(content.get(entry).getBytes(StandardCharsets.UTF_8));
        jar.closeEntry();
      }
    }
    return file;
  }
}
