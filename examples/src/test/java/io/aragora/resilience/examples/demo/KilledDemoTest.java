package io.aragora.resilience.examples.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.examples.ChildJvm;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo, killed as {@code kill -9} does while its breaker is open, and started again. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class KilledDemoTest {
  @TempDir
  Path folder;

  private Process start() throws IOException {
    return ChildJvm.start(
        Demo.class,
        folder,
        List.of("-Ddemo.seconds=5", "-Ddemo.cooldown=60", "-Ddemo.dir=" + folder));
  }

  @Test
  void killedWhileOpen_isStillOpen() throws Exception {
    List<String> said = new ArrayList<>();
    Process killed = start();
    try (BufferedReader lines = killed.inputReader(StandardCharsets.UTF_8)) {
      readUntil("-> open", lines, said);
      StateFile state = StateFile.in(folder);
      while (state.leftBehind().isEmpty()) {
        Thread.onSpinWait();
      }
    } finally {
      killed.destroyForcibly().waitFor();
    }
    assertThat(killed.exitValue()).as("not by itself").isNotIn(0, 1, 2);

    assertThat(StateFile.in(folder).leftBehind())
        .get()
        .satisfies(row -> assertThat(row.state()).isEqualTo(CircuitBreakerState.OPEN));
    said.clear();
    Process again = start();
    try (BufferedReader lines = again.inputReader(StandardCharsets.UTF_8)) {
      readUntil("A new runtime", lines, said);
      assertThat(said)
          .anyMatch(line -> line.startsWith("An earlier run ended"))
          .anyMatch(line -> line.contains("the breaker is OPEN (restored, next probe in "));
    } finally {
      again.destroyForcibly().waitFor();
    }
  }

  private static void readUntil(String text, BufferedReader lines, List<String> said)
      throws IOException {
    String line = "";
    while (!line.contains(text)) {
      line = lines.readLine();
      assertThat(line).as(() -> "the demo ended: " + said).isNotNull();
      said.add(line);
    }
  }
}
