package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceBuilder;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.health.HealthCheckOptions;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthTracker;
import io.aragora.resilience.health.HealthTrackerConfig;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryBudgetConfig;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Deadline;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every setting that is a duration, at the longest one: nothing overflows, and nothing ends early. */
class LongestDurationsTest {
  private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

  /** Settings with a bound of their own, which their documentation has. */
  private static final Map<String, Duration> BOUNDED =
      Map.of("slowCallDuration", Duration.ofDays(1), "halfOpenMaxDuration", Duration.ofHours(8));

  private static final Set<Class<?>> BUILDERS = Set.of(
      CircuitBreakerConfig.Builder.class,
      KeyedCircuitBreakerConfig.Builder.class,
      RetryConfig.Builder.class,
      RetryBudgetConfig.Builder.class,
      TimeoutConfig.Builder.class,
      HealthTrackerConfig.Builder.class,
      HealthCheckOptions.class,
      ResilienceBuilder.class,
      Backoff.class);

  private static Stream<Method> settings(Class<?> type) {
    return Arrays.stream(type.getMethods())
        .filter(method -> method.getDeclaringClass() == type
            && !Modifier.isStatic(method.getModifiers())
            && method.getParameterCount() == 1
            && method.getParameterTypes()[0] == Duration.class);
  }

  private static <B> B set(B builder, Method setting) throws Exception {
    Duration longest = BOUNDED.getOrDefault(setting.getName(), LONGEST);
    if (longest != LONGEST) {
      assertThatThrownBy(() -> setting.invoke(builder, longest.plusNanos(1)))
          .isInstanceOf(InvocationTargetException.class)
          .hasCauseInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> setting.invoke(builder, LONGEST.plusNanos(1)))
        .isInstanceOf(InvocationTargetException.class)
        .hasCauseInstanceOf(IllegalArgumentException.class);
    @SuppressWarnings("unchecked") // a setter returns what it is called on, or its copy
    B set = (B) setting.invoke(builder, longest);
    return set;
  }

  @TestFactory
  Stream<DynamicTest> breakers() {
    return settings(CircuitBreakerConfig.Builder.class)
        .map(setting -> dynamicTest(
            setting.getName(), () -> tryBreaker(set(rules(), setting).build())));
  }

  private static CircuitBreakerConfig.Builder rules() {
    return CircuitBreakerConfig.builder()
        .failureThreshold(2)
        .failureRateThreshold(50)
        .slowCallRateThreshold(50)
        .cooldownBackoff(2)
        .cooldownJitter(1)
        .maxCooldown(LONGEST);
  }

  private static void tryBreaker(CircuitBreakerConfig config) {
    ManualTime time = ManualTime.create().autoAdvance(true);
    try (Resilience resilience =
        Resilience.builder().timeSource(time).stateStore("memory:").build()) {
      CircuitBreaker breaker = resilience.circuitBreaker(
          "b", config.toBuilder().ignoreExternalConfig().build());
      for (int i = 0; i < 30; i++) {
        breaker.run(() -> time.advance(Duration.ofSeconds(1)));
      }
      breaker.callAsync(() -> CompletableFuture.completedFuture("ok")).join();
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.CLOSED);
      for (int i = 0; i < 4; i++) {
        fail(breaker, 2);
        assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
        assertThat(breaker.snapshot().remainingCooldown()).isPositive();
        assertThat(breaker.explain().toString()).isNotEmpty();
        assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
        time.advance(Duration.ofDays(1));
        if (breaker.state() == CircuitBreakerState.OPEN) {
          assertThat(breaker.tryAcquirePermit()).isEqualTo(CircuitBreaker.REJECTED);
          break;
        }
      }
      assertThat(resilience.flush(Duration.ofSeconds(1))).isTrue();
      CircuitBreaker other = resilience.circuitBreaker(
          "other", config.toBuilder().ignoreExternalConfig().build());
      assertThat(other.restore(breaker.save())).isIn(true, false);
      time.advance(Duration.ofDays(1));
      breaker.reset();
      breaker.run(() -> {});
    }
  }

  private static void fail(CircuitBreaker breaker, int times) {
    for (int i = 0; i < times; i++) {
      long permit = breaker.tryAcquirePermit();
      if (permit != CircuitBreaker.REJECTED) {
        breaker.recordFailure(permit, new IOException("down"));
      }
    }
  }

  @TestFactory
  Stream<DynamicTest> keyedBreakers() {
    return settings(KeyedCircuitBreakerConfig.Builder.class)
        .map(setting -> dynamicTest(setting.getName(), () -> {
          ManualTime time = ManualTime.create().autoAdvance(true);
          try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
            KeyedCircuitBreaker keyed = resilience.keyedCircuitBreaker(
                "k",
                set(KeyedCircuitBreakerConfig.builder(), setting)
                    .breaker(rules().build())
                    .maxKeys(2)
                    .build());
            for (int i = 0; i < 5; i++) {
              fail(keyed.forKey("key" + i), 2);
              time.advance(Duration.ofDays(1));
            }
            assertThat(keyed.forKey("key0").name()).isNotEmpty();
          }
        }));
  }

  @TestFactory
  Stream<DynamicTest> timeouts() {
    return settings(TimeoutConfig.Builder.class)
        .map(setting -> dynamicTest(setting.getName(), () -> {
          ManualTime time = ManualTime.create().autoAdvance(true);
          time.advance(Duration.ofDays(365));
          try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
            Timeout timeout =
                resilience.timeout("t", set(TimeoutConfig.builder(), setting).build());
            assertThat(timeout.config().limit()).isEqualTo(LONGEST);
            neverEnds(time, timeout);
            Timeout inner = resilience.timeout("inner", Duration.ofSeconds(1));
            Pipeline both = resilience
                .unregistered()
                .pipelineBuilder("p")
                .add(timeout)
                .add(inner)
                .build();
            neverEnds(
                time,
                resilience
                    .unregistered()
                    .pipelineBuilder("q")
                    .add(inner)
                    .add(timeout)
                    .build(),
                inner);
            CompletableFuture<String> late = both.callAsync(CompletableFuture::new);
            time.advance(Duration.ofMillis(1010));
            assertThat(late).as("the nearer one ends it").isCompletedExceptionally();
          }
        }));
  }

  private static void neverEnds(ManualTime time, Policy policy) {
    policy.run(() -> {
      time.advance(Duration.ofDays(1));
      assertThat(io.aragora.resilience.policy.CallContext.current().remaining().orElseThrow())
          .isGreaterThan(Duration.ofDays(36_500));
    });
    CompletableFuture<String> body = new CompletableFuture<>();
    CompletableFuture<String> call = policy.callAsync(() -> body);
    time.advance(Duration.ofDays(1));
    assertThat(call).isNotDone();
    body.complete("ok");
    assertThat(call).isCompletedWithValue("ok");
  }

  private static void neverEnds(ManualTime time, Policy policy, Timeout inner) {
    policy.run(() -> time.advance(Duration.ofMillis(10)));
    assertThat(inner.totals().fired()).isZero();
  }

  @TestFactory
  Stream<DynamicTest> retries() {
    return settings(RetryConfig.Builder.class)
        .map(setting -> dynamicTest(setting.getName(), () -> {
          ManualTime time = ManualTime.create().autoAdvance(true);
          try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
            Retry retry = resilience.retry(
                "r", set(RetryConfig.builder(), setting).maxAttempts(3).build());
            assertThatThrownBy(() -> retry.call(() -> {
                  throw new UncheckedIOException(new IOException("down"));
                }))
                .isInstanceOf(UncheckedIOException.class);
            assertThat(retry.totals().retries()).isEqualTo(2);
          }
        }));
  }

  /** A delay that is longer than a process lives is not waited for, whatever the backoff adds to it. */
  @TestFactory
  Stream<DynamicTest> backoffs() {
    return Stream.concat(
            Stream.of(
                Backoff.constant(LONGEST),
                Backoff.linear(LONGEST),
                Backoff.exponential(LONGEST),
                Backoff.fibonacci(LONGEST)),
            settings(Backoff.class).map(setting -> {
              try {
                return set(Backoff.constant(Duration.ofSeconds(1)), setting);
              } catch (Exception e) {
                throw new AssertionError(setting.toString(), e);
              }
            }))
        .map(backoff -> dynamicTest(backoff.toString(), () -> {
          for (int retry = 1; retry < 70; retry++) {
            assertThat(backoff.delayNanos(retry, Long.MAX_VALUE, 0.99)).isNotNegative();
            assertThat(backoff.delayNanos(retry, 1, 0)).isNotNegative();
          }
        }));
  }

  @TestFactory
  Stream<DynamicTest> runtimes() {
    return settings(ResilienceBuilder.class)
        .map(setting -> dynamicTest(setting.getName(), () -> {
          ManualTime time = ManualTime.create().autoAdvance(true);
          try (Resilience resilience = set(
                  Resilience.builder().timeSource(time).stateStore("memory:"), setting)
              .maxPolicies(1)
              .build()) {
            resilience.circuitBreaker("a").run(() -> {});
            time.advance(Duration.ofDays(300));
            assertThat(resilience.policies().pruneRetries()).isZero();
            resilience.circuitBreaker("a").forceOpen();
            time.advance(Duration.ofDays(1));
            assertThat(resilience.flush(LONGEST)).isTrue();
            assertThat(resilience.status().stateStore().lastError()).isNull();
          }
        }));
  }

  @TestFactory
  Stream<DynamicTest> health() {
    return Stream.concat(
        settings(HealthTrackerConfig.Builder.class)
            .map(setting -> dynamicTest("tracker " + setting.getName(), () -> {
              ManualTime time = ManualTime.create().autoAdvance(true);
              try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
                HealthTracker tracker = resilience
                    .health()
                    .tracker("t", set(HealthTrackerConfig.builder(), setting).build());
                tracker.recordSuccess(LONGEST);
                tracker.recordSuccess(LONGEST);
                time.advance(Duration.ofDays(1));
                assertThat(tracker.snapshot().meanLatency()).isPositive();
              }
            })),
        settings(HealthCheckOptions.class)
            .map(setting -> dynamicTest("check " + setting.getName(), () -> {
              ManualTime time = ManualTime.create().autoAdvance(true);
              try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
                resilience
                    .health()
                    .register("c", () -> HealthResult.healthy(), optionsWith(setting));
                resilience.health().checkEvery(LONGEST);
                time.advance(Duration.ofDays(1));
                assertThat(resilience.health().checkAll().status()).isNotNull();
              }
            })));
  }

  private static HealthCheckOptions optionsWith(Method setting) throws Exception {
    return set(HealthCheckOptions.defaults(), setting);
  }

  @Test
  void breakerThatIsOpenedForAges_staysOpen() {
    ManualTime time = ManualTime.create();
    time.advance(Duration.ofDays(365));
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      CircuitBreaker breaker = resilience.circuitBreaker("b");
      breaker.open(LONGEST);
      time.advance(Duration.ofDays(365));
      assertThat(breaker.state()).isEqualTo(CircuitBreakerState.OPEN);
      breaker.openUntil(time.wallTime().plus(LONGEST));
      assertThat(breaker.snapshot().remainingCooldown()).isGreaterThan(Duration.ofDays(36_500));
      assertThat(resilience.circuitBreaker("other").restore(breaker.save())).isTrue();
      assertThat(resilience.circuitBreaker("other").state()).isEqualTo(CircuitBreakerState.OPEN);
    }
  }

  @Test
  void deadline_isOpenForAges() {
    ManualTime time = ManualTime.create();
    try (Resilience resilience = Resilience.builder().timeSource(time).build();
        Deadline deadline = resilience.deadline("d", LONGEST)) {
      time.advance(Duration.ofDays(365));
      deadline.check();
      assertThat(deadline.remaining()).isGreaterThan(Duration.ofDays(36_500));
    }
  }

  @Test
  void budget_isUsable() {
    try (Resilience resilience =
        Resilience.builder().timeSource(ManualTime.create()).build()) {
      RetryBudget budget = resilience.retryBudget("b");
      assertThat(budget.tryTake()).isTrue();
    }
  }

  @Test
  void everyBuilder_isTried() {
    Set<String> found = new TreeSet<>();
    BUILDERS.forEach(builder -> settings(builder)
        .forEach(setting -> found.add(builder.getName() + "." + setting.getName())));
    assertThat(found).hasSizeGreaterThan(10);
    assertThat(settings(RetryBudgetConfig.Builder.class)).as("has no duration").isEmpty();
    assertThat(BOUNDED.keySet())
        .allMatch(bounded -> found.stream().anyMatch(each -> each.endsWith("." + bounded)));
  }
}
