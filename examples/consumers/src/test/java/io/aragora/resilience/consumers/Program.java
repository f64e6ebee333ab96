package io.aragora.resilience.consumers;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The output of a process that has ended; its errors are without its log lines at INFO. */
record Program(int exitCode, List<String> output, List<String> errors) {
  private static final long PATIENCE_SECONDS = 120;

  /** A word of a command line: single quotes keep blanks together. */
  private static final Pattern WORD = Pattern.compile("(?:'[^']*'|[^' ])+");

  /** The second line of a record as the JDK logs it; the first says when and where. */
  private static final String LOGGED = "INFO: ";

  /**
   * Runs a line of the documentation in the folder of a project, to its end. The first word is a tool of the JDK that runs the
   * tests, or a file in that folder.
   */
  static Program run(Path folder, String line) throws IOException, InterruptedException {
    List<String> command = WORD.matcher(line)
        .results()
        .map(word -> word.group().replace("'", ""))
        .collect(Collectors.toCollection(ArrayList::new));
    Path tool = Path.of(System.getProperty("java.home"), "bin", command.get(0));
    Path program = Files.exists(tool) ? tool : folder.resolve(command.get(0));
    command.set(0, program.toAbsolutePath().toString());
    Path output = folder.resolve("target").resolve("output.txt");
    Path errors = folder.resolve("target").resolve("errors.txt");
    ProcessBuilder builder = new ProcessBuilder(command)
        .directory(folder.toFile())
        .redirectOutput(output.toFile())
        .redirectError(errors.toFile());
    builder.environment().put("LC_ALL", "C");
    builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
    Process process = builder.start();
    try {
      assertThat(process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS))
          .as("%s ends within %d s", command, PATIENCE_SECONDS)
          .isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Program(
        process.exitValue(), Files.readAllLines(output), withoutLogOf(Files.readAllLines(errors)));
  }

  private static List<String> withoutLogOf(List<String> lines) {
    List<String> rest = new ArrayList<>(lines);
    for (int i = rest.size() - 1; i > 0; i--) {
      if (rest.get(i).startsWith(LOGGED)) {
        rest.subList(i - 1, i + 1).clear();
        i--;
      }
    }
    return rest;
  }

  /** Asserts that the process ended with exit code 0 and without warnings. */
  Program isWell() {
    assertThat(errors).as("standard error, beside %s", output).isEmpty();
    assertThat(exitCode).as("exit code, beside %s", output).isZero();
    return this;
  }
}
