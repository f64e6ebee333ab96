package io.aragora.resilience.examples.overload;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Calls a service that slows down under load, without a concurrency limit and with one, and plots what callers got. Arguments: the
 * folder of the plot, and how many seconds both runs take together. Exit code 1: the limit did not help as claimed.
 */
public final class OverloadDemo {
  private OverloadDemo() {}

  /**
   * Runs the demo.
   *
   * @param args the folder and the seconds
   */
  public static void main(String... args) throws IOException, InterruptedException {
    Path folder = Files.createDirectories(Path.of(args[0]));
    double seconds = Double.parseDouble(args[1]) / 2;
    print(
        "A service with %d threads that work %d ms on a request can serve %d a second; %d waiting requests double that time.",
        CrowdedService.THREADS,
        CrowdedService.WORK_MILLIS,
        CrowdedService.capacity(),
        CrowdedService.CROWD);
    print(
        "Callers give up after %d ms. For three fifths of %.0f s they make twice as many calls as it can serve.",
        Run.PATIENCE.toMillis(), seconds);
    Run without = new Run(seconds, false);
    List<Moment> unlimited = play("without a limit", without);
    List<Moment> limited = play("with a concurrency limit", new Run(seconds, true));
    Path plot = folder.resolve("overload.svg");
    Files.writeString(plot, Plot.svg(unlimited, limited));

    double before = servedInOverload(without, unlimited);
    double after = servedInOverload(without, limited);
    boolean holds = after > 2 * before && after > CrowdedService.capacity() / 2.0;
    print("");
    print(
        " [%s] under overload %.0f calls a second were answered in time without the limit, %.0f with it",
        holds ? "ok" : "FAILED", before, after);
    print("%s", plot.toAbsolutePath());
    if (!holds) {
      System.exit(1);
    }
  }

  private static List<Moment> play(String title, Run run) throws InterruptedException {
    List<Moment> moments = run.play();
    print("");
    print("%s:", title);
    print("%6s %12s %12s %12s %7s", "s", "calls/s", "served/s", "p90, ms", "limit");
    int every = Math.max(1, moments.size() / 15);
    for (int i = every - 1; i < moments.size(); i += every) {
      Moment moment = moments.get(i);
      print(
          "%6.1f %12.0f %12.0f %12s %7s",
          moment.seconds(),
          moment.offered(),
          moment.served(),
          text(moment.p90Millis()),
          text(moment.limit()));
    }
    return moments;
  }

  /** {@return the mean of the second half of the overload, when its queue has grown} */
  static double servedInOverload(Run run, List<Moment> moments) {
    List<Moment> overload =
        moments.stream().filter(moment -> run.isOverloaded(moment.seconds())).toList();
    return overload.subList(overload.size() / 2, overload.size()).stream()
        .mapToDouble(Moment::served)
        .average()
        .orElse(0);
  }

  private static String text(double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.0f", value);
  }

  private static void print(String format, Object... arguments) {
    System.out.println(String.format(Locale.ROOT, format, arguments));
  }
}
