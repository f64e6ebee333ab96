package io.aragora.resilience.examples.demo;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/** One line a second, for logs, pipes and terminals that cannot redraw. */
final class PlainView implements View {
  private static final Duration INTERVAL = Duration.ofSeconds(1);

  private final PrintStream out;
  private Duration nextLine = Duration.ZERO;

  PlainView(PrintStream out) {
    this.out = out;
  }

  @Override
  public void show(Reading reading) {
    if (reading.elapsed().compareTo(nextLine) >= 0) {
      nextLine = reading.elapsed().plus(INTERVAL);
      out.println(line(reading));
    }
  }

  static String line(Reading reading) {
    return String.format(
        Locale.ROOT,
        "%6s  %-9s %-9s (%s)  per second: %s served, %s failed, %s timed out, %s rejected;"
            + " median: %s admitted, %s rejected",
        Figures.seconds(reading.elapsed()),
        reading.act(),
        Figures.state(reading.breaker()),
        Figures.reason(reading.breaker()),
        reading.perSecond(Outcome.SERVED),
        reading.perSecond(Outcome.FAILED),
        reading.perSecond(Outcome.TIMED_OUT),
        reading.perSecond(Outcome.REJECTED),
        median(reading.recent().admitted()),
        median(reading.recent().of(Outcome.REJECTED)));
  }

  private static String median(Latencies latencies) {
    return latencies.count() == 0 ? "-" : Figures.latency(latencies.median());
  }

  @Override
  public void print(String line) {
    out.println(line);
  }

  @Override
  public void settle() {
    // Every line is settled.
  }

  @Override
  public String mark(boolean holds) {
    return holds ? "[ok]    " : "[FAILED]";
  }
}
