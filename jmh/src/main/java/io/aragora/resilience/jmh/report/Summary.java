package io.aragora.resilience.jmh.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The six claims that the README shows, and how many budgets are missed in all. */
final class Summary {
  static final List<Claim> CLAIMS = Stream.of(
          "closed call by `call`",
          "closed call by `call`, 2 threads",
          "rejection by exception",
          "retry → breaker → timeout",
          "concurrency limit: take, and record a success",
          "hedge, not needed")
      .map(Summary::claim)
      .toList();

  private final List<Run> runs;

  Summary(List<Run> runs) {
    this.runs = List.copyOf(runs);
  }

  private static Claim claim(String title) {
    return Claims.ALL.stream()
        .filter(claim -> claim.title().equals(title))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no claim has this title: " + title));
  }

  /** Returns the table as Markdown, and a line about all budgets. Figures of peers are of the first run. */
  List<String> lines() {
    Run first = runs.get(0);
    List<String> head = new ArrayList<>(List.of("call"));
    runs.forEach(run -> head.add("ours, " + run.title()));
    head.addAll(List.of("Resilience4j", "Failsafe"));
    List<String> lines = new ArrayList<>();
    lines.add(row(head));
    lines.add("|---".repeat(head.size()) + "|");
    for (Claim claim : CLAIMS) {
      List<String> cells = new ArrayList<>(List.of(claim.title()));
      runs.forEach(run -> cells.add(ours(claim, run.figures())));
      cells.add(peers(claim, Library.RESILIENCE4J, first.figures()));
      cells.add(peers(claim, Library.FAILSAFE, first.figures()));
      lines.add(row(cells));
    }
    lines.add("");
    lines.add("Peers on " + first.title() + ": "
        + first.libraries().replaceAll(", JMH.*", "").replace(" (R4j)", "")
        + "; bytes for a call in parentheses. Budgets missed: "
        + runs.stream().map(Summary::missed).collect(Collectors.joining(", ")) + ".");
    return lines;
  }

  private static String ours(Claim claim, Figures figures) {
    return figures
        .of(claim.ours())
        .map(own -> figure(own)
            + Optional.of(claim.undecided(own, figures))
                .filter(String::isEmpty)
                .flatMap(decided -> claim.budget().limit(figures))
                .map(limit -> own.nanos() / limit - 1)
                .filter(over -> over > 0)
                .map(over -> String.format(
                    Locale.ROOT,
                    over < 0.01 ? ", **missed by %.1f %%**" : ", **missed by %.0f %%**",
                    100 * over))
                .orElse(""))
        .orElse(figures.whyMissing(claim.ours()));
  }

  private static String peers(Claim claim, Library library, Figures figures) {
    StringJoiner text = new StringJoiner(", ").setEmptyValue("–");
    for (Claim.Peer peer : claim.peers()) {
      if (library.has(peer.name())) {
        String variant = library.variant(peer.name());
        text.add((variant.isEmpty() ? "" : variant + " ")
            + figures.of(peer.figure()).map(Summary::figure).orElse("–"));
      }
    }
    return text.toString();
  }

  private static String figure(Measured value) {
    return Claim.nanos(value.nanos()) + " (" + Claim.bytes(value.bytes()) + " B)";
  }

  private static String missed(Run run) {
    if (!run.figures().hasEnoughForks()) {
      return "not judged on " + run.title() + " (too few forks)";
    }
    List<Claim> judged = run.claims().stream()
        .filter(claim -> run.figures().of(claim.ours()).isPresent())
        .filter(claim -> !claim.budget().isNone() || claim.ours().mustNotAllocate())
        .toList();
    long missed = judged.stream().filter(claim -> claim.isMissed(run.figures())).count();
    return missed + " of " + judged.size() + " on " + run.title();
  }

  private static String row(List<String> cells) {
    return "| " + String.join(" | ", cells) + " |";
  }
}
