package io.capoflow.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the documentation and the sources point at is there. */
final class DocumentationLinksTest {
  private static final Path HOME = Path.of(System.getProperty("capoflow.home"));
  private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)(?<target>[^)\\s]+)\\)");

  /** {@code docs/method.md, "Credit"}, also where the comment breaks the line. */
  private static final Pattern CITATION =
      Pattern.compile("(?<page>docs/[a-z/-]+\\.md),[\\s*#]+\"(?<heading>[^\"]+)\"");

  @Test
  void everyLinkOfAPageLeadsToAFileAndAHeading() throws IOException {
    List<Path> pages = pages();
    assertThat(pages).hasSizeGreaterThan(15);
    List<String> broken = new ArrayList<>();
    for (Path page : pages) {
      Matcher link = LINK.matcher(withoutCode(Files.readString(page)));
      while (link.find()) {
        String target = link.group("target");
        int hash = target.indexOf('#');
        String file = hash < 0 ? target : target.substring(0, hash);
        Path found = file.isEmpty() ? page : page.resolveSibling(file).normalize();
        boolean there =
            Files.exists(found)
                && (hash < 0 || anchors(found).contains(target.substring(hash + 1)));
        if (!there) {
          broken.add(HOME.relativize(page) + ": " + target);
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void everySectionThatASourceCitesIsThere() throws IOException {
    List<String> broken = new ArrayList<>();
    int citations = 0;
    for (Path source : sources()) {
      Matcher citation = CITATION.matcher(Files.readString(source));
      while (citation.find()) {
        citations++;
        Path page = HOME.resolve(citation.group("page"));
        String heading = citation.group("heading").replaceAll("[\\s*#]+", " ");
        if (!Files.exists(page) || !anchors(page).contains(anchor(heading))) {
          broken.add(HOME.relativize(source) + ": " + citation.group());
        }
      }
    }
    assertThat(citations).isGreaterThan(15);
    assertThat(broken).isEmpty();
  }

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>(List.of(HOME.resolve("README.md")));
    try (Stream<Path> files = Files.walk(HOME.resolve("docs"))) {
      files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
    }
    return pages;
  }

  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    try (Stream<Path> modules = Files.list(HOME)) {
      for (Path module : modules.sorted().toList()) {
        Path folder = module.resolve("src");
        if (Files.isDirectory(folder)) {
          try (Stream<Path> files = Files.walk(folder)) {
            files
                .filter(file -> file.toString().matches(".*\\.(java|py|avsc)"))
                .sorted()
                .forEach(sources::add);
          }
        }
      }
    }
    return sources;
  }

  private static Set<String> anchors(Path page) throws IOException {
    return withoutCode(Files.readString(page))
        .lines()
        .filter(line -> line.matches("#{1,6} .*"))
        .map(line -> anchor(line.replaceFirst("#+ ", "")))
        .collect(Collectors.toSet());
  }

  /** As GitHub makes it of a heading. */
  private static String anchor(String heading) {
    return heading
        .strip()
        .toLowerCase(Locale.ROOT)
        .replaceAll("[^\\p{L}\\p{N} _-]", "")
        .replace(' ', '-');
  }

  private static String withoutCode(String text) {
    return text.replaceAll("(?ms)^```.*?^```$", "");
  }
}
