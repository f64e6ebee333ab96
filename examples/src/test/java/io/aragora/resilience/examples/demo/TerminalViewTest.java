package io.aragora.resilience.examples.demo;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TerminalViewTest {
  private static final String ESC = "\u001b[";

  private final ByteArrayOutputStream written = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(written, true, UTF_8);

  @Test
  void panel_openBreaker_tellsStateRatesAndLatencies() {
    String panel = String.join("\n", TerminalView.panel(Readings.open(Duration.ofSeconds(10))))
        .replaceAll("\u001b\\[\\d+m", "");

    assertThat(panel)
        .contains("[####################....................] 10.0 s of 20.0 s")
        .contains("OPEN  failure threshold, next probe in 1.4 s, opened 3 times")
        .contains("served 2", "timed out 1", "rejected 50")
        .contains("served 4", "timed out 2", "rejected 100")
        .contains("admitted p50 8.1 ms p99 193 ms   rejected p50 0.008 ms p99 0.008 ms");
  }

  @Test
  void panel_pastTheEnd_barIsFull() {
    assertThat(TerminalView.panel(Readings.open(Duration.ofSeconds(25))).get(0))
        .contains("[########################################]");
  }

  @Test
  void show_secondPanel_isDrawnOverTheFirst() {
    TerminalView view = new TerminalView(out, true);
    view.show(Readings.start());
    assertThat(written.toString(UTF_8)).doesNotContain(ESC + "6F");
    written.reset();

    view.show(Readings.open(Duration.ofSeconds(1)));

    assertThat(written.toString(UTF_8)).startsWith(ESC + "6F" + ESC + "J");
  }

  @Test
  void show_tooSoon_drawsNothing() {
    TerminalView view = new TerminalView(out, true);
    view.show(Readings.start());
    written.reset();

    view.show(Readings.open(Duration.ofMillis(199)));

    assertThat(written.size()).isZero();
  }

  @Test
  void print_lineThatStays_goesAboveThePanel() {
    TerminalView view = new TerminalView(out, true);
    view.show(Readings.start());
    written.reset();

    view.print("a line");

    assertThat(written.toString(UTF_8))
        .startsWith(ESC + "6F" + ESC + "Ja line" + System.lineSeparator())
        .contains("CLOSED");
  }

  @Test
  void settle_linesToCome_goBelowThePanel() {
    TerminalView view = new TerminalView(out, true);
    view.show(Readings.start());
    view.settle();
    written.reset();

    view.print("a line");

    assertThat(written.toString(UTF_8)).isEqualTo("a line" + System.lineSeparator());
  }

  @Test
  void mark_terminalWithoutTheSigns_usesLetters() {
    assertThat(new TerminalView(out, true).mark(true)).contains("\u2714");
    assertThat(new TerminalView(out, true).mark(false)).contains("\u2718");
    assertThat(new TerminalView(out, false).mark(true)).contains("[ok]");
    assertThat(new TerminalView(out, false).mark(false)).contains("[FAILED]");
  }
}
