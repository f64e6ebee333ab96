package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The Java and Kotlin of README and docs is code that is compiled and run, and links lead somewhere. */
class ReadmeTest {
  private static final Pattern SNIPPET =
      Pattern.compile("^ *// readme: (?<name>.+)\\R(?<code>(?s:.*?))^ *// end$", Pattern.MULTILINE);
  private static final Pattern LINK =
      Pattern.compile("]\\((?<path>[^):#]*)(#(?<heading>[^)]*))?\\)");
  private static final Pattern HEADING = Pattern.compile("^#+ (?<text>.*)$", Pattern.MULTILINE);

  /** A version of an artifact of ours: in a POM, in a build of Gradle, or as the property of an example. */
  private static final Pattern VERSION = Pattern.compile(
      "(<artifactId>resilience-[a-z0-9-]+</artifactId>\\s*<version>|io\\.aragora:resilience-[a-z0-9-]+:"
          + "|<resilience\\.version>|-Drevision=|-Dapi\\.baseline=)(?<version>[^<\"'` ]+)");

  private static final Path SNIPPETS = Path.of(System.getProperty("readme.snippets"));

  /** Snippets are in this package, and in tests named …SnippetsTest of the module that they are about. */
  private static Map<String, String> snippets() throws IOException {
    Map<String, String> snippets = new LinkedHashMap<>();
    Pages.in(SNIPPETS.getParent())
        .forEach(file -> snippets.putAll(Pages.find(SNIPPET, Pages.read(file))));
    try (Stream<Path> modules = Files.list(Pages.ROOT);
        Stream<Path> bridges = Files.list(Pages.ROOT.resolve("bridges"))) {
      for (Path tests : Stream.concat(modules, bridges)
          .flatMap(module -> Stream.of("src/test/java", "src/test/kotlin").map(module::resolve))
          .toList()) {
        if (!SNIPPETS.startsWith(tests) && Files.exists(tests)) {
          try (Stream<Path> files = Files.walk(tests)) {
            files
                .filter(file -> file.getFileName().toString().matches(".*SnippetsTest\\.(java|kt)"))
                .forEach(file -> snippets.putAll(Pages.find(SNIPPET, Pages.read(file))));
          }
        }
      }
    }
    return snippets;
  }

  @Test
  void code_isThatOfTheSources() throws IOException {
    Map<String, String> blocks = Pages.blocks();
    blocks.keySet().removeIf(name -> name.startsWith(Pages.MODULE_DECLARATION));
    Map<String, String> snippets = snippets();

    assertThat(blocks.keySet()).isNotEmpty().containsExactlyInAnyOrderElementsOf(snippets.keySet());
    snippets.forEach((name, code) -> assertThat(blocks.get(name)).as(name).isEqualTo(code));
  }

  @Test
  void everyBlockOfJavaOrKotlin_hasAName() {
    for (Path page : Pages.all()) {
      String text = Pages.read(page);
      long fences =
          text.lines().filter(line -> line.strip().matches("```(java|kotlin)")).count();

      assertThat(Pages.blocks(text)).as("blocks of %s that have a name", page).hasSize((int)
          fences);
    }
  }

  @Test
  void readme_isShort_andBeginsWithTheTwoCommands() {
    List<String> lines = Pages.read(Pages.README).lines().toList();

    assertThat(lines).hasSizeLessThanOrEqualTo(200);
    assertThat(lines.stream().filter(line -> line.startsWith("mvn ")).limit(2))
        .containsExactly("mvn -q -Pdemo verify", "mvn -B -ntp verify");
  }

  @Test
  void versionsOfTheLibrary_areThatOfTheRelease() throws IOException {
    Matcher release = Pattern.compile("<release.version>(.*)</release.version>")
        .matcher(Pages.read(Pages.ROOT.resolve("pom.xml")));
    assertThat(release.find()).isTrue();
    List<Path> files = new ArrayList<>(Pages.all());
    files.addAll(Pages.builds());

    Set<String> versions = new TreeSet<>();
    for (Path file : files) {
      Matcher version = VERSION.matcher(Pages.read(file));
      while (version.find()) {
        if (!version.group("version").startsWith("${")) {
          versions.add(version.group("version"));
        }
      }
    }

    assertThat(versions).containsExactly(release.group(1));
  }

  @Test
  void links_leadToFilesAndHeadingsThatExist() {
    List<Path> pages = Pages.all();
    Set<Path> linked = new HashSet<>();
    for (Path page : pages) {
      Matcher matcher = LINK.matcher(Pages.read(page));
      while (matcher.find()) {
        String to = matcher.group("path");
        Path path = to.isEmpty() ? page : page.resolveSibling(to).normalize();
        assertThat(path).as("a link of %s", page).exists();
        String heading = matcher.group("heading");
        if (heading != null) {
          assertThat(headings(path)).as("headings of %s, for %s", path, page).contains(heading);
        }
        linked.add(path);
      }
    }

    assertThat(linked).as("no page is lost").containsAll(pages);
  }

  /** Headings as links name them: in lower case, without marks, with hyphens for blanks. */
  private static Set<String> headings(Path page) {
    Set<String> headings = new HashSet<>();
    Matcher matcher = HEADING.matcher(Pages.read(page));
    while (matcher.find()) {
      headings.add(matcher
          .group("text")
          .toLowerCase(Locale.ROOT)
          .replaceAll("[^\\w\\- ]", "")
          .replace(' ', '-'));
    }
    return headings;
  }
}
