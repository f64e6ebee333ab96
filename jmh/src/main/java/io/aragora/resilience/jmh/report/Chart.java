package io.aragora.resilience.jmh.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.function.Function;

/**
 * Rows of horizontal bars, as an SVG. Its bytes depend on the arguments only: no fonts are measured, so that equal figures
 * yield equal bytes on every machine.
 *
 * @param title what it shows
 * @param description a description for screen readers
 * @param runs the names of the runs, each with one bar per cell
 * @param legend further explanations
 * @param panels the columns of bars
 * @param rows the rows
 * @param footer the machine
 */
record Chart(
    String title,
    String description,
    List<String> runs,
    List<Legend> legend,
    List<Panel> panels,
    List<Row> rows,
    List<String> footer) {
  private static final double MARGIN = 16;
  private static final double LINE = 12;
  private static final double ROW_GAP = 6;
  private static final double BAR = 8;
  private static final double GAP = 14;
  private static final double PANEL_TOP = 96;
  // A generous estimate, so that no text overlaps its neighbour in any font.
  private static final double CHARACTER = 5.8;
  private static final double SMALL = 11.0 / 12;

  // GitHub shows a picture in the browser's colour scheme, on a page of any scheme, so the picture
  // has its own background.
  private static final String STYLE = """

      text { font: 12px "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
      .background { fill: #ffffff; }
      .title { font-size: 16px; font-weight: 600; }
      .head { font-weight: 600; }
      .small { font-size: 11px; }
      .muted { fill: #59636e; }
      .tick { text-anchor: middle; }
      .grid { stroke: #d1d9e0; }
      .axis, .mark { stroke: #1f2328; stroke-width: 2; }
      .error { stroke: #1f2328; stroke-opacity: .75; }
      .good { fill: #0969da; }
      .bad { fill: #d1570a; }
      .plain { fill: #818b98; }
      .badText { fill: #b34700; font-weight: 600; }
      .later { fill-opacity: .55; }
      @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3; }
        .background { fill: #0d1117; }
        .muted { fill: #9198a1; }
        .grid { stroke: #3d444d; }
        .axis, .mark { stroke: #e6edf3; }
        .error { stroke: #e6edf3; }
        .good { fill: #4493f8; }
        .bad { fill: #f0883e; }
        .plain { fill: #8b949e; }
        .badText { fill: #f0883e; }
      }
      """;

  /** The meaning of a class of the style: a colour, {@code mark} or {@code error}. */
  record Legend(String css, String text) {}

  /**
   * A column of bars.
   *
   * @param title what they are of
   * @param scale where their values lie
   * @param origin the value that they begin at
   * @param reference the value that all of them are compared with; not a number for none
   * @param ticks how the axis names a value
   * @param width of the bars
   * @param textWidth of what stands beside them
   */
  record Panel(
      String title,
      Scale scale,
      double origin,
      double reference,
      DoubleFunction<String> ticks,
      double width,
      double textWidth) {}

  /**
   * A row.
   *
   * @param group the first of a group names it
   * @param label what of the group it is
   * @param cells for each panel a bar of each run
   */
  record Row(String group, String label, List<List<Bar>> cells) {}

  String svg() {
    double labels = widest(Row::group) + GAP;
    double left = MARGIN + labels + widest(Row::label) + GAP;
    double width = left + MARGIN;
    for (Panel panel : panels) {
      width += panel.width() + panel.textWidth() + GAP;
    }
    for (String line : footer) {
      width = Math.max(width, 2 * MARGIN + SMALL * width(line));
    }
    double rowHeight = runs.size() * LINE + ROW_GAP;
    double bottom = PANEL_TOP + rows.size() * rowHeight;
    Svg svg = new Svg(width, bottom + 34 + footer.size() * 16);
    svg.text("title", title, "id", "title");
    svg.text("desc", description, "id", "description");
    svg.text("style", STYLE);
    svg.element("rect", "class", "background", "width", "100%", "height", "100%");
    text(svg, "title", MARGIN, 28, title);
    legend(svg);
    double x = left;
    for (int i = 0; i < panels.size(); i++) {
      axis(svg, panels.get(i), x, bottom);
      for (int row = 0; row < rows.size(); row++) {
        List<Bar> bars = rows.get(row).cells().get(i);
        for (int run = 0; run < bars.size(); run++) {
          bar(
              svg,
              panels.get(i),
              bars.get(run),
              run,
              x,
              PANEL_TOP + row * rowHeight + run * LINE + 4);
        }
      }
      // over the bars, so that a missed budget is visible
      reference(svg, panels.get(i), x, bottom);
      x += panels.get(i).width() + panels.get(i).textWidth() + GAP;
    }
    labels(svg, labels, rowHeight, width);
    for (int i = 0; i < footer.size(); i++) {
      text(svg, "small muted", MARGIN, bottom + 38 + i * 16, footer.get(i));
    }
    return svg.end();
  }

  private double widest(Function<Row, String> part) {
    return rows.stream().map(part).mapToDouble(Chart::width).max().orElse(0);
  }

  private static double width(String text) {
    return text.length() * CHARACTER;
  }

  private void legend(Svg svg) {
    double x = MARGIN;
    List<Legend> entries = new ArrayList<>();
    for (int run = 0; run < runs.size(); run++) {
      entries.add(new Legend("plain" + later(run), runs.get(run)));
    }
    entries.addAll(legend);
    for (Legend entry : entries) {
      switch (entry.css()) {
        case "mark" -> line(svg, "mark", x + 6, 44, x + 6, 55);
        case "error" -> error(svg, x, x + 12, 49.5, true, true);
        default -> rectangle(svg, entry.css(), x, 44, 11, 11);
      }
      text(svg, "small", x + 17, 53, entry.text());
      x += 17 + SMALL * width(entry.text()) + GAP;
    }
  }

  private void axis(Svg svg, Panel panel, double x, double bottom) {
    text(svg, "head", x, PANEL_TOP - 22, panel.title());
    for (double tick : panel.scale().ticks()) {
      double at = x + panel.scale().position(tick) * panel.width();
      line(svg, "grid", at, PANEL_TOP, at, bottom);
      String name = panel.ticks().apply(tick);
      text(svg, "small muted tick", at, PANEL_TOP - 5, name);
      text(svg, "small muted tick", at, bottom + 14, name);
    }
  }

  private static void reference(Svg svg, Panel panel, double x, double bottom) {
    if (!Double.isNaN(panel.reference())) {
      double at = x + panel.scale().position(panel.reference()) * panel.width();
      line(svg, "axis", at, PANEL_TOP, at, bottom);
    }
  }

  private static void bar(Svg svg, Panel panel, Bar bar, int run, double x, double y) {
    if (bar.isMissing()) {
      text(svg, "small muted", at(panel, panel.origin(), x) + 6, y + BAR, bar.text());
      return;
    }
    double origin = at(panel, panel.origin(), x);
    double end = at(panel, bar.value(), x);
    double width = Math.max(Math.abs(end - origin), 1);
    rectangle(svg, css(bar.verdict()) + later(run), Math.min(origin, end), y, width, BAR);
    if (!Double.isNaN(bar.error())) {
      double low = bar.value() - bar.error();
      double high = bar.value() + bar.error();
      error(
          svg,
          at(panel, low, x),
          at(panel, high, x),
          y + BAR / 2,
          panel.scale().contains(low),
          panel.scale().contains(high));
    }
    if (!Double.isNaN(bar.mark())) {
      line(svg, "mark", at(panel, bar.mark(), x), y - 1, at(panel, bar.mark(), x), y + BAR + 1);
    }
    String css = bar.verdict() == Bar.Verdict.BAD ? "small badText" : "small";
    text(svg, css, x + panel.width() + 8, y + BAR, bar.text());
  }

  /** An interval; without an end mark if it extends beyond the axis. */
  private static void error(
      Svg svg, double low, double high, double y, boolean lowEnds, boolean highEnds) {
    line(svg, "error", low, y, high, y);
    if (lowEnds) {
      line(svg, "error", low, y - 2.5, low, y + 2.5);
    }
    if (highEnds) {
      line(svg, "error", high, y - 2.5, high, y + 2.5);
    }
  }

  private static double at(Panel panel, double value, double x) {
    return x + panel.scale().position(value) * panel.width();
  }

  private void labels(Svg svg, double labels, double rowHeight, double width) {
    String group = "";
    for (int i = 0; i < rows.size(); i++) {
      Row row = rows.get(i);
      double y = PANEL_TOP + i * rowHeight;
      double middle = y + rowHeight / 2 + 4;
      if (!row.group().equals(group)) {
        group = row.group();
        line(svg, "grid", MARGIN, y, width - MARGIN, y);
        text(svg, "", MARGIN, middle, group);
      }
      text(svg, "muted", MARGIN + labels, middle, row.label());
    }
  }

  private static String css(Bar.Verdict verdict) {
    return verdict.name().toLowerCase(Locale.ROOT);
  }

  private static String later(int run) {
    return run == 0 ? "" : " later";
  }

  private static void text(Svg svg, String css, double x, double y, String content) {
    if (!content.isEmpty()) {
      svg.text("text", content, "class", css, "x", x, "y", y);
    }
  }

  private static void rectangle(
      Svg svg, String css, double x, double y, double width, double height) {
    svg.element("rect", "class", css, "x", x, "y", y, "width", width, "height", height);
  }

  private static void line(Svg svg, String css, double x1, double y1, double x2, double y2) {
    svg.element("line", "class", css, "x1", x1, "y1", y1, "x2", x2, "y2", y2);
  }
}
