package io.aragora.resilience.jmh.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/** The positions of values on an axis, and the values that the axis names. */
final class Scale {
  private static final int FEW = 6;

  private final DoubleUnaryOperator transform;
  private final double least;
  private final double most;
  private final List<Double> ticks;

  private Scale(DoubleUnaryOperator transform, double least, double most, List<Double> ticks) {
    this.transform = transform;
    this.least = least;
    this.most = most;
    this.ticks = List.copyOf(ticks);
  }

  /**
   * A linear scale that begins at zero.
   *
   * @param most the largest value that must fit
   */
  static Scale linear(double most) {
    checkFinite("most", most, most > 0);
    double step = atLeast(most / (FEW - 1));
    List<Double> ticks = new ArrayList<>();
    int count = (int) Math.ceil(most / step);
    for (int i = 0; i <= count; i++) {
      ticks.add(i * step);
    }
    return new Scale(value -> value, 0, count * step, ticks);
  }

  /**
   * A logarithmic scale.
   *
   * @param least the smallest value that must fit
   * @param most the largest value that must fit
   */
  static Scale log(double least, double most) {
    checkFinite("least", least, least > 0);
    checkFinite("most", most, most >= least);
    double first = atMost(least);
    double last = Math.max(atLeast(most), atLeast(first * 2));
    boolean wide = last / first > 300;
    List<Double> ticks = new ArrayList<>();
    for (double tick = first; tick <= last * 1.001; tick = atLeast(tick * 1.5)) {
      if (!wide || isPowerOfTen(tick)) {
        ticks.add(tick);
      }
    }
    return new Scale(Math::log10, first, last, ticks);
  }

  /**
   * A scale for counts, which may be zero: it begins at zero, and is about logarithmic from one on.
   *
   * @param most the largest value that must fit
   */
  static Scale counts(double most) {
    checkFinite("most", most, most >= 0);
    int powers = (int) Math.ceil(Math.log10(Math.max(most, 10)) - 1e-9);
    // an axis has room for a limited number of names
    int apart = (powers + FEW - 1) / FEW;
    List<Double> ticks = new ArrayList<>(List.of(0.0));
    for (int power = apart; power <= powers; power += apart) {
      ticks.add(Math.pow(10, power));
    }
    return new Scale(Math::log1p, 0, Math.pow(10, powers), ticks);
  }

  private static void checkFinite(String name, double value, boolean holds) {
    if (!Double.isFinite(value) || !holds) {
      throw new IllegalArgumentException(name + " must be finite and in order: " + value);
    }
  }

  /** The distance from the lower end, as a fraction of the axis; what lies outside is put at the end. */
  double position(double value) {
    double bounded = Math.min(Math.max(value, least), most);
    double from = transform.applyAsDouble(least);
    return (transform.applyAsDouble(bounded) - from) / (transform.applyAsDouble(most) - from);
  }

  boolean contains(double value) {
    return value >= least && value <= most;
  }

  /** The values that the axis names, from the lower end. */
  List<Double> ticks() {
    return ticks;
  }

  /** The smallest of …, 1, 2, 5, 10, … that is at least a value. */
  private static double atLeast(double value) {
    double first = atMost(value);
    return first == value
        ? value
        : steps(first * 1.5).filter(step -> step > value).min().orElseThrow();
  }

  /** The largest of …, 1, 2, 5, 10, … that is at most a value. */
  private static double atMost(double value) {
    return steps(value).filter(step -> step <= value).max().orElseThrow();
  }

  /** Returns the members of …, 1, 2, 5, 10, … around a value. */
  private static DoubleStream steps(double value) {
    int power = (int) Math.floor(Math.log10(value));
    return IntStream.rangeClosed(power - 1, power + 1)
        .boxed()
        .flatMapToDouble(near -> DoubleStream.of(times(1, near), times(2, near), times(5, near)));
  }

  /** Divides by powers of ten, because multiplying by fractions is not exact. */
  private static double times(int step, int power) {
    return power < 0 ? step / Math.pow(10, -power) : step * Math.pow(10, power);
  }

  private static boolean isPowerOfTen(double value) {
    double power = Math.log10(value);
    return Math.abs(power - Math.rint(power)) < 1e-9;
  }
}
