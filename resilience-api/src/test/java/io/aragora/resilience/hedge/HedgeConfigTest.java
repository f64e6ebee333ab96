package io.aragora.resilience.hedge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class HedgeConfigTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final HedgeConfig.Builder config = HedgeConfig.forIdempotentCalls();

  private static void rejects(ThrowingCallable setting, String message) {
    assertThatThrownBy(setting).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }

  @Test
  @Tag("HG-24")
  void badValue_isRejected_withSettingRuleAndValue() {
    rejects(() -> config.maxHedges(0), "maxHedges must be in [1, 5]: 0");
    rejects(() -> config.maxHedges(6), "maxHedges must be in [1, 5]: 6");
    rejects(() -> config.delay(SECOND.negated()), "delay must be in [0, 365 days]: PT-1S");
    rejects(() -> config.delay(Duration.ofDays(366)), "delay must be in [0, 365 days]: PT8784H");
    rejects(
        () -> config.delayFromLatency(50, SECOND, SECOND), "percent must be in (50, 100): 50.0");
    rejects(
        () -> config.delayFromLatency(100, SECOND, SECOND), "percent must be in (50, 100): 100.0");
    rejects(
        () -> config.delayFromLatency(95, SECOND.multipliedBy(2), SECOND),
        "least must be at most most: PT2S, PT1S");
    rejects(
        () -> config.delayFromLatency(95, Duration.ZERO, SECOND),
        "least must be positive and at most 106,751 days: PT0S");
    rejects(
        () -> config.delayFromLatency(95, SECOND, Duration.ofDays(366)),
        "most must be at most 365 days: PT8784H");
    rejects(
        () -> config.mostDelay(Duration.ofDays(366)),
        "mostDelay must be at most 365 days: PT8784H");
  }

  @Test
  @Tag("HG-24")
  void configWithoutADelay_isRejected() {
    rejects(config::build, "delay must be set: it has no default");
  }

  @Test
  @Tag("HG-24")
  void boundsOfADelayThatIsFixed_areRejected() {
    rejects(
        () -> config.delay(SECOND).leastDelay(SECOND).build(),
        "leastDelay and mostDelay need delayFromLatency: PT1S, PT0S");
  }

  @Test
  void laterDelay_replacesTheEarlierOne() {
    HedgeConfig fixed =
        config.delayFromLatency(95, SECOND, SECOND).delay(SECOND).build();
    assertThat(fixed.delay()).isEqualTo(SECOND);
    assertThat(fixed.percent()).isZero();
    HedgeConfig followed =
        fixed.toBuilder().delayFromLatency(99, SECOND, SECOND).build();
    assertThat(followed.delay()).isNull();
    assertThat(followed.percent()).isEqualTo(99);
    assertThat(followed.leastDelay()).isEqualTo(SECOND);
    assertThat(followed.mostDelay()).isEqualTo(SECOND);
    assertThat(followed)
        .hasToString("percent=99.0, leastDelay=PT1S, mostDelay=PT1S, maxHedges=1, budget=own");
  }

  @Test
  void copy_declaresTheSame() {
    HedgeConfig one = config.delay(SECOND).maxHedges(3).ignoreExternalConfig().build();
    assertThat(one.declaresSameAs(one.toBuilder().build())).isTrue();
    assertThat(one.declaresSameAs(one.toBuilder().noHedges().build())).isFalse();
    assertThat(one).hasToString("delay=PT1S, maxHedges=3, budget=own");
    assertThat(one.ignoresExternalConfig()).isTrue();
  }
}
