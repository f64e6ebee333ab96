package io.aragora.resilience.core.admission;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Leases, ages and sequences at their edges, with several slots. */
class LeasedSlotsEdgesTest {
  private static final long MICRO = 1_000;
  private static final long LEASE = 1_000_000 * MICRO;

  /** The time at which the slots were made, to which the times in a slot are relative. */
  private static final long START = 7_000_000_123L;

  private final LeasedSlots slots = new LeasedSlots(3, START, LEASE);

  private static int slot(long claim) {
    return (int) (claim >>> 28) & 1023;
  }

  private static int sequence(long claim) {
    return (int) claim & ((1 << 28) - 1);
  }

  @Test
  void claim_returnsEachSlotOnce() {
    long first = slots.claim(START);
    long second = slots.claim(START);
    long third = slots.claim(START);
    assertThat(new long[] {slot(first), slot(second), slot(third)}).containsExactly(0, 1, 2);
    assertThat(slots.claim(START)).isEqualTo(LeasedSlots.NONE);
    assertThat(slots.isFull(START)).isTrue();
    assertThat(slots.inFlight(START)).isEqualTo(3);

    assertThat(slots.release(second, START)).isZero();
    assertThat(slots.isFull(START)).isFalse();
    assertThat(slots.inFlight(START)).isEqualTo(2);
    long again = slots.claim(START);
    assertThat(slot(again)).isEqualTo(1);
    assertThat(sequence(again)).isEqualTo(sequence(second) + 1);
    assertThat(slots.release(second, START)).as("an old permit").isEqualTo(LeasedSlots.NONE);
    assertThat(slots.release(again, START)).isZero();
  }

  @Test
  @DisplayName("a lease ends at the exact microsecond, and then another caller can claim the slot")
  void lease_endsAtItsEnd() {
    long first = slots.claim(START + 5 * MICRO);
    slots.claim(START + 5 * MICRO);
    slots.claim(START + 5 * MICRO);
    long end = START + 5 * MICRO + LEASE;
    assertThat(slots.claim(end - MICRO)).isEqualTo(LeasedSlots.NONE);
    assertThat(slots.inFlight(end - MICRO)).isEqualTo(3);
    assertThat(slots.inFlight(end)).isZero();
    long taken = slots.claim(end);
    assertThat(slot(taken)).isEqualTo(slot(first));
    assertThat(slots.release(first, end)).as("taken over").isEqualTo(LeasedSlots.NONE);
    assertThat(slots.inFlight(end)).isEqualTo(1);
    assertThat(slots.release(taken, end + 3 * MICRO)).isEqualTo(3);
  }

  @Test
  void expiredSlot_notClaimedSince_staysWithItsOwner() {
    long place = slots.claim(START);
    assertThat(slots.release(place, START + 3 * LEASE)).isEqualTo(3 * LEASE / MICRO);
  }

  @Test
  @DisplayName("a claimer whose clock reading is behind sees a young slot, not an expired one")
  void claim_withAnOlderTime_takesNothing() {
    LeasedSlots one = new LeasedSlots(1, START, LEASE);
    long place = one.claim(START + 10 * LEASE);
    assertThat(one.claim(START)).isEqualTo(LeasedSlots.NONE);
    assertThat(one.olderThan(1, START)).isZero();
    assertThat(one.release(place, START)).as("held for no time at least").isZero();
  }

  @Test
  void olderThan_countsEveryTakenSlot() {
    assertThat(slots.olderThan(0, START)).as("none is taken").isZero();
    slots.claim(START + 10 * MICRO);
    long second = slots.claim(START);
    assertThat(slots.olderThan(20, START + 20 * MICRO - 1)).isZero();
    assertThat(slots.olderThan(20, START + 20 * MICRO)).isEqualTo(1);
    assertThat(slots.olderThan(20, START + 30 * MICRO)).isEqualTo(2);
    slots.release(second, START + 30 * MICRO);
    assertThat(slots.olderThan(20, START + 30 * MICRO)).isEqualTo(1);
  }

  @Test
  void ageOf_aPermitThatHoldsItsSlot_isItsTimeUnderWay() {
    long place = slots.claim(START);
    assertThat(slots.ageOf(place, START + 7 * MICRO)).isEqualTo(7);
    slots.release(place, START + 8 * MICRO);
    assertThat(slots.ageOf(place, START + 9 * MICRO)).isEqualTo(LeasedSlots.NONE);
    assertThat(slots.ageOf(3L << 28, START)).as("no such slot").isEqualTo(LeasedSlots.NONE);
  }

  @Test
  void slot_outOfRangeOrFree_hasNoOwner() {
    assertThat(slots.release(3L << 28, START)).isEqualTo(LeasedSlots.NONE);
    assertThat(slots.spend(3L << 28, START)).isEqualTo(LeasedSlots.NONE);
    assertThat(slots.release(2L << 28, START)).as("free").isEqualTo(LeasedSlots.NONE);
  }

  @Test
  void aLeaseShorterThanAMicrosecond_isOne() {
    LeasedSlots one = new LeasedSlots(1, START, 1);
    assertThat(one.claim(START)).isNotEqualTo(LeasedSlots.NONE);
    assertThat(one.claim(START)).isEqualTo(LeasedSlots.NONE);
    assertThat(one.claim(START + MICRO)).isNotEqualTo(LeasedSlots.NONE);
  }

  @Test
  @DisplayName(
      "a claim says whether it took over an expired lease, and its low bits suffice to release it")
  void claim_ofAnExpiredSlot_saysSo() {
    LeasedSlots two = new LeasedSlots(2, START, LEASE);
    assertThat(LeasedSlots.isTakenOver(two.claim(START))).isFalse();
    long expiring = two.claim(START);
    assertThat(LeasedSlots.isTakenOver(expiring)).isFalse();
    long first = two.claim(START + LEASE);
    long second = two.claim(START + LEASE);
    assertThat(LeasedSlots.isTakenOver(first)).isTrue();
    assertThat(LeasedSlots.isTakenOver(second)).isTrue();
    assertThat(two.release(expiring, START + LEASE)).isEqualTo(LeasedSlots.NONE);
    assertThat(two.release(first, START + LEASE)).isZero();
    long low = second & ((1L << LeasedSlots.CLAIM_BITS) - 1);
    assertThat(two.release(low, START + LEASE)).isZero();
    assertThat(two.release(second, START + LEASE)).isEqualTo(LeasedSlots.NONE);
    assertThat(LeasedSlots.isTakenOver(two.claim(START + LEASE))).as("released").isFalse();
  }

  @Test
  @DisplayName("after a day, slots are claimed and freed as on the first")
  void slots_afterTimeWrapsAround_work() {
    long later = START + 24 * 3600 * 1_000_000L * MICRO;
    long place = slots.claim(later);
    assertThat(slots.inFlight(later)).isEqualTo(1);
    assertThat(slots.release(place, later + 9 * MICRO)).isEqualTo(9);
    assertThat(slots.inFlight(later)).isZero();
  }
}
