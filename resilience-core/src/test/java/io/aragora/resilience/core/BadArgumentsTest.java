package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerCall;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthTrackerConfig;
import io.aragora.resilience.reference.ProviderBreakers;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Arguments outside the documented range: each is the documented error and has no effect. */
class BadArgumentsTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final List<BiConsumer<Resilience, String>> NAMED = List.of(
      Resilience::circuitBreaker,
      (resilience, name) -> resilience.circuitBreaker(name, CircuitBreakerConfig.defaults()),
      (resilience, name) -> ProviderBreakers.circuitBreaker(resilience, name, "openai"),
      (resilience, name) -> resilience.keyedCircuitBreaker(
          name, KeyedCircuitBreakerConfig.builder().build()),
      Resilience::retry,
      (resilience, name) -> resilience.retry(name, RetryConfig.defaults()),
      Resilience::retryBudget,
      (resilience, name) -> resilience.retryBudget(name, RetryBudgetConfig.defaults()),
      Resilience::timeout,
      (resilience, name) -> resilience.timeout(name, SECOND),
      (resilience, name) -> resilience.timeout(name, TimeoutConfig.of(SECOND)),
      (resilience, name) -> resilience.deadline(name, SECOND),
      Resilience::pipeline,
      Resilience::pipeline,
      (resilience, name) -> resilience.health().tracker(name),
      (resilience, name) -> resilience.health().tracker(name, HealthTrackerConfig.defaults()),
      (resilience, name) -> resilience.health().register(name, HealthResult::healthy));

  private final Resilience resilience =
      Resilience.builder().timeSource(ManualTime.create()).build();

  @AfterEach
  void close() {
    resilience.close();
  }

  @Test
  void name_blankOrTooLong_isRejected() {
    for (String name : List.of("", " ", "x".repeat(10_001))) {
      for (BiConsumer<Resilience, String> naming : NAMED) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> naming.accept(resilience, name))
            .withMessageContaining("must not be blank and have at most 10000 characters");
      }
    }
    assertThat(resilience.policies().circuitBreakers()).isEmpty();
    assertThat(resilience.policies().keyedCircuitBreakers()).isEmpty();
    assertThat(resilience.policies().retries()).isEmpty();
    assertThat(resilience.policies().retryBudgets()).isEmpty();
    assertThat(resilience.policies().timeouts()).isEmpty();
    assertThat(resilience.policies().pipelines()).isEmpty();
    assertThat(resilience.health().names()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-1S", "P106752D"})
  void limit_outsideTheRange_isRejected(Duration limit) {
    List<Consumer<Resilience>> limited = List.of(
        runtime -> runtime.timeout("prices", limit),
        runtime -> runtime.deadline("checkout", limit),
        runtime -> runtime.flush(limit));
    for (Consumer<Resilience> call : limited) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> call.accept(resilience))
          .withMessage("limit must be positive and at most 106,751 days: " + limit);
    }
    assertThat(resilience.policies().timeouts()).isEmpty();
  }

  @Test
  void rejected_isNoPermit_whateverTheState() {
    CircuitBreaker timed = resilience.circuitBreaker(
        "timed", CircuitBreakerConfig.builder().slowCallRateThreshold(50).build());
    CircuitBreaker plain = resilience.circuitBreaker("plain");
    for (CircuitBreaker breaker : List.of(plain, timed)) {
      List<Runnable> states =
          List.of(breaker::reset, breaker::forceOpen, breaker::disable, breaker::metricsOnly);
      for (Runnable state : states) {
        state.run();
        List<Runnable> completions = List.of(
            () -> breaker.recordSuccess(CircuitBreaker.REJECTED),
            () -> breaker.recordFailure(CircuitBreaker.REJECTED, null),
            () -> breaker.releasePermit(CircuitBreaker.REJECTED));
        for (Runnable completion : completions) {
          assertThatIllegalArgumentException()
              .isThrownBy(completion::run)
              .withMessage("permit must be one that was given, not REJECTED: 0");
        }
      }
      CircuitBreaker fresh = resilience.circuitBreaker("fresh");
      assertThat(breaker.snapshot().totals()).isEqualTo(fresh.snapshot().totals());
    }
  }

  @Test
  void callEvents_ofNoKind_areRejected() {
    Set<CircuitBreakerCall.Kind> none = Set.of();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> resilience.circuitBreaker("prices").subscribeCalls(none, call -> {}))
        .withMessage("kinds must name at least one: []");
  }

  @Test
  void key_blankOrTooLong_isRejectedSavedOrNot() {
    KeyedCircuitBreaker keyed = resilience.keyedCircuitBreaker(
        "agents", KeyedCircuitBreakerConfig.builder().build());
    keyed.forKey("good");
    SavedBreaker good = keyed.save().get(0);
    keyed.remove("good");
    for (String key : List.of("", " ", "x".repeat(10_001))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> keyed.forKey(key))
          .withMessageContaining("key must not be blank");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> keyed.restore(List.of(good, withKey(good, key))))
          .withMessageStartingWith("key must ");
    }
    assertThat(keyed.states()).containsOnlyKeys("good");
  }

  private static SavedBreaker withKey(SavedBreaker saved, String key) {
    return saved.toBuilder().key(key).build();
  }
}
