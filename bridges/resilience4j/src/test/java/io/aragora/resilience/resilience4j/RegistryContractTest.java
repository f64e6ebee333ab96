package io.aragora.resilience.resilience4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.testing.ManualTime;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.github.resilience4j.core.ConfigurationNotFoundException;
import io.github.resilience4j.core.Registry;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.github.resilience4j.retry.RetryRegistry;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import io.github.resilience4j.timelimiter.TimeLimiterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What each registry of Resilience4j does, on theirs and on those of views. */
class RegistryContractTest {
  private static final Resilience RESILIENCE =
      Resilience.builder().timeSource(ManualTime.create()).build();

  @AfterAll
  static void close() {
    RESILIENCE.close();
  }

  private interface WithTags<E, C> {
    E get(String name, C config, Map<String, String> tags);
  }

  /**
   * A registry.
   *
   * @param config a config that is no default
   * @param other another one
   * @param supplied looks a policy up with a supplied config
   * @param byName looks a policy up with the name of a config
   */
  private record Subject<E, C>(
      String name,
      boolean isOurs,
      Registry<E, C> registry,
      C config,
      C other,
      WithTags<E, C> tagged,
      BiFunction<String, C, E> declared,
      BiFunction<String, Supplier<C>, E> supplied,
      BiFunction<String, String, E> byName,
      Supplier<Collection<E>> all,
      Function<E, C> shown,
      Function<E, String> nameOf,
      Function<E, Map<String, String>> tagsOf) {
    @Override
    public String toString() {
      return name + (isOurs ? ", Aragora" : ", Resilience4j");
    }
  }

  static Stream<Subject<?, ?>> subjects() {
    List<Subject<?, ?>> all = new ArrayList<>();
    for (boolean isOurs : new boolean[] {false, true}) {
      all.add(breakers(
          isOurs,
          isOurs ? Resilience4j.circuitBreakers(RESILIENCE) : CircuitBreakerRegistry.ofDefaults()));
      all.add(
          retries(isOurs, isOurs ? Resilience4j.retries(RESILIENCE) : RetryRegistry.ofDefaults()));
      all.add(bulkheads(
          isOurs, isOurs ? Resilience4j.bulkheads(RESILIENCE) : BulkheadRegistry.ofDefaults()));
      all.add(limiters(
          isOurs,
          isOurs ? Resilience4j.rateLimiters(RESILIENCE) : RateLimiterRegistry.ofDefaults()));
      all.add(timeLimiters(
          isOurs,
          isOurs ? Resilience4j.timeLimiters(RESILIENCE) : TimeLimiterRegistry.ofDefaults()));
    }
    return all.stream();
  }

  private static Subject<CircuitBreaker, CircuitBreakerConfig> breakers(
      boolean isOurs, CircuitBreakerRegistry registry) {
    return new Subject<>(
        "circuit breakers",
        isOurs,
        registry,
        CircuitBreakerConfig.custom().slidingWindowSize(7).build(),
        CircuitBreakerConfig.custom().slidingWindowSize(9).build(),
        registry::circuitBreaker,
        registry::circuitBreaker,
        registry::circuitBreaker,
        registry::circuitBreaker,
        registry::getAllCircuitBreakers,
        CircuitBreaker::getCircuitBreakerConfig,
        CircuitBreaker::getName,
        CircuitBreaker::getTags);
  }

  private static Subject<Retry, RetryConfig> retries(boolean isOurs, RetryRegistry registry) {
    return new Subject<>(
        "retries",
        isOurs,
        registry,
        RetryConfig.custom().maxAttempts(7).build(),
        RetryConfig.custom().maxAttempts(9).build(),
        registry::retry,
        registry::retry,
        registry::retry,
        registry::retry,
        registry::getAllRetries,
        Retry::getRetryConfig,
        Retry::getName,
        Retry::getTags);
  }

  private static Subject<Bulkhead, BulkheadConfig> bulkheads(
      boolean isOurs, BulkheadRegistry registry) {
    return new Subject<>(
        "bulkheads",
        isOurs,
        registry,
        BulkheadConfig.custom().maxConcurrentCalls(7).build(),
        BulkheadConfig.custom().maxConcurrentCalls(9).build(),
        registry::bulkhead,
        registry::bulkhead,
        registry::bulkhead,
        registry::bulkhead,
        registry::getAllBulkheads,
        Bulkhead::getBulkheadConfig,
        Bulkhead::getName,
        Bulkhead::getTags);
  }

  private static Subject<RateLimiter, RateLimiterConfig> limiters(
      boolean isOurs, RateLimiterRegistry registry) {
    RateLimiterConfig.Builder config =
        RateLimiterConfig.custom().limitRefreshPeriod(Duration.ofSeconds(1));
    return new Subject<>(
        "rate limiters",
        isOurs,
        registry,
        config.limitForPeriod(7).build(),
        config.limitForPeriod(9).build(),
        registry::rateLimiter,
        registry::rateLimiter,
        registry::rateLimiter,
        registry::rateLimiter,
        registry::getAllRateLimiters,
        RateLimiter::getRateLimiterConfig,
        RateLimiter::getName,
        RateLimiter::getTags);
  }

  private static Subject<TimeLimiter, TimeLimiterConfig> timeLimiters(
      boolean isOurs, TimeLimiterRegistry registry) {
    return new Subject<>(
        "time limiters",
        isOurs,
        registry,
        TimeLimiterConfig.custom().timeoutDuration(Duration.ofSeconds(7)).build(),
        TimeLimiterConfig.custom().timeoutDuration(Duration.ofSeconds(9)).build(),
        registry::timeLimiter,
        registry::timeLimiter,
        registry::timeLimiter,
        registry::timeLimiter,
        registry::getAllTimeLimiters,
        TimeLimiter::getTimeLimiterConfig,
        TimeLimiter::getName,
        TimeLimiter::getTags);
  }

  @ParameterizedTest
  @MethodSource("subjects")
  <E, C> void policy_ofAName_isOne(Subject<E, C> subject) {
    E first = subject.declared.apply("one", subject.config);

    assertThat(subject.declared.apply("one", subject.other)).isSameAs(first);
    assertThat(subject.supplied.apply("one", () -> subject.other)).isSameAs(first);
    assertThat(subject.shown.apply(first)).isSameAs(subject.config);
    assertThat(subject.nameOf.apply(first)).isEqualTo("one");
    assertThat(subject.tagsOf.apply(first)).isEmpty();
    assertThat(subject.registry.find("one")).containsSame(first);
    assertThat(subject.registry.find("none")).isEmpty();
    assertThat(subject.all.get()).containsExactly(first);
  }

  @ParameterizedTest
  @MethodSource("subjects")
  <E, C> void policies_ofTwoNames_areTwo(Subject<E, C> subject) {
    E one = subject.supplied.apply("first", () -> subject.config);
    E other = subject.tagged.get("second", subject.config, Map.of("team", "shop"));

    assertThat(subject.all.get()).containsExactlyInAnyOrder(one, other);
    assertThat(subject.tagsOf.apply(one)).isEmpty();
    assertThat(subject.tagsOf.apply(other)).isEqualTo(Map.of("team", "shop"));
  }

  @ParameterizedTest
  @MethodSource("subjects")
  <E, C> void config_thatIsNamed_isUsed(Subject<E, C> subject) {
    subject.registry.addConfiguration("own", subject.config);

    assertThat(subject.shown.apply(subject.byName.apply("named", "own"))).isSameAs(subject.config);
    assertThat(subject.registry.getConfiguration("own")).containsSame(subject.config);
    assertThat(subject.registry.getDefaultConfig()).isNotNull();
    assertThatThrownBy(() -> subject.byName.apply("other", "missing"))
        .isInstanceOf(ConfigurationNotFoundException.class)
        .hasMessageContaining("missing");
    assertThatThrownBy(() -> subject.registry.addConfiguration("default", subject.config))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(subject.registry.find("other")).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("subjects")
  @SuppressWarnings("NullAway") // null is what is tested
  <E, C> void null_isRejected(Subject<E, C> subject) {
    assertThatNullPointerException().isThrownBy(() -> subject.declared.apply("null", null));
    assertThatNullPointerException().isThrownBy(() -> subject.supplied.apply("null", () -> null));
    assertThatNullPointerException()
        .isThrownBy(() -> subject.registry.addConfiguration(null, subject.config));
    assertThat(subject.registry.find("null")).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("subjects")
  <E, C> void changes_arePublished(Subject<E, C> subject) {
    List<String> events = new ArrayList<>();
    subject
        .registry
        .getEventPublisher()
        .onEntryAdded(event -> events.add("+" + subject.nameOf.apply(event.getAddedEntry())))
        .onEntryRemoved(event -> events.add("-" + subject.nameOf.apply(event.getRemovedEntry())))
        .onEntryReplaced(event -> events.add(subject.nameOf.apply(event.getOldEntry()) + " by "
            + subject.nameOf.apply(event.getNewEntry())));

    E left = subject.declared.apply("left", subject.config);
    E right = subject.declared.apply("right", subject.config);
    assertThat(subject.registry.replace("left", right)).containsSame(left);
    assertThat(subject.registry.find("left")).containsSame(right);
    assertThat(subject.registry.remove("right")).containsSame(right);
    assertThat(subject.registry.remove("right")).isEmpty();

    assertThat(events).containsExactly("+left", "+right", "left by right", "-right");
  }

  /** The policy belongs to the runtime: a registry forgets its view alone. */
  @ParameterizedTest
  @MethodSource("subjects")
  <E, C> void policy_thatWasRemoved_isDeclaredAnew_asResilience4jDoes_orSaysThatItExists(
      Subject<E, C> subject) {
    E before = subject.declared.apply("again", subject.config);
    subject.registry.remove("again");

    if (subject.isOurs) {
      assertThatThrownBy(() -> subject.declared.apply("again", subject.other))
          .hasMessageContaining("'again' is already declared");
    } else {
      assertThat(subject.shown.apply(subject.declared.apply("again", subject.other)))
          .isSameAs(subject.other);
      subject.registry.remove("again");
    }
    assertThat(subject.declared.apply("again", subject.config)).isNotSameAs(before);
  }
}
