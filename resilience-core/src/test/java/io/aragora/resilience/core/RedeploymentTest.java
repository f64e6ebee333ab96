package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.fallback.Fallback;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Policies that are not registered, and policies that are removed: a redeployment leaves nothing behind. */
class RedeploymentTest {
  private static final int POINTS = 1000;

  /** Remembers the rows that are saved now. */
  private static final class Rows implements StateStore {
    final Map<SavedBreaker.Id, SavedBreaker> saved = new HashMap<>();

    @Override
    public Loaded load() {
      return Loaded.of(List.of(), List.of());
    }

    @Override
    public int save(Collection<SavedBreaker> states) throws StateStoreException {
      states.forEach(state -> saved.put(state.id(), state));
      return states.size();
    }

    @Override
    public int remove(Collection<SavedBreaker> states) {
      states.forEach(state -> saved.remove(state.id()));
      return states.size();
    }

    @Override
    public int purgeSavedBefore(Instant cutOff) {
      return 0;
    }

    @Override
    public void close() {}
  }

  /** Has a consumer for each policy, as a page of histograms has. */
  private static final class Recorder implements ResilienceExtension, DurationRecorder {
    final Set<String> names = new HashSet<>();

    @Override
    public AutoCloseable attach(ResilienceContext context) {
      return context.recordDurations(this)::close;
    }

    @Override
    public LongConsumer of(Kind kind, String policy) {
      names.add(policy);
      return nanos -> {};
    }

    @Override
    public void forget(Kind kind, String policy) {
      names.remove(policy);
    }
  }

  private final ManualTime time = ManualTime.create().autoAdvance(true);
  private final Rows rows = new Rows();
  private final Recorder recorder = new Recorder();
  private final Resilience resilience = Resilience.builder()
      .timeSource(time)
      .stateStore(rows)
      .extension(recorder)
      .config(Map.of("resilience.circuitbreaker.failureThreshold", "50"))
      .build();
  private final Policies policies = resilience.policies();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static final CircuitBreakerConfig BREAKER =
      CircuitBreakerConfig.builder().failureThreshold(2).build();
  private static final RetryConfig RETRY = RetryConfig.builder().maxAttempts(2).build();
  private static final TimeoutConfig TIMEOUT = TimeoutConfig.of(Duration.ofSeconds(1));

  /** Calls that succeed, fail, are retried, time out, and open the breaker. */
  private void use(Pipeline pipeline) {
    pipeline.withFallback(Fallback.value("none")).call(() -> {
      throw new UncheckedIOException(new IOException("down"));
    });
    pipeline.withFallback(Fallback.value("none")).callAsync(() -> new CompletableFuture<String>());
    time.advance(Duration.ofMillis(1010));
  }

  private List<WeakReference<Policy>> deployUnregistered() {
    List<WeakReference<Policy>> deployed = new ArrayList<>();
    for (int i = 0; i < POINTS; i++) {
      CircuitBreaker breaker = resilience.unregistered().circuitBreaker("point" + i % 10, BREAKER);
      Retry retry = resilience.unregistered().retry("point" + i % 10, RETRY);
      Timeout timeout = resilience.unregistered().timeout("point" + i % 10, TIMEOUT);
      Pipeline pipeline = resilience
          .unregistered()
          .pipelineBuilder("point" + i % 10)
          .add(retry)
          .add(breaker)
          .add(timeout)
          .build();
      use(pipeline);
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
      List.of(breaker, retry, timeout, pipeline)
          .forEach(policy -> deployed.add(new WeakReference<>(policy)));
    }
    return deployed;
  }

  private List<WeakReference<Policy>> deployRegistered() {
    List<WeakReference<Policy>> deployed = new ArrayList<>();
    for (int i = 0; i < POINTS; i++) {
      String name = "point" + i;
      CircuitBreaker breaker = resilience.circuitBreaker(
          name, BREAKER.toBuilder().ignoreExternalConfig().build());
      Retry retry = resilience.retry(name, RETRY);
      Timeout timeout = resilience.timeout(name, TIMEOUT);
      Pipeline pipeline =
          resilience.pipeline(name, p -> p.add(retry).add(breaker).add(timeout));
      use(pipeline);
      List.of(breaker, retry, timeout, pipeline)
          .forEach(policy -> deployed.add(new WeakReference<>(policy)));
    }
    return deployed;
  }

  private void awaitCollected(List<WeakReference<Policy>> deployed) {
    // What windows, timers and events of the last calls need goes with time.
    for (int i = 0; i < 20; i++) {
      time.advance(Duration.ofMinutes(1));
    }
    long left = deployed.size();
    for (int i = 0; i < 50 && left != 0; i++) {
      System.gc();
      left = deployed.stream().filter(each -> each.get() != null).count();
    }
    assertThat(deployed.stream()
            .map(WeakReference::get)
            .filter(each -> each != null)
            .toList())
        .as("policies that something still holds")
        .isEmpty();
  }

  @Test
  void unregisteredPolicies_areNowhere_andAreCollected() {
    List<WeakReference<Policy>> deployed = deployUnregistered();

    assertThat(policies.circuitBreakers()).isEmpty();
    assertThat(policies.retries()).isEmpty();
    assertThat(policies.timeouts()).isEmpty();
    assertThat(policies.pipelines()).isEmpty();
    assertThat(policies.circuitBreakerSummary().open()).isZero();
    assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
    assertThat(rows.saved).isEmpty();
    assertThat(recorder.names).isEmpty();
    assertThat(resilience.status().fallbacks()).hasSize(10);
    for (int i = 0; i < 10; i++) {
      assertThat(policies.removePipeline("point" + i)).isTrue();
    }
    assertThat(resilience.status().fallbacks()).isEmpty();
    awaitCollected(deployed);
  }

  @Test
  void removedPolicies_leaveNothing_andAreCollected() {
    List<WeakReference<Policy>> deployed = deployRegistered();
    assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
    assertThat(rows.saved).hasSize(POINTS);
    assertThat(recorder.names).hasSize(POINTS);

    for (int i = 0; i < POINTS; i++) {
      String name = "point" + i;
      assertThat(policies.removePipeline(name)).isTrue();
      assertThat(policies.removeCircuitBreaker(name)).isTrue();
      assertThat(policies.removeRetry(name)).isTrue();
      assertThat(policies.removeTimeout(name)).isTrue();
    }

    assertThat(policies.circuitBreakers()).isEmpty();
    assertThat(policies.retries()).isEmpty();
    assertThat(policies.timeouts()).isEmpty();
    assertThat(policies.pipelines()).isEmpty();
    assertThat(resilience.status().fallbacks()).isEmpty();
    assertThat(recorder.names).isEmpty();
    assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
    assertThat(rows.saved).isEmpty();
    awaitCollected(deployed);
  }

  @Test
  void removedBreaker_worksOn_andItsNameDeclaresAnother() {
    CircuitBreaker first = resilience.circuitBreaker("a", BREAKER);
    first.forceOpen();
    assertThat(policies.removeCircuitBreaker("a")).isTrue();
    assertThat(policies.removeCircuitBreaker("a")).isFalse();

    CircuitBreaker second = resilience.circuitBreaker("a", c -> c.failureThreshold(7));

    assertThat(second).isNotSameAs(first);
    assertThat(second.state()).isEqualTo(CircuitBreakerState.CLOSED);
    assertThat(first.state()).isEqualTo(CircuitBreakerState.FORCED_OPEN);
    first.reset();
    assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
    assertThat(rows.saved).hasSize(1);
    assertThat(recorder.names).containsExactly("a");
  }

  @Test
  void breakerThatWasEvictedAndIsHeld_canBeRemoved() {
    CircuitBreaker first = resilience.circuitBreaker("a", BREAKER);
    time.advance(Duration.ofHours(25));
    assertThat(policies.pruneCircuitBreakers()).isOne();

    assertThat(policies.removeCircuitBreaker("a")).isTrue();

    assertThat(resilience.circuitBreaker("a", c -> c.failureThreshold(7))).isNotSameAs(first);
  }

  @Test
  void keyedBreaker_isRemovedWithItsKeys() {
    KeyedCircuitBreaker keyed = resilience.keyedCircuitBreaker("hosts", c -> {});
    resilience.circuitBreaker("hosts");
    keyed.forKey("a").forceOpen();
    keyed.forKey("b").forceOpen();
    assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
    assertThat(rows.saved).hasSize(3);

    assertThat(policies.removeKeyedCircuitBreaker("hosts")).isTrue();

    assertThat(policies.keyedCircuitBreakers()).isEmpty();
    assertThat(policies.removeKeyedCircuitBreaker("hosts")).isFalse();
    assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
    assertThat(rows.saved.keySet()).containsExactly(new SavedBreaker.Id("hosts", null));
    assertThat(recorder.names).as("of the breaker of the same name").containsExactly("hosts");
  }

  @Test
  void unknownNames_areNotRemoved() {
    assertThat(policies.removeRetry("a")).isFalse();
    assertThat(policies.removeTimeout("a")).isFalse();
    assertThat(policies.removePipeline("a")).isFalse();
    assertThat(policies.removeRetryBudget("a")).isFalse();
    resilience.retryBudget("a");
    assertThat(policies.removeRetryBudget("a")).isTrue();
    assertThat(policies.retryBudgets()).isEmpty();
  }

  @Test
  void unregisteredPolicies_keepTheirConfig_andAreHeard() {
    List<String> heard = new ArrayList<>();
    policies.subscribe(transition -> heard.add(transition.breaker() + " " + transition.to()));
    CircuitBreaker breaker = resilience.unregistered().circuitBreaker("a", BREAKER);
    breaker.forceOpen();
    time.advance(Duration.ofMillis(1));

    assertThat(breaker.config().failureThreshold()).isEqualTo(2);
    assertThat(heard).containsExactly("a FORCED_OPEN");
    assertThat(resilience.unregistered().circuitBreaker("a", BREAKER)).isNotSameAs(breaker);
    assertThat(resilience.unregistered().retry("a", RETRY).config()).isSameAs(RETRY);
    assertThat(resilience.unregistered().timeout("a", TIMEOUT).config()).isSameAs(TIMEOUT);
    assertThatThrownBy(() -> resilience.unregistered().timeout(" ", TIMEOUT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("name must not be blank");
  }

  @Test
  void staleRetriesAndTimeouts_arePruned() {
    Retry idle = resilience.retry("idle", RETRY);
    Retry busy = resilience.retry("busy", RETRY);
    Retry stopped = resilience.retry("stopped", RETRY);
    resilience.timeout("idle", TIMEOUT);
    Timeout timed = resilience.timeout("busy", TIMEOUT);
    assertThat(policies.pruneRetries()).as("since now their calls are counted").isZero();
    assertThat(policies.pruneTimeouts()).isZero();

    time.advance(Duration.ofHours(25));
    busy.run(() -> {});
    timed.run(() -> {});
    assertThatThrownBy(() -> stopped.run(() -> {
          throw new CancellationException();
        }))
        .isInstanceOf(CancellationException.class);

    assertThat(policies.pruneRetries()).isOne();
    assertThat(policies.pruneTimeouts()).isOne();
    assertThat(policies.retries()).containsExactlyInAnyOrder(busy, stopped);
    assertThat(policies.timeouts()).containsExactly(timed);
    assertThat(resilience.retry("idle", RETRY)).as("other code holds it").isSameAs(idle);
  }

  @Test
  void fullRuntime_evictsStaleRetries() {
    try (Resilience small = Resilience.builder().timeSource(time).maxPolicies(1).build()) {
      small.retry("a");
      assertThatThrownBy(() -> small.retry("b")).hasMessageContaining("none is stale");
      time.advance(Duration.ofHours(25));
      assertThat(small.retry("b").name()).isEqualTo("b");
      assertThat(small.policies().retries()).hasSize(1);
    }
  }
}
