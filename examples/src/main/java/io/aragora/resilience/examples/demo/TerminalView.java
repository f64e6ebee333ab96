package io.aragora.resilience.examples.demo;

import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * A panel at the bottom of the terminal, redrawn five times a second; permanent lines scroll above it. Long lines are
 * cut, not wrapped, since the cursor would have to go back over each wrapped line.
 */
final class TerminalView implements View {
  static final char TICK = '\u2714';
  private static final char CROSS = '\u2718';

  private static final Duration INTERVAL = Duration.ofMillis(200);
  private static final int BAR = 40;
  private static final double P99 = 99;

  private static final String ESC = "\u001b[";
  private static final String NO_WRAP = ESC + "?7l";
  private static final String WRAP = ESC + "?7h";
  private static final String CLEAR_TO_END = ESC + "J";
  private static final String GREEN = ESC + "32m";
  private static final String RED = ESC + "31m";
  private static final String YELLOW = ESC + "33m";
  private static final String BOLD = ESC + "1m";
  private static final String RESET = ESC + "0m";

  private final PrintStream out;
  private final boolean ticks;
  private Duration nextPanel = Duration.ZERO;
  private List<String> panel = List.of();

  /**
   * Creates a view that has drawn nothing yet.
   *
   * @param out a terminal
   * @param ticks whether it can show ✔ and ✘
   */
  TerminalView(PrintStream out, boolean ticks) {
    this.out = out;
    this.ticks = ticks;
  }

  @Override
  public void show(Reading reading) {
    if (reading.elapsed().compareTo(nextPanel) >= 0) {
      nextPanel = reading.elapsed().plus(INTERVAL);
      String above = toTopOfPanel();
      panel = panel(reading);
      out.print(above + text(panel));
      out.flush();
    }
  }

  @Override
  public void print(String line) {
    String above = toTopOfPanel();
    out.print(above + line + System.lineSeparator() + text(panel));
    out.flush();
  }

  @Override
  public void settle() {
    panel = List.of();
  }

  private String toTopOfPanel() {
    return panel.isEmpty() ? "" : ESC + panel.size() + "F" + CLEAR_TO_END;
  }

  private static String text(List<String> lines) {
    return lines.isEmpty()
        ? ""
        : NO_WRAP + String.join(System.lineSeparator(), lines) + WRAP + System.lineSeparator();
  }

  static List<String> panel(Reading reading) {
    Score recent = reading.recent();
    return List.of(
        bar(reading) + " " + Figures.seconds(reading.elapsed()) + " of "
            + Figures.seconds(reading.length()),
        " act         " + BOLD + reading.act() + RESET + "  " + reading.scene(),
        " breaker     " + colour(reading.breaker()) + Figures.state(reading.breaker()) + RESET
            + "  " + Figures.reason(reading.breaker()) + ", opened " + reading.opened() + " times",
        " per second " + counts(reading::perSecond),
        " in all     " + counts(outcome -> Long.toString(reading.total().count(outcome))),
        " latency     admitted " + latency(recent.admitted()) + "   rejected "
            + latency(recent.of(Outcome.REJECTED)));
  }

  private static String bar(Reading reading) {
    double share = (double) reading.elapsed().toNanos() / reading.length().toNanos();
    int done = (int) (BAR * Math.min(1, share));
    return " [" + "#".repeat(done) + ".".repeat(BAR - done) + "]";
  }

  private static String counts(Function<Outcome, String> number) {
    StringBuilder line = new StringBuilder();
    for (Outcome outcome : Outcome.values()) {
      line.append(String.format(Locale.ROOT, " %s %-7s", outcome.text(), number.apply(outcome)));
    }
    return line.toString();
  }

  private static String latency(Latencies latencies) {
    return latencies.count() == 0
        ? "-"
        : "p50 " + Figures.latency(latencies.median()) + " p99 "
            + Figures.latency(latencies.percentile(P99));
  }

  private static String colour(CircuitBreakerSnapshot breaker) {
    return switch (breaker.state()) {
      case CLOSED, METRICS_ONLY, DISABLED -> GREEN;
      case HALF_OPEN -> YELLOW;
      case OPEN, FORCED_OPEN -> RED;
    };
  }

  @Override
  public String mark(boolean holds) {
    String sign = ticks ? String.valueOf(holds ? TICK : CROSS) : holds ? "[ok]" : "[FAILED]";
    return (holds ? GREEN : RED) + sign + RESET;
  }
}
