package io.aragora.resilience.guards;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.doctree.DocTree;
import com.sun.source.doctree.ParamTree;
import com.sun.source.doctree.ReturnTree;
import com.sun.source.doctree.ThrowsTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.ThrowTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.TypeParameterTree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.TreeScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The rules for Javadoc of exported packages: a comment, every parameter, the result, declared exceptions; thread-safety of types,
 * errors that no signature shows and those of parameters with a range, ranges and defaults of settings, units of long and fractional
 * numbers. doclint would ask for tags that repeat what is there: a setter needs no {@code @return this builder}, and one that links
 * the accessor of its value no {@code @param}. It parses sources without resolving names.
 */
class JavadocTest {
  private static final Pattern THREADS =
      words("\\w*threads?|thread-safe|immutable|stateless|no state");
  private static final Pattern UNCHANGING = words("immutable|unmodifiable");
  private static final Pattern DEFAULT = words("defaults?|unless|none|without|as well");
  private static final Pattern RANGE = words("\\d+|positive|negative|blank|LONGEST");
  private static final Pattern LIMITED = words(
      "at least|at most|positive|between|not (negative|blank|empty)|in [\\[(]\\d+|\\d+ to \\d+");
  private static final Pattern UNCHECKED = words("checks\\s+nothing|not\\s+checked");
  private static final Pattern UNIT = words(
      "\\w*(nanos\\w*|micros\\w*|millis\\w*|seconds|bytes)|unit|percent|share|factor"
          + "|calls|attempts|retries|failures|successes|reports|checks|keys|permit|number|counts?|how (many|often)|0, 1");
  private static final Set<String> NUMBERS = Set.of("long", "double");

  private static Pattern words(String alternatives) {
    return Pattern.compile("\\b(" + alternatives + ")\\b", Pattern.CASE_INSENSITIVE);
  }

  @Test
  void exportedMembers_sayWhatSignaturesDoNot() throws IOException {
    List<Path> sources = new ArrayList<>();
    for (LibraryModule module : LibraryModule.all()) {
      for (var exported : module.descriptor().exports()) {
        if (exported.isQualified()) {
          continue; // to modules of the library only
        }
        Path folder = module.sources().resolve(exported.source().replace('.', '/'));
        try (Stream<Path> files = Files.list(folder)) {
          files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
        }
      }
    }
    assertThat(sources).hasSizeGreaterThan(100);

    assertThat(new Audit().of(sources)).isEmpty();
  }

  @Test
  void whatIsMissing_isFound(@TempDir Path folder) throws IOException {
    Path source = folder.resolve("CupBuilder.java");
    Files.writeString(source, """
        /** Makes cups. */
        public class CupBuilder {
          /**
           * Sets the size.
           * @param size how big
           */
          public CupBuilder size(double size) {
            if (size < 0) { throw new IllegalStateException(); }
            this.size = Setting.inRange("size", 0, 1, size);
            return this;
          }
          /**
           * Full ones.
           * @param cups which
           */
          public record Full(List<Cup> cups) {}
          /** Any thread may pour. */
          public interface Pot {
            /**
             * Pours.
             * @param cups at
             *     least 1
             */
            void pour(int cups);
            /**
             * Pours, and checks nothing.
             * @param cups in [1, 10]
             */
            void spill(int cups);
            /** Pours. */
            <T> T pourInto(T cup) throws Overflow;
            int size();
          }
          public enum Kind { TEA }
          /** Collects. */
          public static final class Builder {
            /** Sets {@link CupBuilder#kind}. Default tea. */
            public Builder kind(Kind kind) { return this; }
            /** Sets how full. Default full. */
            public Builder level(int level) { return this; }
          }
        }
        """);

    assertThat(new Audit().of(List.of(source)))
        .containsExactly(
            "Builder says nothing of threads",
            "Builder.level does not describe level",
            "CupBuilder says nothing of threads",
            "CupBuilder.size does not say the range of size",
            "CupBuilder.size does not say what the default is",
            "CupBuilder.size does not say when it throws [IllegalArgumentException, IllegalStateException]",
            "CupBuilder.size.size does not say its unit",
            "Full does not say that cups is unmodifiable",
            "Kind has no comment",
            "Kind.TEA has no comment",
            "Pot.pour does not say when it throws [IllegalArgumentException]",
            "Pot.pourInto does not describe <T>",
            "Pot.pourInto does not describe cup",
            "Pot.pourInto does not describe its result",
            "Pot.pourInto does not say when it throws [Overflow]",
            "Pot.size has no comment");
  }

  private static final class Audit extends TreePathScanner<Void, Boolean> {
    private final Set<String> findings = new TreeSet<>();
    private DocTrees docs;

    Set<String> of(List<Path> sources) throws IOException {
      var compiler = ToolProvider.getSystemJavaCompiler();
      try (var files = compiler.getStandardFileManager(null, null, null)) {
        var units = files.getJavaFileObjectsFromPaths(sources);
        var task = (JavacTask) compiler.getTask(null, files, null, null, null, units);
        docs = DocTrees.instance(task);
        task.parse().forEach(unit -> scan(unit, false));
      }
      return findings;
    }

    @Override
    public Void visitClass(ClassTree type, Boolean outerTellsOfThreads) {
      if (!isExported(type.getModifiers())) {
        return null;
      }
      DocCommentTree comment = docs.getDocCommentTree(getCurrentPath());
      String name = type.getSimpleName().toString();
      expect(comment != null, name, "has no comment");
      if (comment == null) {
        return super.visitClass(type, outerTellsOfThreads);
      }
      type.getTypeParameters().forEach(parameter -> expectTypeParameter(name, comment, parameter));
      boolean tells = outerTellsOfThreads || THREADS.matcher(comment.toString()).find();
      switch (type.getKind()) {
        case CLASS, INTERFACE ->
          expect(tells || name.endsWith("Exception"), name, "says nothing of threads");
        case RECORD ->
          type.getMembers().stream()
              .filter(VariableTree.class::isInstance)
              .map(VariableTree.class::cast)
              .filter(field -> !field.getModifiers().getFlags().contains(Modifier.STATIC))
              .forEach(component -> auditComponent(name, comment, component));
        default -> {}
      }
      return super.visitClass(type, tells);
    }

    @Override
    public Void visitVariable(VariableTree field, Boolean unused) {
      boolean isConstant = getCurrentPath().getParentPath().getLeaf() instanceof ClassTree owner
          && owner.getKind() != Tree.Kind.RECORD
          && isExported(field.getModifiers());
      if (isConstant) {
        String owner = ((ClassTree) getCurrentPath().getParentPath().getLeaf())
            .getSimpleName()
            .toString();
        expect(
            docs.getDocCommentTree(getCurrentPath()) != null,
            owner + "." + field.getName(),
            "has no comment");
      }
      return null;
    }

    private void expectTypeParameter(
        String name, DocCommentTree comment, TypeParameterTree parameter) {
      expect(
          tags(comment, ParamTree.class)
              .anyMatch(tag -> tag.isTypeParameter()
                  && tag.getName().toString().equals(parameter.getName().toString())),
          name,
          "does not describe <" + parameter.getName() + ">");
    }

    private static boolean overrides(MethodTree method) {
      return method.getModifiers().getAnnotations().stream()
          .anyMatch(annotation -> annotation.getAnnotationType().toString().equals("Override"));
    }

    /** A comment, every parameter and the result. */
    private void auditParts(
        String owner, String name, MethodTree method, @Nullable DocCommentTree comment) {
      expect(comment != null || overrides(method), name, "has no comment");
      if (comment == null || overrides(method)) {
        return;
      }
      String result = Objects.toString(method.getReturnType());
      boolean isSetter =
          owner.endsWith("Builder") && result.replaceAll("<.*", "").equals(owner);
      boolean linksItsValue = comment.getFirstSentence().stream()
          .map(DocTree::toString)
          .collect(Collectors.joining())
          .startsWith("Sets {@link ");
      method
          .getTypeParameters()
          .forEach(parameter -> expectTypeParameter(name, comment, parameter));
      for (VariableTree parameter : method.getParameters()) {
        expect(
            isSetter && linksItsValue || !parameter(comment, parameter).isEmpty(),
            name,
            "does not describe " + parameter.getName());
      }
      boolean isVoid = method.getReturnType() == null || result.equals("void");
      expect(
          isVoid || isSetter || !result(comment).isEmpty(), name, "does not describe its result");
    }

    private void auditComponent(String name, DocCommentTree comment, VariableTree component) {
      String told = parameter(comment, component);
      expect(!told.isEmpty(), name, "does not describe " + component.getName());
      auditUnit(name + "." + component.getName(), component.getType(), told);
      boolean changes = component.getType().toString().matches("(List|Map|Set|Collection)<.*");
      expect(
          !changes || UNCHANGING.matcher(told).find(),
          name,
          "does not say that " + component.getName() + " is unmodifiable");
    }

    @Override
    public Void visitMethod(MethodTree method, Boolean unused) {
      DocCommentTree comment = docs.getDocCommentTree(getCurrentPath());
      if (!isExported(method.getModifiers())) {
        return null;
      }
      String owner = ((ClassTree) getCurrentPath().getParentPath().getLeaf())
          .getSimpleName()
          .toString();
      String name = owner + "." + method.getName();
      auditParts(owner, name, method, comment);
      if (comment == null) {
        return null;
      }
      Set<String> thrown = thrownBy(method);
      if (!overrides(method)) {
        method.getThrows().forEach(declared -> thrown.add(declared.toString()));
      }
      if (isLimited(method, comment)) {
        thrown.add("IllegalArgumentException");
      }
      tags(comment, ThrowsTree.class)
          .forEach(tag -> thrown.remove(tag.getExceptionName().toString()));
      expect(thrown.isEmpty(), name, "does not say when it throws " + thrown);
      for (VariableTree parameter : method.getParameters()) {
        String told = parameter(comment, parameter);
        if (!told.isEmpty()) {
          auditUnit(name + "." + parameter.getName(), parameter.getType(), told);
        }
        expect(
            !isChecked(method, parameter) || RANGE.matcher(told).find(),
            name,
            "does not say the range of " + parameter.getName());
      }
      String result = Objects.toString(method.getReturnType());
      auditUnit(name, method.getReturnType(), result(comment));
      expect(
          !(owner.endsWith("Builder")
                  && result.equals(owner)
                  && method.getParameters().size() == 1)
              || DEFAULT.matcher(comment.getFullBody().toString()).find(),
          name,
          "does not say what the default is");
      return null;
    }

    private void auditUnit(String name, Tree type, String told) {
      expect(
          !NUMBERS.contains(Objects.toString(type))
              || UNIT.matcher(name + " " + told).find(),
          name,
          "does not say its unit");
    }

    private static Set<String> thrownBy(MethodTree method) {
      Set<String> thrown = new TreeSet<>();
      new TreeScanner<Void, Void>() {
        @Override
        public Void visitThrow(ThrowTree statement, Void unused) {
          if (statement.getExpression() instanceof NewClassTree creation) {
            thrown.add(creation.getIdentifier().toString());
          }
          return super.visitThrow(statement, unused);
        }

        @Override
        public Void visitMethodInvocation(MethodInvocationTree call, Void unused) {
          if (call.getMethodSelect().toString().matches("Setting\\.\\w+")) {
            thrown.add("IllegalArgumentException");
          }
          return super.visitMethodInvocation(call, unused);
        }
      }.scan(method.getBody(), null);
      return thrown;
    }

    /** Returns whether a parameter has a range, judged by its description, since a method of an interface has no body. */
    private static boolean isLimited(MethodTree method, DocCommentTree comment) {
      return !UNCHECKED.matcher(comment.getFullBody().toString()).find()
          && method.getParameters().stream()
              .anyMatch(
                  parameter -> LIMITED.matcher(parameter(comment, parameter)).find());
    }

    /** Whether {@code Setting} checks it in the method itself. */
    private static boolean isChecked(MethodTree method, VariableTree parameter) {
      String check = "Setting\\.\\w+\\([^;]*\\b" + parameter.getName() + "\\)";
      return Pattern.compile(check).matcher(Objects.toString(method.getBody())).find();
    }

    private static String parameter(DocCommentTree comment, VariableTree parameter) {
      return text(tags(comment, ParamTree.class)
          .filter(tag -> tag.getName().toString().equals(parameter.getName().toString())));
    }

    /** The block tag, or the first sentence if that is an inline {@code @return}. */
    private static String result(DocCommentTree comment) {
      String body = comment.getFullBody().toString();
      return body.startsWith("{@return")
          ? body.replaceAll("\\s+", " ")
          : text(tags(comment, ReturnTree.class));
    }

    private static <T extends DocTree> Stream<T> tags(DocCommentTree comment, Class<T> type) {
      return comment.getBlockTags().stream().filter(type::isInstance).map(type::cast);
    }

    private static String text(Stream<? extends DocTree> tags) {
      return tags.map(DocTree::toString).collect(Collectors.joining()).replaceAll("\\s+", " ");
    }

    private boolean isExported(ModifiersTree modifiers) {
      Set<Modifier> flags = modifiers.getFlags();
      Tree outer = getCurrentPath().getParentPath().getLeaf();
      return flags.contains(Modifier.PUBLIC)
          || flags.contains(Modifier.PROTECTED)
          || outer.getKind() == Tree.Kind.INTERFACE && !flags.contains(Modifier.PRIVATE);
    }

    private void expect(boolean holds, String name, String otherwise) {
      if (!holds) {
        findings.add(name + " " + otherwise);
      }
    }
  }
}
