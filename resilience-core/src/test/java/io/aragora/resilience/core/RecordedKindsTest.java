package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.aragora.resilience.Policies;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig;
import io.aragora.resilience.ratelimiter.RateLimiterConfig;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiPredicate;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kind of duration reaches the recorders, and ends with its policy. */
class RecordedKindsTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final RateLimiterConfig ONE_A_SECOND = RateLimiterConfig.smooth(1, SECOND)
      .burst(1)
      .maxWait(SECOND.multipliedBy(3))
      .build();

  /**
   * A kind of duration, and a kind of policy that has it.
   *
   * @param kind the kind
   * @param policy declares the policy {@code p}, or finds it
   * @param calls makes calls that have such a duration
   * @param remove removes the policy
   */
  private record Recorded(
      Kind kind,
      Function<Resilience, Policy> policy,
      Calls calls,
      BiPredicate<Policies, String> remove) {
    @Override
    public String toString() {
      return kind.toString();
    }
  }

  private interface Calls {
    void make(Policy policy, ManualTime time);
  }

  /** Writes down what it is asked for. */
  private static final class Recorder implements DurationRecorder {
    final List<String> asked = new ArrayList<>();
    final List<String> durations = new ArrayList<>();
    final List<String> forgotten = new ArrayList<>();

    @Override
    public LongConsumer of(Kind kind, String policy) {
      asked.add(kind + " " + policy);
      return nanos -> durations.add(kind + " " + policy);
    }

    @Override
    public void forget(Kind kind, String policy) {
      forgotten.add(kind + " " + policy);
    }
  }

  private final ManualTime time = ManualTime.create();
  private final AtomicReference<ResilienceContext> context = new AtomicReference<>();
  private final Resilience resilience = Resilience.builder()
      .timeSource(time)
      .extension(given -> {
        context.set(given);
        return () -> {};
      })
      .build();

  @AfterEach
  void close() {
    resilience.close();
  }

  private static void succeed(Policy policy, ManualTime time) {
    assertThat(policy.<String, RuntimeException>call(() -> "done")).isEqualTo("done");
  }

  private static void fail(Policy policy, ManualTime time) {
    time.autoAdvance(true);
    assertThat(catchThrowable(() -> policy.run(() -> {
          throw new IOException("down");
        })))
        .isInstanceOf(IOException.class);
  }

  private static void exceed(Policy policy, ManualTime time) {
    CompletableFuture<String> call = policy.callAsync(CompletableFuture::new);
    time.advance(SECOND.multipliedBy(2));
    assertThat(call).isCompletedExceptionally();
  }

  /** The second call waits for the first one, or for the next permit. */
  private static void waitOnce(Policy policy, ManualTime time) {
    CompletableFuture<String> body = new CompletableFuture<>();
    CompletableFuture<String> first = policy.callAsync(() -> body);
    CompletableFuture<String> second =
        policy.callAsync(() -> CompletableFuture.completedFuture("second"));
    assertThat(second).isNotDone();
    time.advance(SECOND.dividedBy(2));
    body.complete("first");
    time.advance(SECOND);
    assertThat(first).isCompletedWithValue("first");
    assertThat(second).isCompletedWithValue("second");
  }

  static Stream<Recorded> kinds() {
    return Stream.of(
        new Recorded(
            Kind.SUCCESSFUL_CALL,
            runtime -> runtime.circuitBreaker("p"),
            RecordedKindsTest::succeed,
            Policies::removeCircuitBreaker),
        new Recorded(
            Kind.SUCCESSFUL_CALL,
            runtime -> runtime.keyedCircuitBreaker("p", c -> c.maxKeys(2)).forKey("key"),
            RecordedKindsTest::succeed,
            Policies::removeKeyedCircuitBreaker),
        new Recorded(
            Kind.FAILED_CALL,
            runtime -> runtime.circuitBreaker("p"),
            RecordedKindsTest::fail,
            Policies::removeCircuitBreaker),
        new Recorded(
            Kind.FAILED_CALL,
            runtime -> runtime.keyedCircuitBreaker("p", c -> c.maxKeys(2)).forKey("key"),
            RecordedKindsTest::fail,
            Policies::removeKeyedCircuitBreaker),
        new Recorded(
            Kind.RETRY_DELAY,
            runtime -> runtime.retry("p", c -> c.maxAttempts(2)),
            RecordedKindsTest::fail,
            Policies::removeRetry),
        new Recorded(
            Kind.EXCEEDED_LIMIT,
            runtime -> runtime.timeout("p", SECOND),
            RecordedKindsTest::exceed,
            Policies::removeTimeout),
        new Recorded(
            Kind.BULKHEAD_WAIT,
            runtime -> runtime.bulkhead("p", c -> c.maxConcurrentCalls(1).maxWait(SECOND)),
            RecordedKindsTest::waitOnce,
            Policies::removeBulkhead),
        new Recorded(
            Kind.CONCURRENCY_LIMIT_WAIT,
            runtime ->
                runtime.concurrencyLimit("p", c -> c.least(1).initial(1).most(1).maxWait(SECOND)),
            RecordedKindsTest::waitOnce,
            Policies::removeConcurrencyLimit),
        new Recorded(
            Kind.RATE_LIMITER_WAIT,
            runtime -> runtime.rateLimiter("p", ONE_A_SECOND),
            RecordedKindsTest::waitOnce,
            Policies::removeRateLimiter),
        new Recorded(
            Kind.RATE_LIMITER_WAIT,
            runtime -> runtime
                .keyedRateLimiter("p", KeyedRateLimiterConfig.of(ONE_A_SECOND))
                .forKey("key"),
            RecordedKindsTest::waitOnce,
            Policies::removeKeyedRateLimiter));
  }

  @Test
  void kinds_areAllThatExist() {
    assertThat(kinds().map(Recorded::kind).distinct()).containsExactlyInAnyOrder(Kind.values());
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void durations_reachRecordersThatCameBeforeThePolicyAndAfterIt(Recorded recorded) {
    Recorder before = new Recorder();
    context.get().recordDurations(before);
    Policy policy = recorded.policy.apply(resilience);
    Recorder after = new Recorder();
    context.get().recordDurations(after);

    recorded.calls.make(policy, time);

    assertThat(before.durations).containsExactly(recorded.kind + " p");
    assertThat(after.durations).containsExactly(recorded.kind + " p");
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void removal_makesRecordersForgetThePolicy_andTheNextOneIsRecorded(Recorded recorded) {
    Recorder recorder = new Recorder();
    context.get().recordDurations(recorder);
    recorded.policy.apply(resilience);

    assertThat(recorded.remove.test(resilience.policies(), "p")).isTrue();

    assertThat(recorder.forgotten).contains(recorded.kind + " p").doesNotHaveDuplicates();
    recorded.calls.make(recorded.policy.apply(resilience), time);
    assertThat(recorder.durations).containsExactly(recorded.kind + " p");
  }

  /** Breakers and keyed breakers of one name have one recorder, which forgets the durations of both. */
  @Test
  void removal_ofABreakerOrOfAKeyedOne_theOtherOfItsNameIsRecordedAnew() {
    Recorder recorder = new Recorder();
    context.get().recordDurations(recorder);
    Policy breaker = resilience.circuitBreaker("p");
    resilience.keyedCircuitBreaker("p", c -> c.maxKeys(2)).forKey("key");

    int before = recorder.asked.size();
    assertThat(resilience.policies().removeKeyedCircuitBreaker("p")).isTrue();
    assertThat(recorder.asked.subList(before, recorder.asked.size()))
        .contains("SUCCESSFUL_CALL p", "FAILED_CALL p");
    succeed(breaker, time);
    assertThat(recorder.durations).containsExactly("SUCCESSFUL_CALL p");

    resilience.keyedCircuitBreaker("p", c -> c.maxKeys(2)).forKey("key");
    before = recorder.asked.size();
    assertThat(resilience.policies().removeCircuitBreaker("p")).isTrue();
    assertThat(recorder.asked.subList(before, recorder.asked.size()))
        .contains("SUCCESSFUL_CALL p", "FAILED_CALL p");
  }
}
