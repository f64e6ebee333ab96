package io.aragora.resilience.persistence.sqlite;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A second JVM on the class path of this one, whose temporary files stay in a folder of the test. */
final class ChildJvm implements AutoCloseable {
  static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

  private final Process process;
  private final BufferedReader output;
  private final BufferedWriter input;
  private final Path errors;

  private ChildJvm(Process process, Path errors) {
    this.process = process;
    this.output = process.inputReader(StandardCharsets.UTF_8);
    this.input = process.outputWriter(StandardCharsets.UTF_8);
    this.errors = errors;
  }

  static ChildJvm start(Class<?> main, Path folder, List<String> options, String... arguments)
      throws IOException {
    return start(List.of(), main, folder, options, arguments);
  }

  /**
   * Starts the JVM by another command, which receives the JVM's command line as arguments.
   *
   * @param starter the command
   */
  static ChildJvm start(
      List<String> starter, Class<?> main, Path folder, List<String> options, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(starter);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-Djava.io.tmpdir=" + folder);
    command.add("-Xshare:auto");
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(options);
    command.add("-cp");
    command.add(classPath());
    command.add(main.getName());
    command.addAll(List.of(arguments));
    Path errors = Files.createTempFile(folder, "child", ".err");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    return new ChildJvm(builder.start(), errors);
  }

  private static String classPath() throws IOException {
    return Stream.of(
            testClasses(),
            System.getProperty("jdk.module.path", ""),
            System.getProperty("java.class.path", ""))
        .filter(entry -> !entry.isEmpty())
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** The folder that is patched into the module here, and on no path by itself. */
  private static String testClasses() throws IOException {
    String resource = ChildJvm.class.getName().replace('.', '/') + ".class";
    try {
      Path file = Path.of(Objects.requireNonNull(
              ChildJvm.class.getResource(ChildJvm.class.getSimpleName() + ".class"))
          .toURI());
      return file.toString().substring(0, file.toString().length() - resource.length());
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }

  /** Returns the next line, or null at the end of the output. */
  @Nullable
  String line() throws IOException {
    return output.readLine();
  }

  /** Returns the next line of a child that is to go on. */
  String nextLine() throws IOException {
    String line = line();
    if (line == null) {
      throw new AssertionError("the child ended by itself: " + errors());
    }
    return line;
  }

  /** Returns a line to the child, and what it answers. */
  String ask(String line) throws IOException {
    send(line);
    return nextLine();
  }

  void send(String line) throws IOException {
    input.write(line);
    input.newLine();
    input.flush();
  }

  /** Asks the JVM to end, as an operator or a container does. */
  void terminate() throws InterruptedException {
    process.toHandle().destroy();
    process.waitFor();
  }

  /** Kills the JVM: no shutdown hook, no finally, no flush. */
  void kill() throws InterruptedException {
    // By its handle: the process object would close the output, and lose what was printed last.
    process.toHandle().destroyForcibly();
    process.waitFor();
  }

  int exitCode() throws InterruptedException {
    return process.waitFor();
  }

  String errors() throws IOException {
    return Files.readString(errors);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
