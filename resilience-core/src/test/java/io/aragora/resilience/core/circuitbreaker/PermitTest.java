package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PermitTest {
  private static final long LARGEST_CLAIM = (1L << 38) - 1;
  private static final long LARGEST_GENERATION = (1L << 62) - 1;

  static LongStream generations() {
    return LongStream.of(1, 2, (1 << 24) - 1, 1 << 24, (1 << 24) + 1, LARGEST_GENERATION);
  }

  @ParameterizedTest
  @MethodSource("generations")
  void permit_ofEachKind_belongsToItsGenerationOnly(long generation) {
    long[] permits = {
      Permit.closed(generation),
      Permit.halfOpen(generation, LARGEST_CLAIM),
      Permit.timed(generation, LARGEST_CLAIM),
      Permit.bypass(generation)
    };
    int[] kinds = {Permit.CLOSED, Permit.HALF_OPEN, Permit.TIMED, Permit.BYPASS};
    for (int i = 0; i < permits.length; i++) {
      assertThat(Permit.kind(permits[i])).isEqualTo(kinds[i]);
      assertThat(permits[i]).isNotEqualTo(CircuitBreaker.REJECTED);
      assertThat(Permit.isOfGeneration(permits[i], generation)).isTrue();
      assertThat(Permit.isOfGeneration(permits[i], generation - 1)).isFalse();
      assertThat(Permit.isOfGeneration(permits[i], generation + 1)).isFalse();
    }
  }

  @Test
  void permitsWithoutAClaim_tellAllGenerationsApart() {
    long generation = 5;
    long later = generation + (1L << 24);
    assertThat(Permit.isOfGeneration(Permit.closed(generation), later)).isFalse();
    assertThat(Permit.isOfGeneration(Permit.bypass(generation), later)).isFalse();
  }

  @Test
  void claim_ofAHalfOpenPermit_isThatOfTheSlot() {
    assertThat(Permit.claim(Permit.halfOpen(7, 12_345))).isEqualTo(12_345);
    assertThat(Permit.claim(Permit.halfOpen(7, LARGEST_CLAIM))).isEqualTo(LARGEST_CLAIM);
  }

  @Test
  void microsSince_isSigned_andGoesOnWhereMicrosecondsComeRound() {
    assertThat(Permit.microsSince(Permit.timed(7, 1_000), 1_250)).isEqualTo(250);
    assertThat(Permit.microsSince(Permit.timed(7, 1_000), 900)).isEqualTo(-100);
    assertThat(Permit.microsSince(Permit.timed(7, LARGEST_CLAIM), LARGEST_CLAIM + 3))
        .isEqualTo(3);
    assertThat(Permit.microsSince(Permit.timed(7, 0), LARGEST_CLAIM)).isEqualTo(-1);
  }
}
