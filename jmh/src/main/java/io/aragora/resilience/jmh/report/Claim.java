package io.aragora.resilience.jmh.report;

import io.aragora.resilience.jmh.benchmark.AllocationFree;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A claim about the cost of a call, and its measurement.
 *
 * @param title what the claim is about
 * @param ours the figure to compare with the budget; if it is marked {@link AllocationFree}, it must also allocate nothing
 * @param budget the maximum cost
 * @param peers the peers' figures
 */
record Claim(String title, Figure ours, Budget budget, List<Peer> peers) {
  private static final String TOO_FEW = "too few forks";

  /** The names of the columns of {@link #row}. */
  static final List<String> COLUMNS =
      List.of("claim", "budget", "ours", "floor", "ratio", "met?", "peers", "B/op");

  /**
   * A peer's figure.
   *
   * @param name what the table calls it
   * @param figure the figure
   */
  record Peer(String name, Figure figure) {}

  static Claim of(String title, Figure ours, Budget budget) {
    return new Claim(title, ours, budget, List.of());
  }

  /** This claim with another peer, measured in the same class by the same number of threads. */
  Claim peer(String name, String method) {
    List<Peer> more = new ArrayList<>(peers);
    more.add(new Peer(name, ours.sibling(method)));
    return new Claim(title, ours, budget, List.copyOf(more));
  }

  /** Whether an expression is found in the title or in the name of the benchmark. */
  boolean isFound(Pattern pattern) {
    return pattern.matcher(title).find()
        || pattern
            .matcher(ours.benchmarks().getSimpleName() + "." + ours.method())
            .find();
  }

  /** All measurements that it needs: its own, those of its budget, and its peers'. */
  Stream<Figure> figures() {
    return Stream.concat(figuresOfBudget(), peers.stream().map(Peer::figure));
  }

  /** Those without which there is no verdict. */
  Stream<Figure> figuresOfBudget() {
    return Stream.concat(
        Stream.of(ours), budget.terms().stream().flatMap(term -> term.figures().stream()));
  }

  /** The cells of the table's row, one for each of {@link #COLUMNS}. */
  List<String> row(Figures figures) {
    Optional<Measured> own = figures.of(ours);
    return List.of(
        title,
        budgetText(figures),
        own.map(Claim::withError).orElse(figures.whyMissing(ours)),
        floor(figures),
        own.map(value -> ratio(value, figures)).orElse("–"),
        own.map(value -> verdict(value, figures)).orElse("–"),
        peersText(figures),
        own.map(value -> bytes(value.bytes())).orElse("–"));
  }

  private String budgetText(Figures figures) {
    StringJoiner text = new StringJoiner(", ").setEmptyValue("none");
    if (!budget.isNone()) {
      Optional<Double> limit = budget.terms().isEmpty() ? Optional.empty() : budget.limit(figures);
      text.add(budget + limit.map(nanos -> " = " + nanos(nanos) + " ns").orElse(""));
    }
    if (ours.mustNotAllocate()) {
      text.add("0 B");
    }
    return text.toString();
  }

  private String floor(Figures figures) {
    StringJoiner text = new StringJoiner(", ").setEmptyValue("–");
    for (Budget.Term term : budget.terms()) {
      text.add(term.name() + " "
          + term.in(figures).map(value -> nanos(value.nanos())).orElse("–"));
    }
    return text.toString();
  }

  /** The ratio to the floor, or to the whole sum if the budget is one. */
  private String ratio(Measured own, Figures figures) {
    if (budget.terms().size() == 1) {
      return budget
          .terms()
          .get(0)
          .in(figures)
          .map(floor -> decimals(2, own.nanos() / floor.nanos()))
          .orElse("–");
    }
    return budget
        .limit(figures)
        .map(limit -> decimals(2, own.nanos() / limit) + " of the budget")
        .orElse("–");
  }

  String verdict(Measured own, Figures figures) {
    if (!own.hasEnoughForks()) {
      return budget.isNone() && !ours.mustNotAllocate() ? "–" : TOO_FEW;
    }
    List<String> misses = new ArrayList<>();
    boolean judged = false;
    String undecided = "";
    if (!budget.isNone()) {
      Optional<Double> limit = budget.limit(figures);
      undecided = undecided(own, figures);
      judged = undecided.isEmpty();
      double over = judged ? own.nanos() - limit.orElseThrow() : 0;
      if (over > 0) {
        misses.add(nanos(over) + " ns (" + decimals(0, 100 * over / limit.get()) + " %)");
      }
    }
    if (ours.mustNotAllocate()) {
      judged = true;
      // even if they were not measured
      if (!(own.bytes() < AllocationFree.LIMIT)) {
        misses.add(bytes(own.bytes()) + " B");
      }
    }
    if (!misses.isEmpty()) {
      return "**missed by " + String.join(" and ", misses) + "**";
    }
    if (!undecided.isEmpty()) {
      return undecided;
    }
    return judged ? "yes" : "–";
  }

  /** Why the time cannot be compared with the budget; empty if it can. */
  String undecided(Measured own, Figures figures) {
    if (budget.limit(figures).isEmpty()) {
      return "no floor";
    }
    if (!own.hasEnoughForks()) {
      return TOO_FEW;
    }
    return own.forksDiffer() || budget.forksDiffer(figures) ? "forks differ" : "";
  }

  boolean isMissed(Figures figures) {
    return figures.of(ours).map(own -> verdict(own, figures).startsWith("**")).orElse(false);
  }

  /** Whether there is a budget, and no verdict, although it was measured. */
  boolean isUndecided(Figures figures) {
    return !budget.isNone()
        && !isMissed(figures)
        && figures.of(ours).filter(own -> !undecided(own, figures).isEmpty()).isPresent();
  }

  private String peersText(Figures figures) {
    StringJoiner text = new StringJoiner(", ").setEmptyValue("–");
    for (Peer peer : peers) {
      text.add(peer.name() + " " + nanosOf(peer.figure(), figures)
          + figures.of(peer.figure()).map(Claim::bytesIfAny).orElse(""));
    }
    return text.toString();
  }

  private static String bytesIfAny(Measured value) {
    return value.bytes() >= AllocationFree.LIMIT ? " (" + bytes(value.bytes()) + " B)" : "";
  }

  private static String nanosOf(Figure figure, Figures figures) {
    return figures.of(figure).map(value -> nanos(value.nanos())).orElse("–");
  }

  private static String withError(Measured value) {
    return nanos(value.nanos()) + (Double.isNaN(value.error()) ? "" : " ± " + nanos(value.error()));
  }

  static String nanos(double value) {
    return decimals(value < 100 ? 1 : 0, value);
  }

  static String bytes(double value) {
    return Double.isNaN(value) ? "unknown" : decimals(0, value);
  }

  private static String decimals(int digits, double value) {
    return String.format(Locale.ROOT, "%,." + digits + "f", value);
  }
}
