package io.aragora.resilience.reactor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Backoff;
import java.io.IOException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingOperationError;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** No policy blocks a thread that must not be blocked. The time is that of the machine, as in production. */
class BlockingTest {
  private static final Duration BOUND = Duration.ofSeconds(30);

  /**
   * The queue of waiting calls has a lock, held for some instructions. If threads meet there, one parks, which BlockHound would
   * answer by an error inside the lock.
   */
  @BeforeAll
  static void install() throws ClassNotFoundException {
    Class<?> queue = Class.forName("io.aragora.resilience.core.admission.WaitQueue");
    BlockHound.install(builder -> {
      for (Method method : queue.getDeclaredMethods()) {
        builder.allowBlockingCallsInside(queue.getName(), method.getName());
      }
    });
  }

  @Test
  void blockHound_isInstalled_findsABlockingCall() {
    assertThatThrownBy(() -> Mono.fromRunnable(() -> {
              try {
                Thread.sleep(1);
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            })
            .subscribeOn(Schedulers.parallel())
            .block(BOUND))
        .hasRootCauseInstanceOf(BlockingOperationError.class);
  }

  @Test
  void everyPolicy_onAThreadThatMustNotBlock_doesNotBlock() {
    try (Resilience resilience = Resilience.create()) {
      List<Policy> policies = PolicyKinds.of(resilience);
      for (Policy policy : policies) {
        ResilienceOperator<Long> operator = ResilienceOperator.of(policy);
        Mono<Long> source = Mono.delay(Duration.ofMillis(1), Schedulers.parallel());
        assertThat(source.transform(operator).subscribeOn(Schedulers.parallel()).block(BOUND))
            .as(policy.toString())
            .isZero();
      }
    }
  }

  @Test
  void everyWait_onAThreadThatMustNotBlock_doesNotBlock() {
    try (Resilience resilience = Resilience.create()) {
      AtomicInteger attempts = new AtomicInteger();
      Policy pipeline = resilience
          .unregistered()
          .pipelineBuilder("waits")
          .add(resilience.retry(
              "retry",
              c -> c.maxAttempts(100)
                  .backoff(Backoff.constant(Duration.ofMillis(1)))
                  .retryIf(e -> true)))
          .add(resilience.circuitBreaker("breaker", c -> c.slowCallRateThreshold(50)))
          .add(resilience.rateLimiter(
              "limiter",
              c -> c.limit(1)
                  .period(Duration.ofMillis(1))
                  .burst(1)
                  .maxWait(BOUND)
                  .maxWaiting(1000)))
          .add(resilience.bulkhead(
              "bulkhead", c -> c.maxConcurrentCalls(1).maxWait(BOUND).maxWaiting(1000)))
          .add(resilience.timeout("timeout", BOUND))
          .build();
      Mono<String> source = Mono.defer(() -> attempts.incrementAndGet() % 2 == 1
          ? Mono.error(new IOException("broken"))
          : Mono.delay(Duration.ofMillis(1), Schedulers.parallel()).thenReturn("value"));
      List<String> values = Flux.range(0, 20)
          .flatMap(i ->
              source.transform(ResilienceOperator.of(pipeline)).subscribeOn(Schedulers.parallel()))
          .collectList()
          .block(BOUND);
      assertThat(values).hasSize(20).containsOnly("value");
    }
  }
}
