package io.aragora.resilience.jmh.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.jmh.report.OtherLoad.Reading;
import org.junit.jupiter.api.Test;

class OtherLoadTest {
  private static Reading reading(String all, int user, int system, int children) {
    String own = "17 (a (strange) name) S 1 17 17 0 -1 4194304 0 0 0 0 " + user + " " + system + " "
        + children + " 0 20 0 1 0 12 4096 0";
    return Reading.of(all, own);
  }

  @Test
  void since_ownTimeAndThatOfChildren_isNotOfOthers() {
    Reading before = reading("cpu  1000 0 100 5000 10 0 0 0 0 0", 100, 10, 0);
    // 100 ticks at work, of which 90 were ours
    Reading after = reading("cpu  1080 0 120 5100 10 0 0 0 0 0", 120, 20, 60);
    assertThat(after.since(before)).isEqualTo(10.0 / 200);
  }

  @Test
  void since_timeForOtherMachines_isOfOthers() {
    Reading before = reading("cpu  1000 0 100 5000 10 0 0 0 0 0", 0, 0, 0);
    Reading after = reading("cpu  1000 0 100 5050 10 0 0 50 0 0", 0, 0, 0);
    assertThat(after.since(before)).isEqualTo(0.5);
  }

  @Test
  void since_noTimeHasPassed_isUnknown() {
    Reading reading = reading("cpu  1000 0 100 5000 10 0 0 0 0 0", 0, 0, 0);
    assertThat(reading.since(reading)).isNaN();
    assertThat(OtherLoad.worse(Double.NaN, 0.2)).isEqualTo(0.2);
    assertThat(OtherLoad.worse(0.2, Double.NaN)).isEqualTo(0.2);
  }
}
