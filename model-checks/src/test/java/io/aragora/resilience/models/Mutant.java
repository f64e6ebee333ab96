package io.aragora.resilience.models;

import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * A change in one class of core, which a check has to find. The package of the class and the checks of that package are compiled
 * again, with the change and under another name: the checkers know classes by their names.
 *
 * @param name the name of the copy, a Java identifier that says what is broken
 * @param type the class that is changed, by its simple name; it is in the package of the check
 * @param shipped the text of the class that is replaced, which occurs in it once; white space does not matter
 * @param broken the text in its place
 * @param scenario the number of the scenario of its model that shows it, from 0 on; {@link #ANY} if one of them does
 */
record Mutant(String name, String type, String shipped, String broken, int scenario) {
  /** No scenario is known that shows the change. */
  static final int ANY = -1;

  private static final Path CORE =
      Path.of(System.getProperty("root.folder"), "resilience-core/src/main/java");
  private static final Path CHECKS =
      Path.of(System.getProperty("root.folder"), "model-checks/src/test/java");

  Mutant(String name, String type, String shipped, String broken) {
    this(name, type, shipped, broken, ANY);
  }

  /** Returns the same mutant, with the number of the scenario that shows it. */
  Mutant in(int number) {
    return new Mutant(name, type, shipped, broken, number);
  }

  /**
   * Returns the check of the broken class, which was compiled.
   *
   * @param check the check of the shipped class
   * @return its copy
   */
  Class<?> load(Class<?> check) {
    try {
      return Class.forName(copyOf(check.getPackageName()) + '.' + check.getSimpleName());
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  /** Returns the name of the copied package. With the type: two classes may be broken in ways of the same name. */
  private String copyOf(String original) {
    return original + '.' + name + type;
  }

  /**
   * Returns the sources of the copy.
   *
   * @param check the check of the shipped class
   * @return the sources, with the change in one of them
   */
  List<JavaFileObject> sources(Class<?> check) {
    String original = check.getPackageName();
    String copy = copyOf(original);
    List<JavaFileObject> sources = new ArrayList<>();
    boolean isChanged = false;
    for (Path file : sourcesOf(original)) {
      String source = read(file);
      if (file.getFileName().toString().equals(type + ".java")) {
        source = changed(source);
        isChanged = true;
      }
      source = source
          .replace(original + ".", copy + ".")
          .replace("package " + original + ";", "package " + copy + ";");
      sources.add(new Source(copy + '.' + file.getFileName(), source));
    }
    if (!isChanged) {
      throw new AssertionError("mutant '" + name + "': there is no " + type + " in " + original);
    }
    return sources;
  }

  /** Returns the source with the change. White space does not matter, so that the formatter does not. */
  private String changed(String source) {
    String words =
        Arrays.stream(shipped.strip().split("\\s+")).map(Pattern::quote).collect(joining("\\s+"));
    Matcher matcher = Pattern.compile(words).matcher(source);
    if (!matcher.find()) {
      throw new AssertionError(failure("is missing"));
    }
    String changed =
        source.substring(0, matcher.start()) + broken + source.substring(matcher.end());
    if (matcher.find()) {
      throw new AssertionError(failure("occurs twice"));
    }
    return changed;
  }

  private String failure(String what) {
    return "mutant '" + name + "': its text " + what + " in " + type
        + "; change the mutant with the class:\n" + shipped;
  }

  private static List<Path> sourcesOf(String name) {
    List<Path> files = new ArrayList<>();
    for (Path root : List.of(CORE, CHECKS)) {
      Path folder = root.resolve(name.replace('.', '/'));
      if (Files.isDirectory(folder)) {
        try (Stream<Path> all = Files.list(folder)) {
          all.filter(file -> file.toString().endsWith(".java")).forEach(files::add);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
    return files;
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Compiles copies into the folder of the checks: that is on the class path. All at once takes a fraction of the time.
   *
   * @param sources the sources of all copies
   */
  static void compile(List<JavaFileObject> sources) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    List<String> options =
        List.of("-proc:none", "-nowarn", "-d", folderOfChecks().toString());
    if (!compiler.getTask(messages, null, null, options, null, sources).call()) {
      throw new AssertionError("a mutant does not compile: " + messages);
    }
  }

  private static Path folderOfChecks() {
    try {
      return Path.of(
          Mutant.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public String toString() {
    return name;
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String name, String text) {
      super(
          URI.create("string:///" + name.replace(".java", "").replace('.', '/') + ".java"),
          Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
