package io.aragora.resilience.health.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.health.json.JsonObject;
import io.aragora.resilience.testing.ManualTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TransitionWatchTest {
  private static final String AT = "\"at\":\"2026-01-01T00:00:00Z\"";

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final List<JsonObject> entries = new ArrayList<>();
  private final TransitionWatch watch = new TransitionWatch(resilience, entries::add);

  @AfterEach
  void close() {
    watch.close();
    resilience.close();
  }

  @Test
  void known_everyTransitionOnce() {
    CircuitBreaker breaker = resilience.circuitBreaker("db");
    watch.look();
    watch.look();
    breaker.forceOpen();
    breaker.reset();
    time.runPending();

    assertThat(entries)
        .extracting(JsonObject::toString)
        .containsExactly(
            "{\"name\":\"db\",\"key\":null," + AT
                + ",\"from\":\"closed\",\"to\":\"forced_open\",\"cause\":\"manual\",\"cooldown\":0}",
            "{\"name\":\"db\",\"key\":null," + AT
                + ",\"from\":\"forced_open\",\"to\":\"closed\",\"cause\":\"manual\",\"cooldown\":0}");
  }

  @Test
  void found_theLastTransitionOfItsPast() {
    resilience.circuitBreaker("quiet");
    CircuitBreaker breaker = resilience.circuitBreaker("db");
    breaker.forceOpen();
    breaker.reset();
    breaker.forceOpen();

    watch.look();
    time.runPending();

    assertThat(entries)
        .extracting(JsonObject::toString)
        .containsExactly("{\"name\":\"db\",\"key\":null," + AT
            + ",\"to\":\"forced_open\",\"cause\":\"manual\"}");
  }

  @Test
  void key_isFoundInTheName() {
    KeyedCircuitBreaker tenants = resilience.keyedCircuitBreaker(
        "a:b", KeyedCircuitBreakerConfig.of(CircuitBreakerConfig.defaults()));
    watch.look();
    tenants.forKey("c:d").forceOpen();
    time.runPending();

    assertThat(entries).hasSize(1);
    assertThat(entries.get(0).toString()).startsWith("{\"name\":\"a:b\",\"key\":\"c:d\",");
    assertThat(watch.changedKeys(tenants).latest()).containsExactly("c:d");

    tenants.forKey("c:d").reset();
    time.runPending();

    assertThat(watch.changedKeys(tenants).latest()).isEmpty();
  }

  @Test
  void changedKeys_ofTooMany_theLatest() {
    ChangedKeys keys = new ChangedKeys();
    for (int i = 0; i <= ChangedKeys.MOST; i++) {
      keys.left("key " + i);
    }
    keys.left("key 1");

    assertThat(keys.latest())
        .hasSize(ChangedKeys.MOST)
        .startsWith("key 1", "key " + ChangedKeys.MOST)
        .doesNotContain("key 0");
  }

  @Test
  void close_receivesNothingMore() {
    CircuitBreaker breaker = resilience.circuitBreaker("db");
    watch.look();

    watch.close();
    breaker.forceOpen();
    time.runPending();

    assertThat(entries).isEmpty();
  }
}
