package io.aragora.resilience.jmh;

import java.util.ArrayList;
import java.util.List;

/** The claims as a Markdown table. */
final class RatioTable {
  private final Machine machine;
  private final Effort effort;
  private final List<Claim> claims;

  /** A table of the claims that the chosen classes are about. */
  RatioTable(Machine machine, Effort effort, List<Class<?>> chosen) {
    this.machine = machine;
    this.effort = effort;
    claims = Claims.ALL.stream()
        .filter(claim -> chosen.contains(claim.ours().benchmarks()))
        .toList();
  }

  List<String> lines(Figures figures) {
    List<String> lines = new ArrayList<>();
    lines.add(machine.title() + "; " + effort
        + ". Nanoseconds for a call; R4j is Resilience4j; (…) are bytes"
        + " for a call of the peer.");
    lines.add("");
    lines.add(row(Claim.COLUMNS));
    lines.add("|---".repeat(Claim.COLUMNS.size()) + "|");
    claims.forEach(claim -> lines.add(row(claim.row(figures))));
    lines.add("");
    lines.add(summary(figures));
    return lines;
  }

  private String summary(Figures figures) {
    List<String> missed = claims.stream()
        .filter(claim -> claim.isMissed(figures))
        .map(Claim::title)
        .toList();
    long unmeasured =
        claims.stream().filter(claim -> figures.of(claim.ours()).isEmpty()).count();
    return (missed.isEmpty() ? "No budget was missed" : "Missed: " + String.join("; ", missed))
        + (unmeasured == 0 ? "." : ". " + unmeasured + " claims were not measured.");
  }

  private static String row(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |";
  }
}
