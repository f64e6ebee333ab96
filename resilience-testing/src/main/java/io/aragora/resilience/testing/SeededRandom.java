package io.aragora.resilience.testing;

/**
 * Random numbers as a pure function of the seed and the drawing policy, so that the order of drawing does not matter. The mixing
 * step is SplitMix64's (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
 */
final class SeededRandom {
  private static final long GOLDEN_RATIO = 0x9e3779b97f4a7c15L;

  private final long seed;

  SeededRandom(long seed) {
    this.seed = mix(seed + GOLDEN_RATIO);
  }

  double draw(String owner, long operation, int draw) {
    long hash = seed;
    for (int i = 0; i < owner.length(); i++) {
      hash = mix(hash + GOLDEN_RATIO + owner.charAt(i));
    }
    // Length and numbers are mixed in one after the other, so that ("a", 1, 2) and ("a", 2, 1)
    // differ.
    hash = mix(hash + GOLDEN_RATIO + owner.length());
    hash = mix(hash + GOLDEN_RATIO + operation);
    hash = mix(hash + GOLDEN_RATIO + draw);
    return (hash >>> 11) * 0x1p-53;
  }

  private static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
