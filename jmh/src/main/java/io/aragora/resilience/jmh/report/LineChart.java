package io.aragora.resilience.jmh.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * Lines over seconds, as an SVG with a panel below the other. Its bytes depend on the arguments only.
 *
 * @param title what it shows
 * @param description a description for screen readers
 * @param names of the lines, at most five
 * @param panels what they are of
 */
public record LineChart(String title, String description, List<String> names, List<Panel> panels) {
  private static final double LEFT = 56;
  private static final double WIDTH = 720;
  private static final double HEIGHT = 150;
  private static final double TOP = 96;
  private static final double GAP = 44;
  private static final double CHARACTER = 5.8;
  private static final int POINTS = 240;

  private static final String STYLE = """

      text { font: 12px "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
      .background { fill: #ffffff; }
      .title { font-size: 16px; font-weight: 600; }
      .head { font-weight: 600; }
      .small { font-size: 11px; fill: #59636e; }
      .middle { text-anchor: middle; }
      .end { text-anchor: end; }
      .grid { stroke: #d1d9e0; }
      polyline { fill: none; stroke-width: 1.5; stroke-linejoin: round; }
      .s0 { stroke: #0969da; stroke-width: 2.5; }
      .s1 { stroke: #d1570a; }
      .s2 { stroke: #1a7f37; }
      .s3 { stroke: #8250df; }
      .s4 { stroke: #818b98; stroke-dasharray: 4 3; }
      @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3; }
        .background { fill: #0d1117; }
        .small { fill: #9198a1; }
        .grid { stroke: #3d444d; }
        .s0 { stroke: #4493f8; }
        .s1 { stroke: #f0883e; }
        .s2 { stroke: #3fb950; }
        .s3 { stroke: #ab7df8; }
        .s4 { stroke: #8b949e; }
      }
      """;

  /**
   * A panel.
   *
   * @param title what its lines show
   * @param logarithmic whether its axis is
   * @param lines one value for each second, of each line; not a number for none
   */
  public record Panel(String title, boolean logarithmic, List<double[]> lines) {
    private Scale scale() {
      double most = values(lines).max().orElse(1);
      double least = values(lines).filter(value -> value > 0).min().orElse(1);
      return logarithmic ? Scale.log(least, most) : Scale.linear(Math.max(most, 1));
    }

    private static DoubleStream values(List<double[]> lines) {
      return lines.stream().flatMapToDouble(Arrays::stream).filter(value -> !Double.isNaN(value));
    }
  }

  /** {@return the text of the SVG} */
  public String svg() {
    Svg svg = new Svg(LEFT + WIDTH + 24, TOP + panels.size() * (HEIGHT + GAP));
    svg.text("title", title, "id", "title");
    svg.text("desc", description, "id", "description");
    svg.text("style", STYLE);
    svg.element("rect", "class", "background", "width", "100%", "height", "100%");
    svg.text("text", title, "class", "title", "x", 16, "y", 28);
    double x = 16;
    for (int i = 0; i < names.size(); i++) {
      svg.element("polyline", "class", "s" + i, "points", point(x, 50) + " " + point(x + 22, 50));
      svg.text("text", names.get(i), "x", x + 28, "y", 54);
      x += 28 + names.get(i).length() * CHARACTER + 20;
    }
    for (int i = 0; i < panels.size(); i++) {
      panel(svg, panels.get(i), TOP + i * (HEIGHT + GAP), i == panels.size() - 1);
    }
    return svg.end();
  }

  private static void panel(Svg svg, Panel panel, double top, boolean last) {
    Scale y = panel.scale();
    int seconds = panel.lines().stream().mapToInt(line -> line.length).max().orElse(1);
    Scale x = Scale.linear(seconds);
    svg.text("text", panel.title(), "class", "head", "x", 16, "y", top - 10);
    for (double tick : y.ticks()) {
      double at = top + HEIGHT * (1 - y.position(tick));
      svg.element("line", "class", "grid", "x1", LEFT, "y1", at, "x2", LEFT + WIDTH, "y2", at);
      svg.text("text", number(tick), "class", "small end", "x", LEFT - 6, "y", at + 4);
    }
    for (double tick : x.ticks()) {
      double at = LEFT + WIDTH * x.position(tick);
      svg.text(
          "text",
          number(tick) + (last ? " s" : ""),
          "class",
          "small middle",
          "x",
          at,
          "y",
          top + HEIGHT + 15);
    }
    for (int i = panel.lines().size() - 1; i >= 0; i--) { // the first line is on top
      for (String points : polylines(panel.lines().get(i), x, y, top)) {
        svg.element("polyline", "class", "s" + i, "points", points);
      }
    }
  }

  /** A line, which is interrupted where it has no values. Each point is the mean of the same number of seconds. */
  private static List<String> polylines(double[] values, Scale x, Scale y, double top) {
    int step = (values.length + POINTS - 1) / POINTS;
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (int from = 0; from < values.length; from += step) {
      int to = Math.min(values.length, from + step);
      double mean = Arrays.stream(values, from, to).average().orElse(Double.NaN);
      if (Double.isNaN(mean)) {
        lines.add(line.toString());
        line.setLength(0);
      } else {
        line.append(line.isEmpty() ? "" : " ")
            .append(point(LEFT + WIDTH * x.position(to), top + HEIGHT * (1 - y.position(mean))));
      }
    }
    lines.add(line.toString());
    lines.removeIf(String::isEmpty);
    return lines;
  }

  private static String point(double x, double y) {
    return String.format(Locale.ROOT, "%.1f,%.1f", x, y);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value == Math.rint(value) ? "%,.0f" : "%s", value);
  }
}
