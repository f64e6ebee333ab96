package io.aragora.resilience.core.recording;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.circuitbreaker.CallNotPermittedException;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker;
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig;
import io.aragora.resilience.core.circuitbreaker.BreakerRuntime;
import io.aragora.resilience.core.circuitbreaker.BreakerStorage;
import io.aragora.resilience.core.circuitbreaker.CoreKeyedCircuitBreaker;
import io.aragora.resilience.core.circuitbreaker.StoredBreaker;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.persistence.RecordedLog;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.Jitter;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Timeout;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DurationRecordersTest {
  private static final Duration TOOK = Duration.ofMillis(30);
  private static final long AWAIT_MILLIS = 60_000;

  private record Recorded(Kind kind, String policy, long nanos) {}

  private final ManualTime time = ManualTime.create();
  private final List<Recorded> recorded = new CopyOnWriteArrayList<>();
  private final DurationRecorder recorder =
      (kind, policy) -> nanos -> recorded.add(new Recorded(kind, policy, nanos));
  private ResilienceContext context;
  private Resilience resilience;

  @BeforeEach
  void start() {
    resilience = Resilience.builder()
        .timeSource(time)
        .extension(attached -> {
          context = attached;
          return () -> {};
        })
        .build();
  }

  @AfterEach
  void close() {
    resilience.close();
  }

  private static Recorded call(Kind kind, String breaker) {
    return new Recorded(kind, breaker, TOOK.toNanos());
  }

  private String takesAWhile() {
    time.advance(TOOK);
    return "answer";
  }

  private String failsAfterAWhile() throws IOException {
    time.advance(TOOK);
    throw new IOException("down");
  }

  @Test
  void recorderThatIsThereTwice_staysOnceWhereOneIsClosedTwice() {
    Subscription once = context.recordDurations(recorder);
    context.recordDurations(recorder);
    once.close();
    once.close();
    resilience.circuitBreaker("b").call(this::takesAWhile);
    assertThat(recorded).containsExactly(call(Kind.SUCCESSFUL_CALL, "b"));
  }

  @Test
  void call_isRecordedAsWhatItCountedAs() {
    context.recordDurations(recorder);
    CircuitBreaker breaker = resilience.circuitBreaker(
        "b",
        CircuitBreakerConfig.builder()
            .recordResultIf("bad"::equals)
            .recordIf(failure -> !(failure instanceof IllegalStateException))
            .build());

    breaker.call(this::takesAWhile);
    assertThatThrownBy(() -> breaker.call(this::failsAfterAWhile)).isInstanceOf(IOException.class);
    breaker.tryCall(() -> {
      time.advance(TOOK);
      return "bad";
    });
    assertThatThrownBy(() -> breaker.run(() -> {
          time.advance(TOOK);
          throw new IllegalStateException("the caller's own mistake");
        }))
        .isInstanceOf(IllegalStateException.class);

    assertThat(recorded)
        .containsExactly(
            call(Kind.SUCCESSFUL_CALL, "b"),
            call(Kind.FAILED_CALL, "b"),
            call(Kind.FAILED_CALL, "b"),
            call(Kind.SUCCESSFUL_CALL, "b"));
    assertThat(breaker.snapshot().totals().successes()).isEqualTo(2);
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(2);
  }

  @Test
  void call_withASlowCallRule_isRecordedToo() {
    context.recordDurations(recorder);
    CircuitBreaker breaker = resilience.circuitBreaker(
        "b",
        CircuitBreakerConfig.builder()
            .slowCallRateThreshold(50)
            .slowCallDuration(Duration.ofSeconds(1))
            .build());

    breaker.call(this::takesAWhile);
    breaker.tryCall(this::takesAWhile);
    CompletableFuture<String> stage = new CompletableFuture<>();
    breaker.callAsync(() -> stage);
    time.advance(TOOK);
    stage.complete("late");

    assertThat(recorded).hasSize(3).containsOnly(call(Kind.SUCCESSFUL_CALL, "b"));
  }

  @Test
  void asynchronousCall_isRecordedWhenItEnds() {
    context.recordDurations(recorder);
    CircuitBreaker breaker = resilience.circuitBreaker("b");
    CompletableFuture<String> good = new CompletableFuture<>();
    CompletableFuture<String> bad = new CompletableFuture<>();
    breaker.callAsync(() -> good);
    breaker.callAsync(() -> bad);
    assertThat(recorded).isEmpty();

    time.advance(TOOK);
    good.complete("answer");
    bad.completeExceptionally(new IOException("down"));

    assertThat(recorded)
        .containsExactly(call(Kind.SUCCESSFUL_CALL, "b"), call(Kind.FAILED_CALL, "b"));
  }

  @Test
  void ignoredAndRejectedCalls_areNotRecorded() {
    context.recordDurations(recorder);
    CircuitBreaker breaker = resilience.circuitBreaker(
        "b",
        CircuitBreakerConfig.builder().ignoreIf(IOException.class::isInstance).build());

    assertThatThrownBy(() -> breaker.call(this::failsAfterAWhile)).isInstanceOf(IOException.class);
    breaker.callAsync(CompletableFuture::new).cancel(false);
    breaker.forceOpen();
    assertThatThrownBy(() -> breaker.call(this::takesAWhile))
        .isInstanceOf(CallNotPermittedException.class);
    assertThat(breaker.callAsync(CompletableFuture::new)).isCompletedExceptionally();

    assertThat(recorded).isEmpty();
  }

  @Test
  void keys_areRecordedUnderTheNameOfTheirBreaker() {
    KeyedCircuitBreaker keyed = resilience.keyedCircuitBreaker(
        "tenants", KeyedCircuitBreakerConfig.of(CircuitBreakerConfig.defaults()));
    keyed.forKey("made before");
    context.recordDurations(recorder);

    keyed.forKey("made before").call(this::takesAWhile);
    keyed.forKey("made after").call(this::takesAWhile);
    keyed.overflow().call(this::takesAWhile);

    assertThat(recorded).hasSize(3).containsOnly(call(Kind.SUCCESSFUL_CALL, "tenants"));
  }

  @Test
  void delaysAndExceededLimits_areRecorded() {
    RetryConfig config = RetryConfig.builder()
        .maxAttempts(3)
        .backoff(Backoff.constant(Duration.ofMillis(250)).withJitter(Jitter.NONE))
        .build();
    Timeout before = resilience.timeout("mail", Duration.ofSeconds(2));
    context.recordDurations(recorder);
    time.autoAdvance(true);

    assertThatThrownBy(() -> resilience.retry("orders", config).call(this::failsAfterAWhile))
        .isInstanceOf(IOException.class);
    CompletableFuture<String> call = before.callAsync(CompletableFuture::new);
    time.advance(Duration.ofSeconds(3));

    assertThat(call).isCompletedExceptionally();
    assertThat(recorded)
        .containsExactly(
            new Recorded(Kind.RETRY_DELAY, "orders", 250_000_000L),
            new Recorded(Kind.RETRY_DELAY, "orders", 250_000_000L),
            new Recorded(Kind.EXCEEDED_LIMIT, "mail", 2_000_000_000L));
  }

  @Test
  void twoRecorders_oneThrows_bothReceiveAndNoCallFails() {
    context.recordDurations((kind, policy) -> nanos -> {
      throw new IllegalStateException("a faulty recorder");
    });
    context.recordDurations(recorder);

    CircuitBreaker breaker = resilience.circuitBreaker("b");
    try (RecordedLog log = RecordedLog.of(GuardedConsumer.class)) {
      assertThat(breaker.call(this::takesAWhile)).isEqualTo("answer");
      assertThat(breaker.call(this::takesAWhile)).isEqualTo("answer");
      assertThat(log.messages())
          .containsExactly(
              "WARNING a duration recorder of 'b' failed; calls continue (logged once)");
    }

    assertThat(recorded).hasSize(2).containsOnly(call(Kind.SUCCESSFUL_CALL, "b"));
  }

  @Test
  void oneThatCannotAnswer_keepsNoPolicyFromBeingMade() {
    context.recordDurations((kind, policy) -> {
      throw new IllegalStateException("a faulty recorder");
    });
    context.recordDurations(recorder);

    try (RecordedLog log = RecordedLog.of(DurationRecorders.class)) {
      resilience.circuitBreaker("b").call(this::takesAWhile);
      assertThat(log.messages())
          .isNotEmpty()
          .allSatisfy(line -> assertThat(line).endsWith("failed; it does not record 'b'"));
    }

    assertThat(recorded).containsExactly(call(Kind.SUCCESSFUL_CALL, "b"));
  }

  @Test
  void removedPolicies_areForgotten_alsoIfAnotherRecorderFails() {
    List<String> forgotten = new CopyOnWriteArrayList<>();
    context.recordDurations(new Forgetting() {
      @Override
      public void forget(Kind kind, String policy) {
        throw new IllegalStateException("a faulty recorder");
      }
    });
    context.recordDurations(new Forgetting() {
      @Override
      public void forget(Kind kind, String policy) {
        forgotten.add(kind + " " + policy);
      }
    });
    resilience.circuitBreaker("b");
    resilience.retry("r");

    try (RecordedLog log = RecordedLog.of(DurationRecorders.class)) {
      assertThat(resilience.policies().removeCircuitBreaker("b")).isTrue();
      assertThat(resilience.policies().removeRetry("r")).isTrue();
      assertThat(log.messages())
          .hasSize(2)
          .allSatisfy(line -> assertThat(line).contains("failed to forget"));
    }

    assertThat(forgotten).containsExactly("SUCCESSFUL_CALL b", "FAILED_CALL b", "RETRY_DELAY r");
  }

  /** A recorder that only wants to know of removed policies. */
  private abstract static class Forgetting implements DurationRecorder {
    @Override
    public @Nullable LongConsumer of(Kind kind, String policy) {
      return null;
    }
  }

  @Test
  void durationsOfOneCall_arePassedOn_toTheRecordersOfTheBreakerToo() {
    List<String> passed = new CopyOnWriteArrayList<>();
    CallDurations alone = CallDurations.and(
        null, nanos -> passed.add("success " + nanos), nanos -> passed.add("failure " + nanos));
    DurationRecorders recorders = new DurationRecorders(() -> {});
    assertThat(CallDurations.of(recorders, "b")).isNull();
    recorders.add(
        (kind, policy) -> kind == Kind.SUCCESSFUL_CALL ? recorder.of(kind, policy) : null);
    CallDurations both = CallDurations.and(
        CallDurations.of(recorders, "b"),
        nanos -> alone.record(nanos, true),
        nanos -> alone.record(nanos, false));

    both.record(TOOK.toNanos(), true);
    both.record(1, false);

    assertThat(passed).containsExactly("success " + TOOK.toNanos(), "failure 1");
    assertThat(recorded).containsExactly(call(Kind.SUCCESSFUL_CALL, "b"));

    recorders.add((kind, policy) -> kind == Kind.FAILED_CALL ? recorder.of(kind, policy) : null);
    CallDurations ofBoth = CallDurations.of(recorders, "c");
    CallDurations.and(ofBoth, nanos -> {}, nanos -> {}).record(TOOK.toNanos(), false);

    assertThat(recorded)
        .containsExactly(call(Kind.SUCCESSFUL_CALL, "b"), call(Kind.FAILED_CALL, "c"));
  }

  @Test
  void oneThatMissesAClass_harmsNoCall() {
    context.recordDurations((kind, policy) -> nanos -> {
      throw new NoClassDefFoundError("at the first use");
    });
    context.recordDurations((kind, policy) -> {
      throw new NoClassDefFoundError("at once");
    });
    context.recordDurations(recorder);

    assertThat(resilience.circuitBreaker("b").call(this::takesAWhile)).isEqualTo("answer");

    assertThat(recorded).containsExactly(call(Kind.SUCCESSFUL_CALL, "b"));
  }

  /** Lets another thread run until it ends or blocks on a lock that this one holds. */
  private static void letRun(Thread other) {
    if (other.getState() == Thread.State.NEW) {
      other.start();
      while (other.getState() != Thread.State.TERMINATED
          && other.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void oneThatComesWhileAPolicyIsMade_recordsItToo() throws Exception {
    Thread coming = new Thread(() -> context.recordDurations(recorder));
    context.recordDurations((kind, policy) -> {
      letRun(coming);
      return null;
    });

    CircuitBreaker breaker = resilience.circuitBreaker("b");
    coming.join(AWAIT_MILLIS);
    breaker.call(this::takesAWhile);

    assertThat(recorded).containsExactly(call(Kind.SUCCESSFUL_CALL, "b"));
  }

  @Test
  void oneThatComesWhileAKeyIsMade_recordsItToo() throws Exception {
    AtomicReference<CoreKeyedCircuitBreaker> keyed = new AtomicReference<>();
    DurationRecorders recorders = new DurationRecorders(() -> keyed.get().measure());
    Thread coming = new Thread(() -> recorders.add(recorder));
    BreakerStorage saver = new BreakerStorage() {
      @Override
      public void made(StoredBreaker breaker) {
        letRun(coming);
      }

      @Override
      public void changed(StoredBreaker breaker) {}
    };
    keyed.set(new CoreKeyedCircuitBreaker(
        "k",
        KeyedCircuitBreakerConfig.of(CircuitBreakerConfig.defaults()),
        BreakerRuntime.of(
            time, new Timer("timer", time), new Dispatcher("r", time, null), recorders, saver)));

    CircuitBreaker breaker = keyed.get().forKey("a");
    coming.join(AWAIT_MILLIS);
    breaker.call(this::takesAWhile);

    assertThat(recorded).containsExactly(call(Kind.SUCCESSFUL_CALL, "k"));
  }

  @Test
  void kindsWithoutARecorder_areNotTimed() {
    context.recordDurations(
        (kind, policy) -> kind == Kind.FAILED_CALL ? recorder.of(kind, policy) : null);
    CircuitBreaker breaker = resilience.circuitBreaker("b");

    breaker.call(this::takesAWhile);
    assertThatThrownBy(() -> breaker.call(this::failsAfterAWhile)).isInstanceOf(IOException.class);

    assertThat(recorded).containsExactly(call(Kind.FAILED_CALL, "b"));
  }

  @Test
  void close_endsIt_forPoliciesThatExistAndThoseToCome() {
    Subscription recording = context.recordDurations(recorder);
    CircuitBreaker breaker = resilience.circuitBreaker("b");
    recording.close();
    recording.close();

    breaker.call(this::takesAWhile);
    resilience.circuitBreaker("made after").call(this::takesAWhile);

    assertThat(recorded).isEmpty();
  }
}
