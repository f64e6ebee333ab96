package io.aragora.resilience.guards;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionStatementTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LambdaExpressionTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Assertions that cannot fail: nothing is asserted after {@code assertThat}, or after {@code
 * failsWithin}, which passes for a future that has not ended in time.
 */
class AssertionsTest {
  /** Methods of assertions that check nothing by themselves. */
  private static final Set<String> CHECK_NOTHING = Set.of(
      "assertThat",
      "as",
      "asString",
      "describedAs",
      "extracting",
      "failsWithin",
      "filteredOn",
      "flatExtracting",
      "map",
      "overridingErrorMessage",
      "rootCause",
      "usingRecursiveComparison",
      "withFailMessage",
      "withThrowableThat");

  @Test
  void assertions_ofAllTests_canFail() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(LibraryModule.ROOT.normalize())) {
      files = all.filter(file -> file.toString().endsWith(".java"))
          .filter(file -> file.toString().contains("/src/test/java/"))
          .sorted()
          .toList();
    }
    assertThat(files).hasSizeGreaterThan(400);

    assertThat(emptyIn(files)).isEmpty();
  }

  @Test
  void emptyAssertions_areFound(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("CupTest.java");
    Files.writeString(file, """
        class CupTest {
          void fills() {
            assertThat(cup);
            assertThat(cup).isFull();
            assertThat(cup.later()).as("later").failsWithin(Duration.ofSeconds(1));
            assertThat(cup.later()).failsWithin(Duration.ofSeconds(1)).withThrowableOfType(E.class);
            run(() -> assertThat(cup.isFull()).as("full"));
          }
        }
        """);

    assertThat(emptyIn(List.of(file)))
        .containsExactly(
            "CupTest.java:3 assertThat", "CupTest.java:5 failsWithin", "CupTest.java:7 as");
  }

  private static Set<String> emptyIn(List<Path> files) throws IOException {
    Set<String> found = new TreeSet<>();
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var manager = compiler.getStandardFileManager(null, null, null)) {
      var units = manager.getJavaFileObjectsFromPaths(files);
      var task = (JavacTask) compiler.getTask(null, manager, null, null, null, units);
      SourcePositions positions = Trees.instance(task).getSourcePositions();
      for (CompilationUnitTree unit : task.parse()) {
        new TreeScanner<Void, Void>() {
          @Override
          public Void visitExpressionStatement(ExpressionStatementTree statement, Void unused) {
            check(statement.getExpression());
            return super.visitExpressionStatement(statement, unused);
          }

          @Override
          public Void visitLambdaExpression(LambdaExpressionTree lambda, Void unused) {
            check(lambda.getBody());
            return super.visitLambdaExpression(lambda, unused);
          }

          private void check(Tree whole) {
            if (whole instanceof MethodInvocationTree call
                && CHECK_NOTHING.contains(nameOf(call))
                && isAssertion(call)) {
              long line = unit.getLineMap().getLineNumber(positions.getStartPosition(unit, whole));
              Path file = Path.of(unit.getSourceFile().toUri());
              found.add(file.getFileName() + ":" + line + " " + nameOf(call));
            }
          }
        }.scan(unit, null);
      }
    }
    return found;
  }

  private static String nameOf(MethodInvocationTree call) {
    ExpressionTree method = call.getMethodSelect();
    return method instanceof MemberSelectTree member
        ? member.getIdentifier().toString()
        : ((IdentifierTree) method).getName().toString();
  }

  /** Whether a chain of calls begins with {@code assertThat}. */
  private static boolean isAssertion(MethodInvocationTree call) {
    if (nameOf(call).equals("assertThat")) {
      return true;
    }
    return call.getMethodSelect() instanceof MemberSelectTree member
        && member.getExpression() instanceof MethodInvocationTree before
        && isAssertion(before);
  }
}
