package io.aragora.resilience.core.ratelimiter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterEvent;
import io.aragora.resilience.ratelimiter.RateLimitExceededException;
import io.aragora.resilience.ratelimiter.RateLimitHint;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterEvent;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class KeyedRateLimiterTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder()
      .timeSource(time)
      .name("test")
      .config(Map.of("resilience.ratelimiter.outside.limit", "5"))
      .build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private KeyedRateLimiter keyed(int maxKeys, RateLimiterConfig config) {
    return resilience.keyedRateLimiter(
        "tenants",
        KeyedRateLimiterConfig.builder().limiter(config).maxKeys(maxKeys).build());
  }

  private static RateLimiterConfig ten() {
    return RateLimiterConfig.smooth(10, SECOND).burst(2).build();
  }

  private static int takeAll(KeyedRateLimiter keyed, String key) {
    int taken = 0;
    while (keyed.tryAcquire(key)) {
      taken++;
    }
    return taken;
  }

  @Test
  @Tag("RL-24")
  @DisplayName("each key has its own level")
  void keys_haveTheirOwnLevels() {
    KeyedRateLimiter keyed = keyed(10, ten());
    assertThat(takeAll(keyed, "a")).isEqualTo(2);
    assertThat(takeAll(keyed, "b")).isEqualTo(2);
    assertThat(keyed.retryAfter("a")).isEqualTo(Duration.ofMillis(100));
    assertThat(keyed.retryAfter("unknown")).isZero();
    assertThat(keyed.size()).isEqualTo(2);
    Policy policy = keyed.forKey("a");
    assertThat(policy.name()).isEqualTo("tenants:a");
    assertThatThrownBy(() -> policy.run(() -> {}))
        .isInstanceOf(RateLimitExceededException.class)
        .hasMessage("rate limiter 'tenants:a' allows 10 per 1 s: next in 0.100 s");
    time.advance(Duration.ofMillis(200));
    keyed.forKey("a", 2).run(() -> {});
    assertThat(keyed.tryAcquire("a")).isFalse();
    assertThat(keyed.totals().admitted()).isEqualTo(5);
    assertThat(keyed.totals().permits()).isEqualTo(6);
    assertThat(keyed.snapshot("a").nextPermitIn()).isEqualTo(Duration.ofMillis(100));
    assertThat(keyed.snapshot("unknown").level()).isEqualTo(2);
    assertThat(keyed.mostRejected(1)).containsExactly(entry("a", 3L));
    assertThat(keyed.mostRejected(9)).containsExactly(entry("a", 3L), entry("b", 1L));
    assertThat(keyed.remove("a")).isTrue();
    assertThat(takeAll(keyed, "a")).as("a new one").isEqualTo(2);
    assertThatIllegalArgumentException().isThrownBy(() -> keyed.tryAcquire(" "));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> keyed.tryAcquire("a", 3))
        .withMessage("permits must be in [1, 2]: 3");
  }

  @Test
  @Tag("RL-24")
  @DisplayName("a full key goes first, without an event; then the one that was idle the longest")
  void keys_areEvicted() {
    List<KeyedRateLimiterEvent> events = new ArrayList<>();
    KeyedRateLimiter keyed =
        keyed(3, RateLimiterConfig.smooth(1, Duration.ofHours(1)).build());
    keyed.subscribeKeys(event -> {
      throw new IllegalStateException("disturbs no other one");
    });
    keyed.subscribeKeys(events::add);
    keyed.tryAcquire("old");
    time.advance(Duration.ofMinutes(10));
    keyed.tryAcquire("young");
    keyed.forKey("full");
    keyed.tryAcquire("new-1");
    time.runPending();
    assertThat(keyed.evictions()).isZero();
    assertThat(events).isEmpty();
    assertThat(keyed.retryAfter("old")).isPositive();

    keyed.tryAcquire("new-2");
    time.runPending();
    assertThat(events)
        .containsExactly(
            KeyedRateLimiterEvent.of("tenants", KeyedRateLimiterEvent.Kind.EVICTED, "old"));
    assertThat(keyed.evictions()).isEqualTo(1);
    events.clear();

    assertThat(keyed.tryAcquire("new-3")).isTrue();
    assertThat(keyed.tryAcquire("new-4")).as("share one").isFalse();
    time.runPending();
    assertThat(events)
        .extracting(KeyedRateLimiterEvent::kind)
        .containsOnly(KeyedRateLimiterEvent.Kind.OVERFLOWED);
    assertThat(keyed.overflows()).isEqualTo(2);
    assertThat(keyed.size()).isEqualTo(3);
    assertThat(keyed.forKey("new-5").name()).isEqualTo("tenants:*overflow*");
  }

  @Test
  @Tag("RL-24")
  @DisplayName("a key that is evicted comes back with its level if other code holds it")
  void heldKey_comesBack() {
    KeyedRateLimiter keyed = keyed(1, ten());
    Policy held = keyed.forKey("held");
    keyed.tryAcquire("other");
    time.advance(Duration.ofMinutes(5));
    held.run(() -> {});
    held.run(() -> {});
    assertThat(keyed.tryAcquire("held")).isFalse();
  }

  @Test
  @Tag("RL-25")
  @DisplayName("a flood of made-up keys takes a bounded space, and leaves known keys alone")
  void flood_isBounded() {
    KeyedRateLimiter keyed =
        keyed(1_000, RateLimiterConfig.smooth(2, SECOND).burst(2).build());
    for (int i = 0; i < 100; i++) {
      assertThat(takeAll(keyed, "known-" + i)).isEqualTo(2);
    }
    for (int i = 0; i < 1_000_000; i++) {
      keyed.tryAcquire("made-up-" + i);
    }
    assertThat(keyed.size()).isEqualTo(1_000);
    for (int i = 0; i < 100; i++) {
      assertThat(keyed.retryAfter("known-" + i)).isEqualTo(Duration.ofMillis(500));
    }
    assertThat(keyed.evictions()).isZero();
    assertThat(keyed.overflows()).isEqualTo(1_000_000 - 900);
  }

  @Test
  @DisplayName("pauses, hints and waits are of one key")
  void pausesAndWaits_areOfOneKey() {
    List<RateLimiterEvent> events = new ArrayList<>();
    KeyedRateLimiter keyed =
        keyed(2, RateLimiterConfig.smooth(10, SECOND).burst(2).maxWait(SECOND).build());
    keyed.subscribe(event -> {
      throw new IllegalStateException("disturbs no other one");
    });
    keyed.subscribe(events::add);
    keyed.pauseFor("a", Duration.ofMillis(300));
    assertThat(keyed.tryAcquire("a")).isFalse();
    assertThat(keyed.tryAcquire("b")).isTrue();
    assertThat(keyed.pausedKeys(5)).containsExactly(entry("a", Duration.ofMillis(300)));
    CompletableFuture<Void> waiting =
        keyed.forKey("a").callAsync(() -> CompletableFuture.completedFuture(null));
    assertThat(keyed.waiting()).isEqualTo(1);
    time.advance(Duration.ofMillis(303));
    assertThat(waiting).isCompleted();
    keyed.observe("b", RateLimitHint.builder().remaining(0).build());
    assertThat(keyed.snapshot("b").level()).isZero();
    keyed.pauseFor("a", SECOND);
    keyed.resume("a");
    keyed.resume("unknown");
    assertThat(keyed.tryAcquire("a")).isTrue();
    time.runPending();
    assertThat(events)
        .extracting(event -> event.limiter() + " " + event.kind())
        .containsExactly(
            "tenants:a PAUSED",
            "tenants:a REJECTED",
            "tenants:a ADMITTED_AFTER_WAIT",
            "tenants:a PAUSED",
            "tenants:a RESUMED");
  }

  @Test
  @Tag("RL-22")
  @DisplayName("a new config is that of every key")
  void reconfigure_isForAllKeys() {
    KeyedRateLimiter keyed = keyed(10, ten());
    takeAll(keyed, "a");
    keyed.reconfigure(RateLimiterConfig.smooth(1000, SECOND).burst(40).build());
    assertThat(keyed.retryAfter("a")).isEqualTo(Duration.ofMillis(1));
    assertThat(takeAll(keyed, "b")).isEqualTo(40);
    assertThat(keyed.config().limiter().limit()).isEqualTo(1000);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> keyed.reconfigure(RateLimiterConfig.exact(5, SECOND).build()));
  }

  @Test
  @Tag("RL-07")
  @DisplayName("keys of an exact limiter are exact")
  void exactKeys_areExact() {
    KeyedRateLimiter keyed = keyed(1, RateLimiterConfig.exact(2, SECOND).build());
    assertThat(takeAll(keyed, "a")).isEqualTo(2);
    time.advance(SECOND.minusNanos(1));
    assertThat(keyed.tryAcquire("a")).isFalse();
    assertThat(keyed.tryAcquire("b")).as("overflow").isTrue();
    keyed.reconfigure(RateLimiterConfig.exact(3, SECOND).build());
    assertThat(keyed.tryAcquire("a")).isTrue();
    time.advance(SECOND);
    assertThat(keyed.tryAcquire("b")).isTrue();
    assertThat(keyed.size()).isEqualTo(1);
  }

  @Test
  @Tag("RL-29")
  @DisplayName("settings from outside the code change the config of the keys")
  void settingsFromOutside_areForKeys() {
    KeyedRateLimiter keyed =
        resilience.keyedRateLimiter("outside", KeyedRateLimiterConfig.of(ten()));
    assertThat(keyed.config().limiter().limit()).isEqualTo(5);
    assertThat(resilience.policies().keyedRateLimiters()).containsExactly(keyed);
    assertThat(resilience.policies().removeKeyedRateLimiter("outside")).isTrue();
  }
}
