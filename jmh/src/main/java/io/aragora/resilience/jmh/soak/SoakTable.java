package io.aragora.resilience.jmh.soak;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The results of a soak as a table, and whether all checks hold. */
final class SoakTable {
  private final List<String> rows = new ArrayList<>();
  private final List<String> broken = new ArrayList<>();

  /** Adds a figure without a check. */
  void row(String what, String value) {
    add(what, value, "–");
  }

  /** Adds a figure with an exact expected value. */
  void exactly(String what, long value, long required) {
    hold(what, count(value), "= " + count(required), value == required);
  }

  /** Adds a figure with an upper bound. */
  void atMost(String what, double value, double limit, String unit) {
    hold(what, decimal(value) + " " + unit, "≤ " + decimal(limit) + " " + unit, value <= limit);
  }

  private void hold(String what, String value, String rule, boolean holds) {
    add(what, holds ? value : "**" + value + "**", rule);
    if (!holds) {
      broken.add(what);
    }
  }

  private void add(String what, String value, String rule) {
    String row = "| " + what + " | " + value + " | " + rule + " |";
    rows.add(row);
    System.out.println(row);
  }

  boolean isBroken() {
    return !broken.isEmpty();
  }

  List<String> lines(String title) {
    List<String> lines = new ArrayList<>();
    lines.add(title);
    lines.add("");
    lines.add("| what | measured | must be |");
    lines.add("|---|---|---|");
    lines.addAll(rows);
    lines.add("");
    lines.add(
        broken.isEmpty()
            ? "Everything holds that must."
            : "Broken: " + String.join("; ", broken) + ".");
    return lines;
  }

  static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  static String decimal(double value) {
    return String.format(Locale.ROOT, value == Math.rint(value) ? "%,.0f" : "%,.2f", value);
  }
}
