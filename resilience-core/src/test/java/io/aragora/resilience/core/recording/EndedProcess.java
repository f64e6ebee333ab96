package io.aragora.resilience.core.recording;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The exit code and the output of a command. */
record EndedProcess(int exit, String output) {
  private static final long LIMIT_SECONDS = 120;

  static EndedProcess of(List<String> command, Path folder) throws InterruptedException {
    Path output = folder.resolve("output.txt");
    try {
      Process process = new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(output.toFile())
          .start();
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException("did not end: " + command);
      }
      return new EndedProcess(process.exitValue(), Files.readString(output, UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
