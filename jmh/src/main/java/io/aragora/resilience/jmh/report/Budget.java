package io.aragora.resilience.jmh.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * The most that a call may cost: a multiple of its floor or of what else was measured in the same run, or a time.
 *
 * @param terms the figures to add up; empty for an absolute budget
 * @param nanos the limit in nanoseconds, if it is absolute
 */
record Budget(List<Term> terms, double nanos) {
  static final Budget NONE = new Budget(List.of(), 0);

  /**
   * A multiple of another figure.
   *
   * @param factor how many times
   * @param figures the figure; if there are several, the least of them
   * @param name what the table calls it
   */
  record Term(double factor, List<Figure> figures, String name) {
    /** What the figure is, once it was measured; of several, all have to be. */
    Optional<Measured> in(Figures all) {
      List<Measured> measured =
          figures.stream().map(all::of).flatMap(Optional::stream).toList();
      return measured.size() < figures.size()
          ? Optional.empty()
          : measured.stream().min(Comparator.comparingDouble(Measured::nanos));
    }

    @Override
    public String toString() {
      return factor == 1 ? name : String.format(Locale.ROOT, "%s × %s", number(factor), name);
    }
  }

  static Budget atMost(double factor, Figure figure, String name) {
    return NONE.plus(factor, figure, name);
  }

  /** A multiple of the least of several figures. */
  static Budget atMostBest(double factor, List<Figure> figures, String name) {
    return new Budget(List.of(new Term(factor, List.copyOf(figures), name)), 0);
  }

  /** An absolute limit, for a cost without a baseline. */
  static Budget atMostMillis(double millis) {
    return new Budget(List.of(), millis * 1e6);
  }

  Budget plus(double factor, Figure figure, String name) {
    List<Term> more = new ArrayList<>(terms);
    more.add(new Term(factor, List.of(figure), name));
    return new Budget(List.copyOf(more), nanos);
  }

  boolean isNone() {
    return terms.isEmpty() && nanos == 0;
  }

  /** The limit in nanoseconds, if all its figures were measured. */
  Optional<Double> limit(Figures figures) {
    double sum = nanos;
    for (Term term : terms) {
      Optional<Measured> figure = term.in(figures);
      if (figure.isEmpty()) {
        return Optional.empty();
      }
      sum += term.factor() * figure.get().nanos();
    }
    return isNone() ? Optional.empty() : Optional.of(sum);
  }

  /** Whether forks of a figure in it differ by so much that there is no verdict. */
  boolean forksDiffer(Figures figures) {
    return terms.stream()
        .flatMap(term -> term.in(figures).stream())
        .anyMatch(Measured::forksDiffer);
  }

  @Override
  public String toString() {
    StringJoiner sum = new StringJoiner(" + ");
    terms.forEach(term -> sum.add(term.toString()));
    if (nanos != 0) {
      sum.add(number(nanos) + " ns");
    }
    return isNone() ? "" : "≤ " + sum;
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, value == Math.rint(value) ? "%,.0f" : "%s", value);
  }
}
