package io.aragora.resilience.core.stripe;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StripesTest {
  private static final int EIGHT = 8;

  @Test
  void max_isThePowerOfTwoFromFourTimesTheProcessorsOn() {
    int least = Runtime.getRuntime().availableProcessors() * 4;
    assertThat(Integer.bitCount(Stripes.MAX)).isEqualTo(1);
    assertThat(Stripes.MAX).isBetween(least, 2 * least - 1);
  }

  @Test
  void rehash_idsThatDifferByOneToSix_shareNoneOfEightStripes() {
    for (int id = 0; id < 10_000; id++) {
      for (int other = id + 1; other <= id + 6; other++) {
        assertThat(Stripes.rehash(id) % EIGHT)
            .as("%d and %d", id, other)
            .isNotEqualTo(Stripes.rehash(other) % EIGHT);
      }
    }
  }
}
