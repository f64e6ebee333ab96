package io.aragora.resilience.core.circuitbreaker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class ProbeSlotsTest {
  private static final long LEASE_NANOS = 1_000_000_000;

  private final ProbeSlots probes = new ProbeSlots(1, 0, LEASE_NANOS, 0);

  @Test
  @Tag("V2-13")
  @DisplayName("a released slot is free again, once")
  void release_freesTheSlotOnce() {
    long place = probes.claim(0);
    assertThat(probes.claim(0)).isEqualTo(ProbeSlots.NONE);
    assertThat(probes.release(place, 5_000)).isEqualTo(5);
    assertThat(probes.release(place, 5_000)).isEqualTo(ProbeSlots.NONE);
    assertThat(probes.claim(5_000)).isNotEqualTo(ProbeSlots.NONE);
  }

  @Test
  @Tag("Sentinel-deadline")
  @DisplayName(
      "the slot of a failed probe admits no call before the phase ends, and is free at the end "
          + "of its lease if the phase continues")
  void spend_keepsTheSlotTaken() {
    long place = probes.claim(0);
    assertThat(probes.spend(place, 5_000)).isEqualTo(5);
    assertThat(probes.spend(place, 5_000)).as("ended already").isEqualTo(ProbeSlots.NONE);
    assertThat(probes.release(place, 5_000)).isEqualTo(ProbeSlots.NONE);
    assertThat(probes.claim(5_000)).isEqualTo(ProbeSlots.NONE);
    assertThat(probes.claim(LEASE_NANOS)).isNotEqualTo(ProbeSlots.NONE);
  }

  @Test
  void outcomes_goOnFromBeforeARestart() {
    ProbeSlots probes = new ProbeSlots(1, 0, LEASE_NANOS, 2);
    assertThat(ProbeSlots.successes(probes.outcomes())).isEqualTo(2);
    assertThat(ProbeSlots.successes(probes.add(false))).isEqualTo(3);
    assertThat(ProbeSlots.failures(probes.add(true))).isEqualTo(1);
    assertThat(probes.outcomes()).isEqualTo(ProbeSlots.outcomes(3, 1));
  }
}
