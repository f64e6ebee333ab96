package io.aragora.resilience.jmh.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * The maximum cost of a call, as a sum of other figures of the same run, or in nanoseconds.
 *
 * @param terms the figures to add up; empty for an absolute budget
 * @param nanos nanoseconds to add
 */
record Budget(List<Term> terms, double nanos) {
  static final Budget NONE = new Budget(List.of(), 0);

  /**
   * A multiple of another figure.
   *
   * @param factor how many times
   * @param figure the figure
   * @param name what the table calls it
   */
  record Term(double factor, Figure figure, String name) {
    @Override
    public String toString() {
      return factor == 1 ? name : String.format(Locale.ROOT, "%s × %s", number(factor), name);
    }
  }

  static Budget atMost(double factor, Figure figure, String name) {
    return NONE.plus(factor, figure, name);
  }

  /** An absolute limit, for a cost without a baseline. */
  static Budget atMostMillis(double millis) {
    return new Budget(List.of(), millis * 1e6);
  }

  Budget plus(double factor, Figure figure, String name) {
    List<Term> more = new ArrayList<>(terms);
    more.add(new Term(factor, figure, name));
    return new Budget(List.copyOf(more), nanos);
  }

  Budget plusNanos(double more) {
    return new Budget(terms, nanos + more);
  }

  boolean isNone() {
    return terms.isEmpty() && nanos == 0;
  }

  /** The limit in nanoseconds, if all its figures were measured. */
  Optional<Double> limit(Figures figures) {
    double sum = nanos;
    for (Term term : terms) {
      Optional<Measured> figure = figures.of(term.figure());
      if (figure.isEmpty()) {
        return Optional.empty();
      }
      sum += term.factor() * figure.get().nanos();
    }
    return isNone() ? Optional.empty() : Optional.of(sum);
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
