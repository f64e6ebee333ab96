package io.aragora.resilience.core.stripe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
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

  /** Else a thread that meets another one would stay where it is. */
  @Test
  void rehash_againAndAgain_leadsEachNumberToTwentyOthers() {
    for (int first = 0; first < 1 << Stripes.HASH_BITS; first++) {
      Set<Integer> seen = new HashSet<>();
      for (int hash = first; seen.add(hash); hash = Stripes.rehash(hash)) {}
      assertThat(seen).as("from %d", first).hasSizeGreaterThan(20);
    }
  }

  @Test
  void rehash_ofAnyNumber_isOfTwelveBits() {
    for (int id : new int[] {Integer.MIN_VALUE, -1, 0, 1, 4_095, 4_096, Integer.MAX_VALUE}) {
      assertThat(Stripes.rehash(id)).isBetween(0, (1 << Stripes.HASH_BITS) - 1);
    }
  }

  @Test
  void hashOfThread_isThatOfItsId() throws Exception {
    assertThat(Stripes.hashOfThread()).isEqualTo(hashOf(Thread.currentThread()));
    AtomicInteger hash = new AtomicInteger();
    Thread other = new Thread(() -> hash.set(Stripes.hashOfThread()));
    other.start();
    other.join();
    assertThat(hash).hasValue(hashOf(other));
  }

  @SuppressWarnings("deprecation") // Thread.threadId() is younger than our bytecode
  private static int hashOf(Thread thread) {
    return Stripes.rehash((int) thread.getId());
  }
}
