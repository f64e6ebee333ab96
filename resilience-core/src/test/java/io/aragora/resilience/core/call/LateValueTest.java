package io.aragora.resilience.core.call;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.TimeoutConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A value that comes after its call has ended, from a body that no cancellation stops, reaches the consumer of the policy that ended the
 * call: once, whatever policies are between.
 */
class LateValueTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder().timeSource(time).build();
  private final List<Object> late = new ArrayList<>();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static final class Stubborn extends CompletableFuture<String> {
    @Override
    public boolean cancel(boolean mayInterrupt) {
      return false;
    }
  }

  static Stream<Arguments> policies() {
    return Stream.of(
        between("breaker", resilience -> resilience.circuitBreaker("b")),
        between("watched breaker", resilience -> {
          var breaker =
              resilience.circuitBreaker("b", c -> c.slowCallDuration(Duration.ofHours(9)));
          breaker.subscribeCalls(
              Set.of(io.aragora.resilience.circuitbreaker.CircuitBreakerCall.Kind.values()),
              call -> {});
          return breaker;
        }),
        between("retry", resilience -> resilience.retry("r")),
        between("bulkhead", resilience -> resilience.bulkhead("k")),
        between("concurrency limit", resilience -> resilience.concurrencyLimit("c")),
        between(
            "rate limiter",
            resilience -> resilience.rateLimiter(
                "l", RateLimiterConfig.smooth(100, Duration.ofSeconds(1)).build())),
        between("timeout", resilience -> resilience.timeout("t", Duration.ofHours(9))),
        between(
            "all",
            resilience -> resilience
                .unregistered()
                .pipelineBuilder("all")
                .add(resilience.retry("r"))
                .add(resilience.circuitBreaker("b"))
                .add(resilience.bulkhead("k"))
                .add(resilience.timeout("t", Duration.ofHours(9)))
                .build()));
  }

  private static Arguments between(String name, Function<Resilience, Policy> policy) {
    return Arguments.of(name, policy);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("policies")
  void timeout_receivesItOnce(String name, Function<Resilience, Policy> between) {
    Stubborn body = new Stubborn();
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.timeout(
            "outer",
            TimeoutConfig.builder()
                .limit(Duration.ofSeconds(1))
                .onLateResult(late::add)
                .build()))
        .add(between.apply(resilience))
        .build();
    CompletableFuture<String> call = pipeline.callAsync(() -> body);
    time.advance(Duration.ofSeconds(2));
    assertThat(call).isCompletedExceptionally();
    time.advance(Duration.ofHours(1));
    body.complete("an hour later");
    assertThat(late).containsExactly("an hour later");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("policies")
  @Tag("HG-03")
  void hedge_receivesItOnce(String name, Function<Resilience, Policy> between) {
    Stubborn slow = new Stubborn();
    AtomicInteger bodies = new AtomicInteger();
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.hedge("h", c -> c.delay(Duration.ofMillis(50)).onLoser(late::add)))
        .add(between.apply(resilience))
        .build();
    CompletableFuture<String> call = pipeline.callAsync(
        () -> bodies.getAndIncrement() == 0 ? slow : CompletableFuture.completedFuture("quick"));
    time.advance(Duration.ofMillis(60));
    assertThat(call).isCompletedWithValue("quick");
    assertThat(late).isEmpty();
    time.advance(Duration.ofHours(1));
    slow.complete("an hour later");
    assertThat(late).containsExactly("an hour later");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("policies")
  @Tag("HG-03")
  void hedge_receivesThatOfASlowHedge(String name, Function<Resilience, Policy> between) {
    Stubborn slow = new Stubborn();
    CompletableFuture<String> first = new CompletableFuture<>();
    AtomicInteger bodies = new AtomicInteger();
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(resilience.hedge("h", c -> c.delay(Duration.ofMillis(50)).onLoser(late::add)))
        .add(between.apply(resilience))
        .build();
    CompletableFuture<String> call =
        pipeline.callAsync(() -> bodies.getAndIncrement() == 0 ? first : slow);
    time.advance(Duration.ofMillis(60));
    assertThat(bodies).hasValue(2);
    first.complete("first");
    assertThat(call).isCompletedWithValue("first");
    time.advance(Duration.ofHours(1));
    slow.complete("an hour later");
    assertThat(late).containsExactly("an hour later");
  }
}
