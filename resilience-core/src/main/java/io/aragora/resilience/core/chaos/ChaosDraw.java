package io.aragora.resilience.core.chaos;

import io.aragora.resilience.chaos.ChaosConfig.Chance;
import io.aragora.resilience.internal.Nanos;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a random number means. Each chance has its part of [0, 1), and what is left means that nothing is injected. Within its
 * part, a chance takes the share that the scale leaves to it. So a smaller scale injects into some of the calls that a larger one
 * injects into, and into no others; and the place within the part is a second random number, for the length of a delay.
 * Immutable.
 */
final class ChaosDraw {
  /** A number that means nothing is injected. */
  static final double NOTHING = 2;

  private final Chance[] chances;
  private final double[] ends;
  private final double scale;

  ChaosDraw(List<Chance> chances, double scale) {
    this.chances = chances.toArray(Chance[]::new);
    this.ends = new double[this.chances.length];
    this.scale = scale;
    double percent = 0;
    for (int i = 0; i < ends.length; i++) {
      percent += this.chances[i].percent();
      ends[i] = percent / 100;
    }
  }

  double scale() {
    return scale;
  }

  /** Returns what is injected; null for nothing. */
  @Nullable
  Chance at(double drawn) {
    int i = indexOf(drawn);
    return i < ends.length && place(drawn, i) < scale ? chances[i] : null;
  }

  /** Returns the length of the delay of a number that means one. */
  long delayNanos(double drawn) {
    int i = indexOf(drawn);
    long least = Nanos.of(chances[i].least());
    long most = Nanos.of(chances[i].most());
    return least + (long) ((most - least) * (place(drawn, i) / scale));
  }

  private int indexOf(double drawn) {
    int i = 0;
    while (i < ends.length && drawn >= ends[i]) {
      i++;
    }
    return i;
  }

  /** Returns the place of a number in the part of its chance, in [0, 1). */
  private double place(double drawn, int i) {
    double begin = i == 0 ? 0 : ends[i - 1];
    return (drawn - begin) / (ends[i] - begin);
  }
}
