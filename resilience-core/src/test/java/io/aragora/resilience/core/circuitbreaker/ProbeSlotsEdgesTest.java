package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Leases, ages and sequences at their edges, with several slots. */
class ProbeSlotsEdgesTest {
  private static final long MICRO = 1_000;
  private static final long LEASE = 1_000_000 * MICRO;

  /** The start of the phase, to which the times in a slot are relative. */
  private static final long START = 7_000_000_123L;

  private final ProbeSlots probes = new ProbeSlots(3, START, LEASE, 2);

  private long complete(long place, long now) {
    return probes.complete(Permit.slot(place), Permit.sequence(place), now);
  }

  @Test
  void claim_returnsEachSlotOnce() {
    long first = probes.claim(START);
    long second = probes.claim(START);
    long third = probes.claim(START);
    assertThat(new long[] {Permit.slot(first), Permit.slot(second), Permit.slot(third)})
        .containsExactly(0, 1, 2);
    assertThat(probes.claim(START)).isEqualTo(ProbeSlots.NONE);
    assertThat(probes.isFull(START)).isTrue();
    assertThat(probes.inFlight(START)).isEqualTo(3);

    assertThat(complete(second, START)).isZero();
    assertThat(probes.isFull(START)).isFalse();
    assertThat(probes.inFlight(START)).isEqualTo(2);
    long again = probes.claim(START);
    assertThat(Permit.slot(again)).isEqualTo(1);
    assertThat(Permit.sequence(again)).isEqualTo(Permit.sequence(second) + 1);
    assertThat(complete(second, START)).as("an old permit").isEqualTo(ProbeSlots.NONE);
    assertThat(complete(again, START)).isZero();
  }

  @Test
  @DisplayName("a lease ends at the exact microsecond, and then another caller can claim the slot")
  void lease_endsAtItsEnd() {
    long first = probes.claim(START + 5 * MICRO);
    probes.claim(START + 5 * MICRO);
    probes.claim(START + 5 * MICRO);
    long end = START + 5 * MICRO + LEASE;
    assertThat(probes.claim(end - MICRO)).isEqualTo(ProbeSlots.NONE);
    assertThat(probes.inFlight(end - MICRO)).isEqualTo(3);
    assertThat(probes.inFlight(end)).isZero();
    long taken = probes.claim(end);
    assertThat(Permit.slot(taken)).isEqualTo(Permit.slot(first));
    assertThat(complete(first, end)).as("taken over").isEqualTo(ProbeSlots.NONE);
    assertThat(probes.inFlight(end)).isEqualTo(1);
    assertThat(complete(taken, end + 3 * MICRO)).isEqualTo(3);
  }

  @Test
  void expiredSlot_notClaimedSince_staysWithItsOwner() {
    long place = probes.claim(START);
    assertThat(complete(place, START + 3 * LEASE)).isEqualTo(3 * LEASE / MICRO);
  }

  @Test
  @DisplayName("a claimer whose clock reading is behind sees a young slot, not an expired one")
  void claim_withAnOlderTime_takesNothing() {
    ProbeSlots one = new ProbeSlots(1, START, LEASE, 0);
    long place = one.claim(START + 10 * LEASE);
    assertThat(one.claim(START)).isEqualTo(ProbeSlots.NONE);
    assertThat(one.olderThan(1, START)).isZero();
    assertThat(one.complete(Permit.slot(place), Permit.sequence(place), START))
        .as("held for no time at least")
        .isZero();
  }

  @Test
  void olderThan_countsEveryTakenSlot() {
    assertThat(probes.olderThan(0, START)).as("none is taken").isZero();
    probes.claim(START + 10 * MICRO);
    long second = probes.claim(START);
    assertThat(probes.olderThan(20, START + 20 * MICRO - 1)).isZero();
    assertThat(probes.olderThan(20, START + 20 * MICRO)).isEqualTo(1);
    assertThat(probes.olderThan(20, START + 30 * MICRO)).isEqualTo(2);
    complete(second, START + 30 * MICRO);
    assertThat(probes.olderThan(20, START + 30 * MICRO)).isEqualTo(1);
  }

  @Test
  void ageOf_aPermitThatHoldsItsSlot_isItsTimeUnderWay() {
    long place = probes.claim(START);
    int slot = Permit.slot(place);
    int sequence = Permit.sequence(place);
    assertThat(probes.ageOf(slot, sequence, START + 7 * MICRO)).isEqualTo(7);
    complete(place, START + 8 * MICRO);
    assertThat(probes.ageOf(slot, sequence, START + 9 * MICRO)).isEqualTo(ProbeSlots.NONE);
    assertThat(probes.ageOf(3, 0, START)).as("no such slot").isEqualTo(ProbeSlots.NONE);
  }

  @Test
  void slot_outOfRangeOrFree_hasNoOwner() {
    assertThat(probes.complete(3, 0, START)).isEqualTo(ProbeSlots.NONE);
    assertThat(probes.fail(3, 0, START)).isEqualTo(ProbeSlots.NONE);
    assertThat(probes.complete(2, 0, START)).as("free").isEqualTo(ProbeSlots.NONE);
  }

  @Test
  void aLeaseShorterThanAMicrosecond_isOne() {
    ProbeSlots one = new ProbeSlots(1, START, 1, 0);
    assertThat(one.claim(START)).isNotEqualTo(ProbeSlots.NONE);
    assertThat(one.claim(START)).isEqualTo(ProbeSlots.NONE);
    assertThat(one.claim(START + MICRO)).isNotEqualTo(ProbeSlots.NONE);
  }

  @Test
  void outcomes_goOnFromBeforeARestart() {
    assertThat(ProbeSlots.successes(probes.outcomes())).isEqualTo(2);
    assertThat(ProbeSlots.successes(probes.add(false))).isEqualTo(3);
    assertThat(ProbeSlots.failures(probes.add(true))).isEqualTo(1);
    assertThat(probes.outcomes()).isEqualTo(ProbeSlots.outcomes(3, 1));
  }

  @Test
  @DisplayName("after a day, slots are claimed and freed as on the first")
  void slots_afterTimeWrapsAround_work() {
    long later = START + 24 * 3600 * 1_000_000L * MICRO;
    long place = probes.claim(later);
    assertThat(probes.inFlight(later)).isEqualTo(1);
    assertThat(complete(place, later + 9 * MICRO)).isEqualTo(9);
    assertThat(probes.inFlight(later)).isZero();
  }
}
