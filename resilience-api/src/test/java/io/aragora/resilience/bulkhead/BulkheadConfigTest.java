package io.aragora.resilience.bulkhead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class BulkheadConfigTest {
  private static void rejects(ThrowingCallable setting, String message) {
    assertThatThrownBy(setting).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }

  @Test
  @Tag("BH-03")
  void badValue_isRejected_withSettingRuleAndValue() {
    BulkheadConfig.Builder config = BulkheadConfig.builder();
    rejects(() -> config.maxConcurrentCalls(0), "maxConcurrentCalls must be in [1, 1000000]: 0");
    rejects(
        () -> config.maxConcurrentCalls(1_000_001),
        "maxConcurrentCalls must be in [1, 1000000]: 1000001");
    rejects(
        () -> config.maxWait(Duration.ofSeconds(-1)),
        "maxWait must not be negative and at most 106,751 days: PT-1S");
    rejects(() -> config.maxWaiting(-1), "maxWaiting must be in [0, 1000000]: -1");
    rejects(() -> config.maxHold(Duration.ZERO), "maxHold must be in [1 ms, 8 h]: PT0S");
    rejects(() -> config.maxHold(Duration.ofHours(9)), "maxHold must be in [1 ms, 8 h]: PT9H");
  }

  @Test
  @Tag("BH-03")
  void queueInWhichNoCallMayWait_isRejected() {
    rejects(
        () -> BulkheadConfig.builder().maxWaiting(5).build(),
        "maxWaiting must be 0 if maxWait is 0: 5");
  }

  @Test
  @Tag("BH-03")
  void largestNumbers_areAccepted() {
    BulkheadConfig config = BulkheadConfig.builder()
        .maxConcurrentCalls(1_000_000)
        .maxWaiting(1_000_000)
        .maxWait(Duration.ofDays(106_751))
        .build();
    assertThat(config.maxConcurrentCalls()).isEqualTo(1_000_000);
    assertThat(config.maxWaiting()).isEqualTo(1_000_000);
  }

  @Test
  @Tag("BH-19")
  void maxHold_needsAModestLimit() {
    rejects(
        () -> BulkheadConfig.builder()
            .maxConcurrentCalls(5000)
            .maxHold(Duration.ofSeconds(1))
            .build(),
        "maxHold needs maxConcurrentCalls of at most 1024: 5000");
  }

  @Test
  void queue_isByDefaultAsLongAsTheLimit_ifCallsWait() {
    assertThat(BulkheadConfig.defaults().maxWaiting()).isZero();
    BulkheadConfig waiting = BulkheadConfig.builder()
        .maxConcurrentCalls(7)
        .maxWait(Duration.ofSeconds(1))
        .build();
    assertThat(waiting.maxWaiting()).isEqualTo(7);
    assertThat(waiting.toBuilder().maxConcurrentCalls(9).build().maxWaiting()).isEqualTo(9);
  }

  @Test
  void text_listsEverySetting() {
    assertThat(BulkheadConfig.defaults())
        .hasToString(
            "maxConcurrentCalls=25, maxWait=PT0S, maxWaiting=0, order=OLDEST_FIRST, maxHold=none");
  }

  @Test
  void values_areEqualByTheirComponents() {
    BulkheadTotals totals =
        BulkheadTotals.builder().admitted(1).rejectedWaited(2).build();
    assertThat(totals)
        .isEqualTo(BulkheadTotals.builder().admitted(1).rejectedWaited(2).build())
        .hasSameHashCodeAs(
            BulkheadTotals.builder().admitted(1).rejectedWaited(2).build())
        .isNotEqualTo(BulkheadTotals.builder().admitted(1).build());
    assertThat(totals.rejected()).isEqualTo(2);
    BulkheadSnapshot snapshot = BulkheadSnapshot.builder().limit(3).inUse(2).build();
    assertThat(snapshot)
        .isEqualTo(BulkheadSnapshot.builder().limit(3).inUse(2).build())
        .hasToString("BulkheadSnapshot[limit=3, inUse=2, waiting=0, oldestWait=PT0S]");
  }
}
