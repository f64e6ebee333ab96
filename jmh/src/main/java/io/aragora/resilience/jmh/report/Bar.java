package io.aragora.resilience.jmh.report;

/**
 * A value of one run in a chart.
 *
 * @param value the length of the bar; NaN to show the text alone
 * @param error half of the interval around it; NaN if unknown
 * @param mark another value to compare it with; NaN for none
 * @param verdict the verdict, which decides the colour
 * @param text the text beside the bar
 */
record Bar(double value, double error, double mark, Verdict verdict, String text) {
  /** The verdict of a bar about this library. */
  enum Verdict {
    /** Faster, or within the budget. */
    GOOD,
    /** Slower, or over the budget. */
    BAD,
    /** Neither. */
    PLAIN
  }

  static Bar of(double value, Verdict verdict, String text) {
    return new Bar(value, Double.NaN, Double.NaN, verdict, text);
  }

  /** A reason why there is no value. */
  static Bar missing(String why) {
    return of(Double.NaN, Verdict.PLAIN, why);
  }

  Bar error(double half) {
    return new Bar(value, half, mark, verdict, text);
  }

  Bar mark(double other) {
    return new Bar(value, error, other, verdict, text);
  }

  boolean isMissing() {
    return Double.isNaN(value);
  }
}
