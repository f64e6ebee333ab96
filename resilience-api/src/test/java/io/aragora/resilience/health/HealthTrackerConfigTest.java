package io.aragora.resilience.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.function.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class HealthTrackerConfigTest {

  @Test
  @Tag("HE-04")
  @DisplayName("the defaults are 3 failures, 2 successes, and the latencies of 10 reports")
  void builder_withoutSettings_hasTheDefaults() {
    HealthTrackerConfig defaults = HealthTrackerConfig.defaults();
    assertThat(defaults.failureThreshold()).isEqualTo(3);
    assertThat(defaults.recoveryThreshold()).isEqualTo(2);
    assertThat(defaults.latencyWindow()).isEqualTo(10);
    assertThat(defaults.staleAfter()).isNull();
    assertThat(defaults.critical()).isTrue();
    assertThat(defaults.groups()).containsExactly(HealthGroup.READINESS);
    assertThat(defaults)
        .hasToString("failureThreshold=3, recoveryThreshold=2, latencyWindow=10, staleAfter=never,"
            + " critical=true, groups=[READINESS]");
  }

  @Test
  @Tag("HE-04")
  @DisplayName("given settings are kept")
  void builder_givenSettings_areKept() {
    HealthTrackerConfig config = HealthTrackerConfig.builder()
        .failureThreshold(5)
        .recoveryThreshold(3)
        .latencyWindow(20)
        .staleAfter(Duration.ofMinutes(5))
        .critical(false)
        .in(HealthGroup.STARTUP, HealthGroup.LIVENESS)
        .build();
    assertThat(config)
        .hasToString("failureThreshold=5, recoveryThreshold=3, latencyWindow=20, staleAfter=PT5M,"
            + " critical=false, groups=[LIVENESS, STARTUP]");
    assertThat(config.declaresSameAs(HealthTrackerConfig.defaults())).isFalse();
  }

  @Test
  @Tag("HE-12")
  @Tag("fault-60")
  @DisplayName("an invalid value, such as a window of 0, is rejected with name, rule and value")
  void builder_invalidValue_isRejected() {
    assertRejected(builder -> builder.latencyWindow(0), "latencyWindow must be in [1, 1000]: 0");
    assertRejected(
        builder -> builder.latencyWindow(1001), "latencyWindow must be in [1, 1000]: 1001");
    assertRejected(
        builder -> builder.failureThreshold(0), "failureThreshold must be at least 1: 0");
    assertRejected(
        builder -> builder.recoveryThreshold(-1), "recoveryThreshold must be at least 1: -1");
    assertRejected(
        builder -> builder.staleAfter(Duration.ZERO),
        "staleAfter must be positive and at most 106,751 days: PT0S");
  }

  private static void assertRejected(
      Consumer<HealthTrackerConfig.Builder> setting, String message) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> setting.accept(HealthTrackerConfig.builder()))
        .withMessage(message);
  }
}
