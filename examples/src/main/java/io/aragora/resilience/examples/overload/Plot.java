package io.aragora.resilience.examples.overload;

import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** Draws both runs above each other: what was served, how long it took, and the limit. */
final class Plot {
  private static final int LEFT = 60;
  private static final int WIDTH = 620;
  private static final int HEIGHT = 130;
  private static final int TOP = 90;
  private static final int GAP = 50;
  private static final String STYLE = """
      text { font: 12px "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
      .background { fill: #ffffff; }
      .title { font-size: 16px; font-weight: 600; }
      .small { font-size: 11px; fill: #59636e; }
      line { stroke: #d1d9e0; }
      polyline { fill: none; stroke-width: 2; }
      .without { stroke: #d1570a; }
      .with { stroke: #0969da; }
      .offered { stroke: #818b98; stroke-dasharray: 4 3; stroke-width: 1; }
      @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3; }
        .background { fill: #0d1117; }
        .small { fill: #9198a1; }
        line { stroke: #3d444d; }
        .without { stroke: #f0883e; }
        .with { stroke: #4493f8; }
      }
      """;

  private final StringBuilder svg = new StringBuilder();
  private final List<Moment> without;
  private final List<Moment> with;
  private final double seconds;

  private Plot(List<Moment> without, List<Moment> with) {
    this.without = without;
    this.with = with;
    this.seconds = Stream.concat(without.stream(), with.stream())
        .mapToDouble(Moment::seconds)
        .max()
        .orElse(1);
  }

  static String svg(List<Moment> without, List<Moment> with) {
    return new Plot(without, with).draw();
  }

  private String draw() {
    int height = TOP + 3 * (HEIGHT + GAP);
    add(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%1$d\" height=\"%2$d\" role=\"img\">",
        LEFT + WIDTH + 20, height);
    add(
        "<title>A service that slows down under load, without a concurrency limit and with one</title>");
    add("<style>%n%s</style>", STYLE);
    add("<rect class=\"background\" width=\"100%%\" height=\"100%%\"/>");
    text("title", 16, 28, "A service that slows down under load");
    legend("without", 16, "without a limit");
    legend("with", 146, "with a concurrency limit");
    legend("offered", 326, "calls made");
    double most = panel(0, "calls answered in time, a second", Moment::offered);
    line("offered", 0, most, with, Moment::offered);
    both(0, most, Moment::served);
    both(
        1,
        panel(1, "90th percentile of their latencies, ms", Moment::p90Millis),
        Moment::p90Millis);
    both(2, panel(2, "concurrency limit", Moment::limit), Moment::limit);
    add("</svg>");
    return svg.toString();
  }

  private void both(int panel, double most, ToDoubleFunction<Moment> figure) {
    line("without", panel, most, without, figure);
    line("with", panel, most, with, figure);
  }

  /** Draws the axes of a panel; returns the value at its upper end. */
  private double panel(int panel, String title, ToDoubleFunction<Moment> figure) {
    double largest = Stream.concat(without.stream(), with.stream())
        .mapToDouble(figure)
        .filter(value -> !Double.isNaN(value))
        .max()
        .orElse(1);
    double step = step(largest / 4);
    double most = step * Math.ceil(largest / step);
    text("", 16, y(panel, 1) - 10, title);
    for (double tick = 0; tick <= most; tick += step) {
      double y = y(panel, tick / most);
      add("<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%2$.1f\"/>", LEFT, y, LEFT + WIDTH);
      text("small", 16, y + 4, String.format(Locale.ROOT, "%,.0f", tick));
    }
    double apart = step(seconds / 8);
    for (double tick = 0; tick <= seconds; tick += apart) {
      text("small", x(tick) - 4, y(panel, 0) + 15, String.format(Locale.ROOT, "%.0f s", tick));
    }
    return most;
  }

  /** {@return the next number above that is 1, 2 or 5 times a power of ten} */
  private static double step(double least) {
    double power = Math.pow(10, Math.floor(Math.log10(Math.max(least, 1))));
    return Stream.of(1, 2, 5, 10)
        .mapToDouble(factor -> factor * power)
        .filter(step -> step >= least)
        .findFirst()
        .orElse(10 * power);
  }

  private void line(
      String css, int panel, double most, List<Moment> moments, ToDoubleFunction<Moment> figure) {
    StringBuilder points = new StringBuilder();
    for (Moment moment : moments) {
      double value = figure.applyAsDouble(moment);
      if (Double.isNaN(value)) {
        polyline(css, points);
      } else {
        points.append(
            String.format(Locale.ROOT, "%.1f,%.1f ", x(moment.seconds()), y(panel, value / most)));
      }
    }
    polyline(css, points);
  }

  private void polyline(String css, StringBuilder points) {
    if (!points.isEmpty()) {
      add("<polyline class=\"%s\" points=\"%s\"/>", css, points.toString().trim());
      points.setLength(0);
    }
  }

  private void legend(String css, int x, String name) {
    add("<polyline class=\"%s\" points=\"%d,50 %d,50\"/>", css, x, x + 22);
    text("", x + 28, 54, name);
  }

  private void text(String css, double x, double y, String content) {
    add("<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>", css, x, y, content);
  }

  private double x(double at) {
    return LEFT + WIDTH * at / seconds;
  }

  private static double y(int panel, double share) {
    return TOP + panel * (HEIGHT + GAP) + HEIGHT * (1 - share);
  }

  private void add(String format, Object... arguments) {
    svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }
}
