package io.aragora.resilience.simulation;

import java.util.List;
import java.util.SplittableRandom;

/** Random draws that follow from a seed. */
final class Chance {
  private final SplittableRandom random;

  Chance(long seed) {
    // Neighbouring seeds must not lead to similar draws.
    random = new SplittableRandom(mix(seed));
  }

  /** Returns a draw from [0, bound). */
  int below(int bound) {
    return random.nextInt(bound);
  }

  /** Returns a draw from [low, high]. */
  int between(int low, int high) {
    return low + random.nextInt(high - low + 1);
  }

  /** Returns true in so many of a hundred draws. */
  boolean percent(int percent) {
    return random.nextInt(100) < percent;
  }

  /** Returns true in so many of a thousand draws. */
  boolean permille(int permille) {
    return permille > 0 && random.nextInt(1000) < permille;
  }

  long seed() {
    return random.nextLong();
  }

  /** Returns a length from zero up to the bound; short ones are as likely as long ones. */
  long upTo(long nanos) {
    long bound = nanos >>> random.nextInt(1 + 63 - Long.numberOfLeadingZeros(Math.max(1, nanos)));
    return bound <= 0 ? 0 : random.nextLong(bound + 1);
  }

  @SafeVarargs
  @SuppressWarnings("varargs")
  final <T> T of(T... choices) {
    return choices[random.nextInt(choices.length)];
  }

  <T> T of(List<T> choices) {
    return choices.get(random.nextInt(choices.size()));
  }

  /** Returns a number that depends on every bit of the given one. */
  static long mix(long number) {
    long z = (number + 0x9E3779B97F4A7C15L) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 30)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
