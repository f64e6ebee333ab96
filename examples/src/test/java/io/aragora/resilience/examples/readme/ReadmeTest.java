package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** The code of README and docs is code that is compiled and run; module declarations name what exists. */
@TestInstance(Lifecycle.PER_CLASS)
class ReadmeTest {
  private static final String MODULE_DECLARATION = "module declaration";
  private static final Pattern BLOCK =
      Pattern.compile("<!-- code: (?<name>[^>]+) -->\\R```java\\R(?<code>.*?)```", Pattern.DOTALL);
  private static final Pattern SNIPPET =
      Pattern.compile("^ *// readme: (?<name>.+)\\R(?<code>(?s:.*?))^ *// end$", Pattern.MULTILINE);
  private static final Pattern REQUIRED = Pattern.compile("requires (?<name>io\\.aragora[\\w.]*);");
  private static final Pattern LINK = Pattern.compile("]\\((?<path>[^):#]+)(#[^)]*)?\\)");

  private final Path file = Path.of(System.getProperty("readme.file"));
  private final String readme = read(file);
  private final String source = read(Path.of(System.getProperty("readme.snippets")));

  private static String read(Path path) {
    try {
      return Files.readString(path).replace("\r\n", "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, String> find(Pattern pattern, String text) {
    Map<String, String> found = new LinkedHashMap<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      String name = matcher.group("name");
      assertThat(found).as("two blocks of the same name").doesNotContainKey(name);
      found.put(name, matcher.group("code").stripTrailing().stripIndent());
    }
    return found;
  }

  @Test
  void code_isThatOfTheSource() {
    Map<String, String> blocks = find(BLOCK, readme);
    blocks.keySet().removeIf(name -> name.startsWith(MODULE_DECLARATION));
    Map<String, String> snippets = find(SNIPPET, source);

    assertThat(blocks.keySet()).isNotEmpty().containsExactlyInAnyOrderElementsOf(snippets.keySet());
    snippets.forEach((name, code) -> assertThat(blocks.get(name)).as(name).isEqualTo(code));
  }

  @Test
  void codeOfOtherPages_isThatOfTheSources() throws IOException {
    Map<String, String> snippets = new LinkedHashMap<>();
    for (Path each : filesIn(Path.of(System.getProperty("readme.snippets")).getParent())) {
      snippets.putAll(find(SNIPPET, read(each)));
    }
    Map<String, String> blocks = new LinkedHashMap<>();
    for (Path page : filesIn(file.resolveSibling("docs"))) {
      blocks.putAll(find(BLOCK, read(page)));
    }

    assertThat(blocks).isNotEmpty();
    blocks.forEach((name, code) -> assertThat(code).as(name).isEqualTo(snippets.get(name)));
  }

  private static List<Path> filesIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  @Test
  void everyJavaBlock_hasAName() {
    long fences = readme.lines().filter(line -> line.startsWith("```java")).count();

    assertThat(find(BLOCK, readme)).hasSize((int) fences);
  }

  @Test
  void moduleDeclarations_requireModulesThatExist() {
    List<String> required = new ArrayList<>();
    Matcher matcher = REQUIRED.matcher(readme);
    while (matcher.find()) {
      required.add(matcher.group("name"));
    }

    assertThat(required)
        .isNotEmpty()
        .allSatisfy(
            name -> assertThat(ModuleLayer.boot().findModule(name)).as(name).isPresent());
  }

  @Test
  void links_leadToFilesThatExist() throws IOException {
    List<Path> pages = new ArrayList<>(filesIn(file.resolveSibling("docs")));
    pages.add(file);
    Set<Path> linked = new HashSet<>();
    for (Path page : pages) {
      Matcher matcher = LINK.matcher(read(page));
      while (matcher.find()) {
        Path path = page.resolveSibling(matcher.group("path")).normalize();
        assertThat(path).as("a link of %s", page).exists();
        linked.add(path);
      }
    }

    assertThat(linked)
        .as("no page is lost")
        .containsAll(pages.stream().map(Path::normalize).toList());
  }
}
