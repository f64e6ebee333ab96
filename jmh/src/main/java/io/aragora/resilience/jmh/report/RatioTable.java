package io.aragora.resilience.jmh.report;

import java.util.ArrayList;
import java.util.List;

/** The claims of a run as a Markdown table. */
final class RatioTable {
  static final String FILE = "table.md";

  private final Run run;

  RatioTable(Run run) {
    this.run = run;
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(escaped(run.machine().title() + "; " + run.date() + "; " + run.project() + " beside "
            + run.libraries())
        + "; " + run.effort() + "; " + run.loadText()
        + ". Nanoseconds for a call; (…) are bytes for a call of the peer.");
    lines.add("");
    lines.add(row(Claim.COLUMNS));
    lines.add("|---".repeat(Claim.COLUMNS.size()) + "|");
    run.claims().forEach(claim -> lines.add(row(claim.row(run.figures()))));
    lines.add("");
    lines.add(summary());
    return lines;
  }

  private String summary() {
    List<String> missed = run.claims().stream()
        .filter(claim -> claim.isMissed(run.figures()))
        .map(Claim::title)
        .toList();
    long unmeasured = run.claims().stream()
        .filter(claim -> run.figures().of(claim.ours()).isEmpty())
        .count();
    long undecided =
        run.claims().stream().filter(claim -> claim.isUndecided(run.figures())).count();
    return (missed.isEmpty() ? "No budget was missed" : "Missed: " + String.join("; ", missed))
        + (undecided == 0 ? "" : ". " + undecided + " claims have no verdict")
        + (unmeasured == 0 ? "." : ". " + unmeasured + " claims were not measured.");
  }

  private static String row(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |";
  }

  /** The description of a machine, escaped so that Markdown shows it as text. */
  private static String escaped(String text) {
    return text.replaceAll("[\\\\`*_|<>&\\[\\]]", "\\\\$0");
  }
}
