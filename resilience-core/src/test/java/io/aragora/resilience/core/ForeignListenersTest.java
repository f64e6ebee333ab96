package io.aragora.resilience.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.chaos.Chaos;
import io.aragora.resilience.chaos.ChaosConfig;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit;
import io.aragora.resilience.core.ForeignCodeTest.Thrower;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.hedge.HedgeConfig;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceException;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.ratelimiter.RateLimiter;
import io.aragora.resilience.testing.ManualTime;
import java.io.IOException;
import java.lang.reflect.Method;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Listeners of every kind of policy, and consumers of values that no caller receives, with every kind of throwable: the calls that
 * they are called for end as without them, and the next listener receives each event. Listeners are found by reflection.
 */
class ForeignListenersTest {
  private final ManualTime time = ManualTime.create();
  private final Resilience resilience = Resilience.builder()
      .timeSource(time)
      .property("resilience.chaos.enabled", "true")
      .build();

  @BeforeAll
  static void logLess() {
    ForeignCodeTest.logLess();
  }

  @AfterAll
  static void logAgain() {
    ForeignCodeTest.logAgain();
  }

  /** Checks with each kind of throwable, and a new runtime each time. */
  private static Stream<DynamicTest> each(
      String name, BiConsumer<ForeignListenersTest, Throwable> check) {
    return ForeignCodeTest.THROWABLES.stream()
        .map(thrown -> dynamicTest(name + ": " + thrown.getClass().getSimpleName(), () -> {
          ForeignListenersTest fixture = new ForeignListenersTest();
          try (Resilience closed = fixture.resilience) {
            check.accept(fixture, thrown);
            assertThat(closed.isClosed()).isFalse();
            Thread.interrupted();
          }
        }));
  }

  @TestFactory
  Stream<DynamicTest> everyListener_everyThrowable_changesNoCall() {
    List<DynamicTest> tests = new ArrayList<>();
    for (ForeignPattern pattern : ForeignPattern.all()) {
      for (Method listener : pattern.listeners()) {
        String name = listener.getDeclaringClass().getSimpleName() + "." + listener.getName();
        each(name, (fixture, thrown) -> fixture.checkListener(pattern, listener, thrown))
            .forEach(tests::add);
      }
    }
    assertThat(tests).hasSizeGreaterThan(7 * ForeignCodeTest.THROWABLES.size());
    return tests.stream();
  }

  private void checkListener(ForeignPattern pattern, Method listener, Throwable thrown) {
    Object policy = pattern.declared(resilience);
    Thrower thrower = new Thrower(thrown);
    AtomicInteger received = new AtomicInteger();
    ForeignPattern.invoke(
        listener, policy, ForeignCodeTest.throwingProxy(listener.getParameterTypes()[0], thrower));
    Consumer<Object> next = event -> received.incrementAndGet();
    ForeignPattern.invoke(listener, policy, next);

    provoke(policy);
    time.runPending();
    provoke(policy);
    time.runPending();

    assertThat(thrower.called).as("events").hasValueGreaterThan(1);
    assertThat(received).as("events of the next listener").hasValue(thrower.called.get());
  }

  /** Lets a policy make calls that its listeners receive. A new kind fails until it is here. */
  private void provoke(Object policy) {
    if (policy instanceof Bulkhead bulkhead) {
      long held = bulkhead.tryAcquirePermit();
      checkRejects(bulkhead);
      bulkhead.releasePermit(held);
      assertThat(bulkhead.snapshot().inUse()).isZero();
    } else if (policy instanceof ConcurrencyLimit limit) {
      long held = limit.tryAcquirePermit();
      checkRejects(limit);
      limit.releasePermit(held);
      assertThat(limit.snapshot().inUse()).isZero();
    } else if (policy instanceof RateLimiter limiter) {
      limiter.tryAcquire();
      checkRejects(limiter);
    } else if (policy instanceof KeyedRateLimiter keys) {
      for (String key : List.of("a", "b")) {
        keys.tryAcquire(key);
        checkRejects(keys.forKey(key));
        time.advance(Duration.ofSeconds(1));
      }
    } else if (policy instanceof Hedge hedge) {
      IOException down = new IOException("down");
      CompletableFuture<String> call = hedge.callAsync(() -> CompletableFuture.failedFuture(down));
      time.runPending();
      assertThat(call.handle((value, failure) -> failure)).isCompletedWithValue(down);
    } else if (policy instanceof Chaos chaos) {
      assertThat(chaos.<String, RuntimeException>call(() -> "well")).isEqualTo("well");
    } else if (policy instanceof Coalescer<?, ?> coalescer) {
      @SuppressWarnings("unchecked") // keys and values are any objects
      Coalescer<Object, Object> any = (Coalescer<Object, Object>) coalescer;
      any.call("key", () -> "stored");
      assertThat(any.<IllegalStateException>call("key", () -> {
            throw new IllegalStateException("down");
          }))
          .isEqualTo("stored");
    } else {
      throw new AssertionError("say here what a listener of this receives: " + policy);
    }
  }

  private static void checkRejects(Policy policy) {
    assertThatThrownBy(() -> policy.run(() -> {})).isInstanceOf(ResilienceException.class);
    assertThat(policy.callAsync(() -> CompletableFuture.completedFuture("never")))
        .isCompletedExceptionally();
  }

  @TestFactory
  Stream<DynamicTest> onLost_everyThrowable_theInjectedFailureComesOut() {
    return each("onLost", (fixture, thrown) -> {
      Thrower thrower = new Thrower(thrown);
      Chaos chaos = fixture
          .resilience
          .unregistered()
          .chaos(
              "x",
              ChaosConfig.builder()
                  .failAfter(100, () -> new SocketException("chaos"))
                  .onLost(lost -> thrower.go())
                  .build());
      fixture.resilience.chaos().start(Duration.ofHours(1));
      assertThatThrownBy(() -> chaos.call(() -> "lost")).isInstanceOf(SocketException.class);
      assertThatThrownBy(() ->
              chaos.callAsync(() -> CompletableFuture.completedFuture("lost")).join())
          .hasCauseInstanceOf(SocketException.class);
      assertThat(thrower.called).hasValue(2);
    });
  }

  @TestFactory
  Stream<DynamicTest> onLoser_everyThrowable_theWinnerComesOut() {
    return each("onLoser", (fixture, thrown) -> {
      Thrower thrower = new Thrower(thrown);
      Hedge hedge = fixture
          .resilience
          .unregistered()
          .hedge(
              "h",
              HedgeConfig.forIdempotentCalls()
                  .delay(Duration.ofMillis(10))
                  .onLoser(value -> thrower.go())
                  .build());
      List<CompletableFuture<String>> attempts = new ArrayList<>();
      CompletableFuture<String> call = hedge.callAsync(() -> {
        // Its cancellation does nothing, as if its value were there already.
        CompletableFuture<String> attempt = new CompletableFuture<>() {
          @Override
          public boolean cancel(boolean mayInterrupt) {
            return false;
          }
        };
        attempts.add(attempt);
        return attempt;
      });
      fixture.time.advance(Duration.ofMillis(20));
      assertThat(attempts).hasSize(2);
      attempts.get(1).complete("winner");
      attempts.get(0).complete("loser");
      assertThat(call).isCompletedWithValue("winner");
      assertThat(thrower.called).hasValue(1);
    });
  }
}
