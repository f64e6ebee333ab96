package io.aragora.resilience.examples.readme;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** README, CONTRIBUTING and docs: their text, their blocks of Java and Kotlin by name, their tables. */
final class Pages {
  static final Path README = Path.of(System.getProperty("readme.file")).normalize();
  static final Path ROOT = README.getParent();

  /** Blocks of this name are compiled by {@link ModuleDeclarationsTest}; all others are in the source of a test. */
  static final String MODULE_DECLARATION = "module declaration";

  private static final Pattern BLOCK = Pattern.compile(
      "<!-- code: (?<name>[^>]+) -->\\R```(java|kotlin)\\R(?<code>.*?)```", Pattern.DOTALL);

  private Pages() {}

  static List<Path> all() {
    return Stream.concat(
            Stream.of(README, ROOT.resolve("CONTRIBUTING.md")), in(ROOT.resolve("docs")))
        .toList();
  }

  /** The files of a folder, those of its folders left out. */
  static Stream<Path> in(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(Files::isRegularFile).sorted().toList().stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The POMs of the examples that are builds of their own. */
  static List<Path> builds() throws IOException {
    Path examples = ROOT.resolve("examples");
    try (Stream<Path> folders = Files.list(examples);
        Stream<Path> consumers = Files.list(examples.resolve("consumers"))) {
      return Stream.concat(folders, consumers)
          .filter(folder -> !folder.endsWith("consumers"))
          .map(folder -> folder.resolve("pom.xml"))
          .filter(Files::exists)
          .toList();
    }
  }

  static String read(Path path) {
    try {
      return Files.readString(path).replace("\r\n", "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String page(String name) {
    return read(ROOT.resolve("docs").resolve(name + ".md"));
  }

  static Map<String, String> blocks(String page) {
    return find(BLOCK, page);
  }

  /** Those of all pages. */
  static Map<String, String> blocks() {
    Map<String, String> blocks = new LinkedHashMap<>();
    for (Path page : all()) {
      blocks(read(page))
          .forEach((name, code) ->
              assertThat(blocks.put(name, code)).as("two blocks named %s", name).isNull());
    }
    return blocks;
  }

  static Map<String, String> find(Pattern pattern, String text) {
    Map<String, String> found = new LinkedHashMap<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      String name = matcher.group("name");
      assertThat(found).as("two blocks of the same name").doesNotContainKey(name);
      found.put(name, matcher.group("code").stripTrailing().stripIndent());
    }
    return found;
  }

  /** The rows of the first table after a heading: the cells of each by the headings of the table, marks of code left out. */
  static List<Map<String, String>> table(String page, String after) {
    List<String> lines = page.lines()
        .dropWhile(line -> !line.equals(after))
        .dropWhile(line -> !line.startsWith("|"))
        .toList();
    assertThat(lines).as("a table after %s", after).isNotEmpty();
    List<String> headings = cells(lines.get(0));
    return lines.stream()
        .skip(2)
        .takeWhile(line -> line.startsWith("|"))
        .map(Pages::cells)
        .map(cells -> {
          assertThat(cells).hasSameSizeAs(headings);
          Map<String, String> row = new LinkedHashMap<>();
          headings.forEach(heading -> row.put(heading, cells.get(row.size())));
          return row;
        })
        .toList();
  }

  private static List<String> cells(String line) {
    return Stream.of(line.substring(2, line.length() - 1).split(" ?\\| ?", -1))
        .map(cell -> cell.replace("`", "").strip())
        .toList();
  }
}
