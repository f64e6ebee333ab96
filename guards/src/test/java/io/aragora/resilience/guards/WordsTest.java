package io.aragora.resilience.guards;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rejects words that the language of this project avoids ({@code CONTRIBUTING.md}): in comments and
 * string literals of the Java sources of all modules, tests included, and in pages, scripts and the
 * live page.
 */
class WordsTest {
  /** Folders and files that are not checked, by their path from the root. */
  private static final Set<String> NOT_CHECKED = Set.of(
      // Both contain retired words as samples.
      "guards/src/test/java/io/aragora/resilience/guards/WordsTest.java",
      "guards/src/test/java/io/aragora/resilience/guards/JavadocTest.java");

  private static final List<String> TEXTS = List.of(
      "resilience-health/src/main/resources/io/aragora/resilience/health/endpoint/live.html",
      "docs/prometheus/alerts.yml",
      "docs/grafana/resilience.json",
      "jcstress-tests/run.sh",
      "jmh/benchmarks");

  private static final Pattern RETIRED = Pattern.compile(
      "\\b(whoever|somebody|nobody|anybody|in a row|will not do|tak(e|es|en) (it |them )?out|streaks?"
          + "|refuses?|refusals?|hears?|turn(s|ed)? away|one too many|the last while)\\b",
      Pattern.CASE_INSENSITIVE);

  /** In names; in sentences a connection may be refused, which is what the system calls it. */
  private static final Pattern RETIRED_IN_NAMES =
      Pattern.compile(RETIRED.pattern() + "|\\b(refused)\\b", Pattern.CASE_INSENSITIVE);

  /** A line of prose in a comment, with what stands before it: no tag, item of a list or indented code. */
  private static final Pattern COMMENT = Pattern.compile("(\\s*(?:\\*|//) )([^\\s@<*-].*)");

  private static final Pattern NAME = Pattern.compile("\\b[A-Za-z]\\w*[a-z0-9_][A-Z_]\\w*\\b");

  private static final Pattern FIRST_WORD =
      Pattern.compile("/\\*\\*[\\s*]*(Gives|Tells|Makes|Names|Takes out)\\b");

  /** Names with a retired word that stay. */
  private static final Set<String> NAME_EXCEPTIONS = Set.of("connection_refused_opensTheBreaker");

  /** Text with a retired word that stays: names of users and of code, and the glossary. */
  private static final List<String> EXCEPTIONS = List.of(
      "`nobody`", // the user of an operating system
      "\"nobody\"",
      "| refuse, turn away |",
      "| streak, in a row |",
      "| take out |");

  @Test
  void sources_ofAllModules_avoidRetiredWords() throws IOException {
    List<Path> folders = sourceFolders();
    assertThat(folders).hasSizeGreaterThan(20);
    assertThat(NOT_CHECKED).allMatch(path -> Files.exists(LibraryModule.ROOT.resolve(path)));

    Set<String> findings = new TreeSet<>();
    for (Path folder : folders) {
      findings.addAll(inSources(folder));
    }

    assertThat(findings).isEmpty();
  }

  /** The folders of all sources, those of builds of their own included: they are found, not listed. */
  private static List<Path> sourceFolders() throws IOException {
    return all(path -> Files.isDirectory(path)
        && path.getParent().getParent().endsWith("src")
        && (path.endsWith("java") || path.endsWith("kotlin")));
  }

  /** All paths of the project that match, what builds write left out. */
  private static List<Path> all(Predicate<Path> matches) throws IOException {
    List<Path> found = new ArrayList<>();
    Files.walkFileTree(LibraryModule.ROOT.normalize(), new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
        if (folder.endsWith("target") || folder.endsWith(".git")) {
          return FileVisitResult.SKIP_SUBTREE;
        }
        return visitFile(folder, attributes);
      }

      @Override
      public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
        if (matches.test(path)) {
          found.add(path);
        }
        return FileVisitResult.CONTINUE;
      }
    });
    return found.stream().sorted().toList();
  }

  @Test
  void documentation_avoidsRetiredWords() throws IOException {
    Set<String> findings = new TreeSet<>();
    List<Path> pages = all(file -> file.toString().endsWith(".md")
        || file.getParent().endsWith(".ci") && !Files.isDirectory(file));
    assertThat(pages).hasSizeGreaterThan(50);
    for (Path page : pages) {
      findings.addAll(inText(page, Files.readString(page)));
    }
    for (String text : TEXTS) {
      Path file = LibraryModule.ROOT.resolve(text);
      findings.addAll(inText(file, Files.readString(file)));
    }

    assertThat(findings).isEmpty();
  }

  @Test
  void retiredWords_areFoundInCommentsAndLiterals(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("Cup.java"), """
        /** Gives a cup. */
        class Cup {
          // whoever pours
          String streak = "three in a row";
          String plain = "https://host/path";
        }
        """);

    assertThat(inSources(folder))
        .containsExactly("Cup.java:1 Gives", "Cup.java:3 whoever", "Cup.java:4 in a row");
  }

  /** A formatter that breaks a long line leaves its last words in a line of their own. */
  @Test
  void comments_haveOneMargin() throws IOException {
    Set<String> findings = new TreeSet<>();
    for (Path folder : sourceFolders()) {
      for (String ending : List.of(".java", ".kt")) {
        for (Path file : filesIn(folder, ending)) {
          for (int line : brokenLines(Files.readAllLines(file))) {
            findings.add(file.getFileName() + ":" + line);
          }
        }
      }
    }

    assertThat(findings).isEmpty();
  }

  @Test
  void brokenLines_areFound() {
    String margin = " * " + "word ".repeat(20).strip();

    assertThat(brokenLines(List.of(margin, " * and", " * so on, to the margin.")))
        .containsExactly(2);
    assertThat(brokenLines(List.of(margin, " * and so on."))).isEmpty();
    assertThat(brokenLines(List.of(margin, " * end.", " * Another sentence."))).isEmpty();
    assertThat(brokenLines(List.of(margin, " *   call();", " * }</pre>"))).isEmpty();
  }

  /** The numbers of lines of a comment that have few words although the line before is full and the sentence goes on. */
  private static List<Integer> brokenLines(List<String> lines) {
    List<Integer> found = new ArrayList<>();
    for (int i = 1; i < lines.size() - 1; i++) {
      Matcher before = COMMENT.matcher(lines.get(i - 1));
      Matcher line = COMMENT.matcher(lines.get(i));
      Matcher after = COMMENT.matcher(lines.get(i + 1));
      if (before.matches()
          && line.matches()
          && after.matches()
          && lines.get(i - 1).length() >= 90
          && lines.get(i).length() < 60
          && before.group(1).equals(line.group(1))
          && after.group(1).equals(line.group(1))
          && line.group(2).split(" ").length <= 4
          && !line.group(2).matches(".*[.:;}]")) {
        found.add(i + 1);
      }
    }
    return found;
  }

  @Test
  void names_ofAllSources_avoidRetiredWords() throws IOException {
    Set<String> findings = new TreeSet<>();
    for (Path folder : sourceFolders()) {
      for (String ending : List.of(".java", ".kt")) {
        for (Path file : filesIn(folder, ending)) {
          namesIn(Files.readString(file))
              .forEach(name -> findings.add(file.getFileName() + " " + name));
        }
      }
    }

    assertThat(findings).isEmpty();
  }

  @Test
  void retiredWords_areFoundInNames() {
    assertThat(namesIn("int failuresInARow = refused(isRefusedHere, FAIL_ON_REFUSED, inRowOrder);"))
        .containsExactly("FAIL_ON_REFUSED", "failuresInARow", "isRefusedHere");
  }

  /** The names of several words that have a retired one among them. */
  private static Set<String> namesIn(String source) {
    Set<String> found = new TreeSet<>();
    Matcher name = NAME.matcher(source);
    while (name.find()) {
      String words = name.group().replaceAll("([a-z0-9])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])", "$1$2 ");
      if (!NAME_EXCEPTIONS.contains(name.group())
          && RETIRED_IN_NAMES.matcher(words.replace('_', ' ')).find()) {
        found.add(name.group());
      }
    }
    return found;
  }

  private static Set<String> inSources(Path folder) throws IOException {
    Set<String> findings = new TreeSet<>();
    for (Path file : filesIn(folder, ".kt")) {
      findings.addAll(inText(file, Files.readString(file)));
    }
    List<Path> files = filesIn(folder, ".java");
    if (files.isEmpty()) {
      return findings;
    }
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var manager = compiler.getStandardFileManager(null, null, null)) {
      var units = manager.getJavaFileObjectsFromPaths(files);
      var task = (JavacTask) compiler.getTask(null, manager, null, null, null, units);
      SourcePositions positions = Trees.instance(task).getSourcePositions();
      for (var unit : task.parse()) {
        Path file = Path.of(unit.getSourceFile().toUri());
        String source = Files.readString(file);
        List<int[]> literals = new ArrayList<>();
        new TreeScanner<Void, Void>() {
          @Override
          public Void visitLiteral(LiteralTree literal, Void unused) {
            if (literal.getKind() == Tree.Kind.STRING_LITERAL) {
              literals.add(new int[] {
                (int) positions.getStartPosition(unit, literal),
                (int) positions.getEndPosition(unit, literal)
              });
            }
            return null;
          }
        }.scan(unit, null);
        findings.addAll(inText(file, proseOf(source, literals)));
      }
    }
    return findings;
  }

  private static List<Path> filesIn(Path folder, String ending) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all.filter(file -> file.toString().endsWith(ending))
          .filter(WordsTest::isChecked)
          .sorted()
          .toList();
    }
  }

  private static boolean isChecked(Path file) {
    return NOT_CHECKED.stream()
        .map(path -> LibraryModule.ROOT.resolve(path).normalize())
        .noneMatch(path -> file.startsWith(path));
  }

  /** The source with blanks in place of code: comments and literals stay in their lines. */
  private static String proseOf(String source, List<int[]> literals) {
    StringBuilder withoutLiterals = new StringBuilder(source);
    StringBuilder prose = new StringBuilder(source.replaceAll("[^\\n]", " "));
    for (int[] literal : literals) {
      prose.replace(literal[0], literal[1], source.substring(literal[0], literal[1]));
      withoutLiterals.replace(
          literal[0],
          literal[1],
          source.substring(literal[0], literal[1]).replaceAll("[^\\n]", " "));
    }
    Matcher comment =
        Pattern.compile("//[^\\n]*|/\\*.*?\\*/", Pattern.DOTALL).matcher(withoutLiterals);
    while (comment.find()) {
      prose.replace(comment.start(), comment.end(), comment.group());
    }
    return prose.toString();
  }

  private static Set<String> inText(Path file, String text) {
    String checked = text;
    for (String exception : EXCEPTIONS) {
      checked = checked.replace(exception, " ".repeat(exception.length()));
    }
    Set<String> findings = new TreeSet<>();
    for (Pattern pattern : List.of(RETIRED, FIRST_WORD)) {
      Matcher word = pattern.matcher(checked);
      while (word.find()) {
        long line = checked.substring(0, word.start()).lines().count();
        boolean atLineStart = word.start() == 0 || checked.charAt(word.start() - 1) == '\n';
        findings.add(
            file.getFileName() + ":" + (atLineStart ? line + 1 : line) + " " + word.group(1));
      }
    }
    return findings;
  }
}
