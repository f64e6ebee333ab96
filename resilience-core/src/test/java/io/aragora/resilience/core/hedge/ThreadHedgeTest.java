package io.aragora.resilience.core.hedge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.Pipeline;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.core.ReadLines;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.hedge.Hedge;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Synchronous calls. Hedges run on the thread of the test, which drives the time. */
class ThreadHedgeTest extends HedgeFixture {
  private final CountDownLatch inside = new CountDownLatch(1);
  private final CountDownLatch release = new CountDownLatch(1);
  private final AtomicInteger bodies = new AtomicInteger();

  /** A thread that calls; afterwards it says whether it was left interrupted. */
  private static final class Caller extends FutureTask<String> {
    final Thread thread = new Thread(this, "caller");

    Caller(Callable<String> call) {
      super(call);
      thread.start();
    }

    String result() throws Exception {
      return get(10, TimeUnit.SECONDS);
    }

    Throwable failure() throws Exception {
      try {
        throw new AssertionError("returned " + result());
      } catch (ExecutionException e) {
        return e.getCause();
      }
    }
  }

  private Caller call(Callable<String> call) throws InterruptedException {
    Caller caller = new Caller(() -> {
      String result = call.call();
      return Thread.interrupted() ? result + " and an interrupt" : result;
    });
    assertThat(inside.await(10, TimeUnit.SECONDS)).isTrue();
    return caller;
  }

  private String hang() throws InterruptedException {
    inside.countDown();
    release.await();
    return "first";
  }

  /** Ignores interrupts. */
  private String hangStubbornly() {
    inside.countDown();
    boolean wasInterrupted = false;
    while (true) {
      try {
        release.await();
        break;
      } catch (InterruptedException e) {
        wasInterrupted = true;
      }
    }
    return wasInterrupted ? "late" : "first";
  }

  private boolean isFirst() {
    return bodies.getAndIncrement() == 0;
  }

  @Test
  @Tag("HG-21")
  void hedgeThatWins_interruptsTheCallerAndLeavesNoInterrupt() throws Exception {
    Hedge hedge = hedge(c -> c);
    Caller caller = call(() -> hedge.call(() -> isFirst() ? hang() : "hedge"));
    at(45);
    assertThat(bodies).hasValue(1);
    at(50);
    assertThat(caller.result()).isEqualTo("hedge");
    assertThat(hedge.totals().won()).isEqualTo(1);
    assertThat(hedge.totals().wonLate()).isZero();
  }

  @Test
  @Tag("HG-21")
  void firstThatIgnoresTheInterrupt_delaysTheResult() throws Exception {
    Hedge hedge = hedge(c -> c);
    Caller caller = call(() -> hedge.call(() -> isFirst() ? hangStubbornly() : "hedge"));
    at(50);
    assertThat(hedge.totals().won()).isEqualTo(1);
    assertThat(ReadLines.of(resilience, "hedge")).contains("hedges won 1", "won_late  0");
    assertThat(caller.isDone()).isFalse();
    release.countDown();
    assertThat(caller.result()).isEqualTo("hedge");
    assertThat(hedge.totals().wonLate()).isEqualTo(1);
    assertThat(ReadLines.of(resilience, "hedge")).contains("hedges won 1", "won_late  1");
    assertThat(losers).containsExactly("late");
  }

  @Test
  @Tag("HG-21")
  void interruptFromOutside_endsTheCallAndStays() throws Exception {
    Hedge hedge = hedge(c -> c);
    AtomicBoolean stayed = new AtomicBoolean();
    Caller caller = call(() -> {
      try {
        return hedge.call(() -> {
          inside.countDown();
          try {
            release.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          throw new IOException("interrupted");
        });
      } catch (IOException e) {
        stayed.set(Thread.interrupted());
        throw e;
      }
    });
    caller.thread.interrupt();
    assertThat(caller.failure()).isInstanceOf(IOException.class);
    assertThat(stayed).isTrue();
    assertThat(bodies).hasValue(0);
  }

  @Test
  @Tag("HG-21")
  void foreignInterrupt_isKeptIfAHedgeWins() throws Exception {
    Hedge hedge = hedge(c -> c);
    Caller caller = call(() -> hedge.call(() -> {
      if (isFirst()) {
        inside.countDown();
        while (release.getCount() != 0) {
          Thread.onSpinWait();
        }
        return "first";
      }
      return "hedge";
    }));
    caller.thread.interrupt();
    at(50);
    assertThat(hedge.totals().won()).isEqualTo(1);
    release.countDown();
    assertThat(caller.result()).isEqualTo("hedge and an interrupt");
    assertThat(losers).containsExactly("first");
  }

  @Test
  @Tag("HG-21")
  void interruptThatTheBodySetsAgain_isKeptIfNoHedgeStarted() throws Exception {
    Hedge hedge = hedge(c -> c);
    Caller caller = call(() -> hedge.call(() -> {
      String result = hangStubbornly();
      Thread.currentThread().interrupt();
      return result;
    }));
    release.countDown();
    assertThat(caller.result()).isEqualTo("first and an interrupt");
  }

  @Test
  @Tag("HG-27")
  void closing_endsTheWaitForAHedgeThatNeverBegins() throws Exception {
    IOException down = new IOException("down");
    CountDownLatch accepted = new CountDownLatch(1);
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(hedge(c -> c))
        .build()
        .on(task -> accepted.countDown());
    Caller caller = call(() -> pipeline.call(() -> {
      inside.countDown();
      throw down;
    }));
    assertThat(accepted.await(10, TimeUnit.SECONDS)).isTrue();
    time.awaitSleepers(1);
    resilience.close();
    time.runPending();
    assertThat(caller.failure()).isSameAs(down);
  }

  @Test
  @Tag("HG-27")
  void closing_leavesTheFirstAttemptAlone() throws Exception {
    Hedge hedge = hedge(c -> c);
    Caller caller = call(() -> hedge.call(() -> isFirst() ? hang() : "hedge"));
    resilience.close();
    time.advance(Duration.ofSeconds(1));
    assertThat(bodies).hasValue(1);
    release.countDown();
    assertThat(caller.result()).isEqualTo("first");
  }

  @Test
  @Tag("HG-22")
  void threadThatWasHedged_keepsNothingOfTheCall() {
    time.autoAdvance(true);
    Hedge hedge = hedge(c -> c.acceptResult("good"::equals));
    AtomicInteger calls = new AtomicInteger();
    for (int i = 0; i < 2; i++) {
      assertThat(hedge.<String, RuntimeException>call(
              () -> calls.getAndIncrement() % 2 == 0 ? "bad" : "good"))
          .isEqualTo("good");
      Timeout timeout = resilience.timeout("t", Duration.ofSeconds(1));
      timeout.run(() -> {
        Frame frame = Objects.requireNonNull(Frame.ofThread());
        assertThat(frame.earlierHedge()).isNull();
        assertThat(frame.expiry()).isNotInstanceOf(ThreadHedge.class);
      });
    }
    assertThat(hedge.<String, RuntimeException>call(() -> "good")).isEqualTo("good");
    Timeout timeout = resilience.timeout("t", Duration.ofSeconds(1));
    timeout.run(() -> assertThat(Objects.requireNonNull(Frame.ofThread()).earlierHedge())
        .as("used again by the next call")
        .isNotNull());
  }

  @Test
  @Tag("HG-21")
  void firstThatFails_waitsForItsHedge() throws Exception {
    Hedge hedge = hedge(c -> c);
    Caller caller = call(() -> hedge.call(() -> {
      if (isFirst()) {
        inside.countDown();
        throw new IOException("down");
      }
      return "hedge " + CallContext.current().isHedge();
    }));
    time.awaitSleepers(1);
    time.runPending();
    assertThat(caller.result()).isEqualTo("hedge true");
  }

  @Test
  @Tag("HG-21")
  void ifAllFail_theFailureOfTheFirstComesOut() throws Exception {
    Hedge hedge = hedge(c -> c.maxHedges(2));
    IOException first = new IOException("first");
    IOException second = new IOException("second");
    IOException third = new IOException("third");
    Caller caller = call(() -> hedge.call(() -> {
      inside.countDown();
      switch (bodies.getAndIncrement()) {
        case 0 -> throw first;
        case 1 -> throw second;
        default -> throw third;
      }
    }));
    time.awaitSleepers(1);
    time.runPending();
    assertThat(caller.failure()).isSameAs(first);
    assertThat(first.getSuppressed()).containsExactlyInAnyOrder(second, third);
  }

  @Test
  @Tag("HG-21")
  void hedgesAfterAFailure_startAtTheirTimes() throws Exception {
    Hedge hedge = hedge(c -> c.maxHedges(2));
    ExecutorService pool = Executors.newCachedThreadPool();
    CountDownLatch hedged = new CountDownLatch(1);
    try {
      Pipeline pipeline =
          resilience.unregistered().pipelineBuilder("p").add(hedge).build().on(pool);
      Caller caller = call(() -> pipeline.call(() -> switch (bodies.getAndIncrement()) {
        case 0 -> {
          inside.countDown();
          throw new IOException("down");
        }
        case 1 -> {
          hedged.countDown();
          release.await();
          yield "second";
        }
        default -> "third";
      }));
      assertThat(hedged.await(10, TimeUnit.SECONDS)).isTrue();
      time.awaitSleepers(1);
      at(100);
      assertThat(caller.result()).isEqualTo("third");
      time.runPending();
    } finally {
      pool.shutdown();
      assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  @Tag("HG-08")
  void hedgesOfASlowCall_startAtTheirTimes() throws Exception {
    Hedge hedge = hedge(c -> c.maxHedges(2));
    ExecutorService pool = Executors.newCachedThreadPool();
    CountDownLatch hedged = new CountDownLatch(1);
    try {
      Pipeline pipeline =
          resilience.unregistered().pipelineBuilder("p").add(hedge).build().on(pool);
      Caller caller = call(() -> pipeline.call(() -> switch (bodies.getAndIncrement()) {
        case 0 -> hang();
        case 1 -> {
          hedged.countDown();
          release.await();
          yield "second";
        }
        default -> "third";
      }));
      at(50);
      assertThat(hedged.await(10, TimeUnit.SECONDS)).isTrue();
      at(95);
      assertThat(bodies).hasValue(2);
      at(100);
      assertThat(caller.result()).isEqualTo("third");
      time.runPending();
    } finally {
      pool.shutdown();
      assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  @Tag("HG-21")
  void firstThatWins_interruptsItsHedge() throws Exception {
    Hedge hedge = hedge(c -> c);
    ExecutorService pool = Executors.newCachedThreadPool();
    CountDownLatch hedged = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    try {
      Pipeline pipeline =
          resilience.unregistered().pipelineBuilder("p").add(hedge).build().on(pool);
      Caller caller = call(() -> pipeline.call(() -> {
        if (isFirst()) {
          return hang();
        }
        hedged.countDown();
        try {
          new CountDownLatch(1).await();
        } catch (InterruptedException e) {
          interrupted.countDown();
        }
        return "loser";
      }));
      at(50);
      assertThat(hedged.await(10, TimeUnit.SECONDS)).isTrue();
      release.countDown();
      assertThat(caller.result()).isEqualTo("first");
      time.runPending();
      assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
    } finally {
      pool.shutdown();
      assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(losers).containsExactly("loser");
    assertThat(hedge.totals().lost()).isEqualTo(1);
  }

  @Test
  @Tag("HG-21")
  void callerThatWaitsForAHedge_canBeInterrupted() throws Exception {
    Hedge hedge = hedge(c -> c);
    IOException first = new IOException("down");
    Caller caller = call(() -> hedge.call(() -> {
      inside.countDown();
      throw first;
    }));
    time.awaitSleepers(1);
    caller.thread.interrupt();
    assertThat(caller.failure())
        .isInstanceOf(CallInterruptedException.class)
        .hasSuppressedException(first);
    time.runPending();
    assertThat(hedge.totals().lost()).isEqualTo(1);
    assertThat(hedge.totals().cancelled()).isEqualTo(1);
  }

  @Test
  @Tag("HG-21")
  void timeoutAround_endsBothAttemptsAndBreakersCountFailures() throws Exception {
    Timeout timeout = resilience.timeout("t", millis(100));
    CircuitBreaker breaker = resilience.circuitBreaker("b", c -> c.failureThreshold(10));
    ExecutorService pool = Executors.newCachedThreadPool();
    CountDownLatch hedged = new CountDownLatch(2);
    try {
      Pipeline pipeline = resilience
          .unregistered()
          .pipelineBuilder("p")
          .add(timeout)
          .add(hedge(c -> c))
          .add(breaker)
          .build()
          .on(pool);
      Caller caller = call(() -> pipeline.call(() -> {
        hedged.countDown();
        return hang();
      }));
      at(50);
      assertThat(hedged.await(10, TimeUnit.SECONDS)).isTrue();
      at(100);
      assertThat(caller.failure()).isInstanceOf(TimeoutExceededException.class);
      time.runPending();
    } finally {
      pool.shutdown();
      assertThat(pool.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(breaker.snapshot().totals().failures()).isEqualTo(2);
  }

  @Test
  @Tag("HG-21")
  void delayOfZero_startsTheHedgesBesideTheFirst() throws Exception {
    Hedge hedge = hedge(c -> c.delay(Duration.ZERO));
    Caller caller =
        call(() -> hedge.call(() -> CallContext.current().isHedge() ? "hedge" : hang()));
    time.runPending();
    assertThat(caller.result()).isEqualTo("hedge");
  }

  @Test
  @Tag("HG-21")
  void callInTime_isNotHedged() throws Exception {
    Hedge hedge = hedge(c -> c);
    for (int i = 0; i < 3; i++) {
      assertThat(hedge.<String, RuntimeException>call(() -> "a")).isEqualTo("a");
      assertThatThrownBy(() -> hedge.call(() -> {
            throw new IllegalStateException("bug");
          }))
          .isInstanceOf(IllegalStateException.class);
    }
    at(1000);
    assertThat(bodies).hasValue(0);
    assertThat(hedge.totals().first()).isEqualTo(3);
    assertThat(hedge.totals().failed()).isEqualTo(3);
    assertThat(CallContext.current().attempt()).isZero();
  }

  @Test
  @Tag("HG-18")
  void hedgeInsideAHedge_standsDown() throws Exception {
    Hedge inner = resilience.hedge("inner", c -> c.delay(millis(10)));
    Pipeline pipeline = resilience
        .unregistered()
        .pipelineBuilder("p")
        .add(hedge(c -> c))
        .add(inner)
        .build();
    Caller caller = call(() -> pipeline.call(() -> isFirst() ? hang() : "hedge"));
    at(45);
    assertThat(bodies).hasValue(1);
    at(50);
    assertThat(caller.result()).isEqualTo("hedge");
    assertThat(inner.totals().hedges()).isZero();
  }
}
