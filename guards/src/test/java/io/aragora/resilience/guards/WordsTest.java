package io.aragora.resilience.guards;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Rejects words that the language of this project avoids ({@code CONTRIBUTING.md}) in comments and string literals of main
 * sources, and in the documentation. {@link #SWEPT} lists the modules whose sources are covered.
 */
class WordsTest {
  /** The modules whose comments and messages follow the rules. Add a module once it does. */
  private static final Set<String> SWEPT = Set.of("resilience-api");

  private static final Pattern RETIRED = Pattern.compile(
      "\\b(whoever|somebody|nobody|anybody|in a row|will not do|tak(e|es|en) (it |them )?out|streaks?)\\b",
      Pattern.CASE_INSENSITIVE);

  private static final Pattern FIRST_WORD =
      Pattern.compile("/\\*\\*[\\s*]*(Gives|Tells|Makes|Names|Takes out)\\b");

  /** Text with a retired word that stays: names of users and of code, and the glossary. */
  private static final List<String> EXCEPTIONS = List.of(
      "`nobody`", // the user of an operating system
      "`OutcomeWindow.streak`",
      "| streak, in a row |",
      "| take out |");

  @Test
  void sources_ofSweptModules_avoidRetiredWords() throws IOException {
    Set<String> findings = new TreeSet<>();
    Set<String> swept = new TreeSet<>();
    for (LibraryModule module : LibraryModule.all()) {
      if (SWEPT.contains(module.artifact())) {
        swept.add(module.artifact());
        findings.addAll(inSources(module.sources()));
      }
    }

    assertThat(swept).isEqualTo(new TreeSet<>(SWEPT));
    assertThat(findings).isEmpty();
  }

  @Test
  void documentation_avoidsRetiredWords() throws IOException {
    Set<String> findings = new TreeSet<>();
    try (Stream<Path> docs = Files.list(LibraryModule.ROOT.resolve("docs"));
        Stream<Path> root = Files.list(LibraryModule.ROOT)) {
      List<Path> pages = Stream.concat(docs, root)
          .filter(file -> file.toString().endsWith(".md"))
          .filter(file -> !file.endsWith("CHANGELOG.md"))
          .toList();
      assertThat(pages).hasSizeGreaterThan(10);
      for (Path page : pages) {
        findings.addAll(inText(page, Files.readString(page)));
      }
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

  private static Set<String> inSources(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder)) {
      files = all.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
    Set<String> findings = new TreeSet<>();
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
