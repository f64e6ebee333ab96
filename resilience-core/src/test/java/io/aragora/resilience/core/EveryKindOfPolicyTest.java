package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.testing.ManualTime;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a runtime does with each kind of policy alike: it lists, reads, prunes and removes it. */
class EveryKindOfPolicyTest {
  private static final ChaosConfig CHAOS =
      ChaosConfig.builder().delay(1, Duration.ZERO, Duration.ofSeconds(1)).build();
  private static final RateLimiterConfig RATE =
      RateLimiterConfig.smooth(10, Duration.ofSeconds(1)).build();

  /**
   * A kind of policy.
   *
   * @param name its name in readings; a pipeline has none
   * @param declare declares one, or finds it
   * @param list lists all of them
   * @param prune removes those that were not used for long; null if the kind is never pruned
   * @param remove removes one
   */
  private record Kind(
      String name,
      BiFunction<Resilience, String, Object> declare,
      Function<Policies, Collection<?>> list,
      @Nullable ToIntFunction<Policies> prune,
      BiPredicate<Policies, String> remove) {
    List<Object> all(Policies policies) {
      return List.copyOf(list.apply(policies));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final Policies policies = resilience.policies();

  @AfterEach
  void close() {
    resilience.close();
  }

  static Stream<Kind> kinds() {
    return Stream.of(
        new Kind(
            "circuitbreaker",
            Resilience::circuitBreaker,
            Policies::circuitBreakers,
            Policies::pruneCircuitBreakers,
            Policies::removeCircuitBreaker),
        new Kind(
            "keyedcircuitbreaker",
            (runtime, name) -> runtime.keyedCircuitBreaker(name, c -> c.maxKeys(3)),
            Policies::keyedCircuitBreakers,
            null,
            Policies::removeKeyedCircuitBreaker),
        new Kind(
            "retry",
            Resilience::retry,
            Policies::retries,
            Policies::pruneRetries,
            Policies::removeRetry),
        new Kind(
            "retrybudget",
            Resilience::retryBudget,
            Policies::retryBudgets,
            null,
            Policies::removeRetryBudget),
        new Kind(
            "timeout",
            (runtime, name) -> runtime.timeout(name, Duration.ofSeconds(1)),
            Policies::timeouts,
            Policies::pruneTimeouts,
            Policies::removeTimeout),
        new Kind(
            "bulkhead",
            Resilience::bulkhead,
            Policies::bulkheads,
            Policies::pruneBulkheads,
            Policies::removeBulkhead),
        new Kind(
            "concurrencylimit",
            Resilience::concurrencyLimit,
            Policies::concurrencyLimits,
            Policies::pruneConcurrencyLimits,
            Policies::removeConcurrencyLimit),
        new Kind(
            "ratelimiter",
            (runtime, name) -> runtime.rateLimiter(name, RATE),
            Policies::rateLimiters,
            Policies::pruneRateLimiters,
            Policies::removeRateLimiter),
        new Kind(
            "keyedratelimiter",
            (runtime, name) -> runtime.keyedRateLimiter(name, KeyedRateLimiterConfig.of(RATE)),
            Policies::keyedRateLimiters,
            null,
            Policies::removeKeyedRateLimiter),
        new Kind(
            "hedge",
            (runtime, name) -> runtime.hedge(name, c -> c.delay(Duration.ofSeconds(1))),
            Policies::hedges,
            Policies::pruneHedges,
            Policies::removeHedge),
        new Kind(
            "chaos",
            (runtime, name) -> runtime.chaos(name, CHAOS),
            Policies::chaos,
            null,
            Policies::removeChaos),
        new Kind(
            "coalescer",
            (runtime, name) -> runtime.coalescer(name, CoalescerConfig.builder().build()),
            Policies::coalescers,
            Policies::pruneCoalescers,
            Policies::removeCoalescer),
        new Kind(
            "",
            (runtime, name) -> runtime.pipeline(name, c -> c.add(runtime.retry("of a pipeline"))),
            Policies::pipelines,
            null,
            Policies::removePipeline));
  }

  private List<String> read() {
    return ReadLines.of(resilience, kind -> true);
  }

  @Test
  void kinds_areThoseThatCanBeRemovedAndPruned() {
    List<String> methods =
        Arrays.stream(Policies.class.getMethods()).map(Method::getName).toList();
    assertThat(kinds().count())
        .isEqualTo(methods.stream().filter(name -> name.startsWith("remove")).count());
    assertThat(kinds().filter(kind -> kind.prune() != null).count())
        .isEqualTo(methods.stream().filter(name -> name.startsWith("prune")).count());
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void policy_isListedAndRead_untilItIsRemoved(Kind kind) {
    Object policy = kind.declare().apply(resilience, "p");
    Object other = kind.declare().apply(resilience, "q");
    assertThat(kind.declare().apply(resilience, "p")).isSameAs(policy);
    assertThat(kind.all(policies)).hasSize(2).contains(policy, other);
    if (!kind.name().isEmpty()) {
      assertThat(read()).contains(kind.name() + " p", kind.name() + " q");
    }

    assertThat(kind.remove().test(policies, "p")).isTrue();

    assertThat(kind.all(policies)).hasSize(1).contains(other);
    assertThat(read()).doesNotContain(kind.name() + " p");
    assertThat(kind.remove().test(policies, "p")).as("removed already").isFalse();
    assertThat(kind.remove().test(policies, "unknown")).isFalse();
    assertThat(kind.declare().apply(resilience, "p")).as("a new one").isNotSameAs(policy);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void policy_thatWasNotUsedForDays_isPruned(Kind kind) {
    ToIntFunction<Policies> prune = kind.prune();
    if (prune == null) {
      return;
    }
    kind.declare().apply(resilience, "p");
    assertThat(prune.applyAsInt(policies)).as("too early").isZero();
    time.advance(Duration.ofDays(3));
    Object used = kind.declare().apply(resilience, "used");
    assertThat(prune.applyAsInt(policies)).isEqualTo(1);
    assertThat(kind.all(policies)).hasSize(1).contains(used);
  }
}
