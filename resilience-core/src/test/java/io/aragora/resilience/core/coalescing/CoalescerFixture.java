package io.aragora.resilience.core.coalescing;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.coalescing.Coalescer;
import io.aragora.resilience.coalescing.CoalescerConfig;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.timeout.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;

/** A runtime with manual time, threads that call, and a dependency whose answers the test gives. */
abstract class CoalescerFixture {
  final ManualTime time = ManualTime.create();
  final Resilience resilience =
      Resilience.builder().timeSource(time).name("test").build();

  /** The asynchronous bodies in the order in which they began. */
  final List<CompletableFuture<String>> bodies = Collections.synchronizedList(new ArrayList<>());

  private final List<Thread> threads = new ArrayList<>();
  private final long start = time.nanoTime();

  @AfterEach
  void close() throws InterruptedException {
    for (Thread thread : threads) {
      thread.interrupt();
      thread.join(10_000);
    }
    resilience.close();
  }

  static Duration millis(long millis) {
    return Duration.ofMillis(millis);
  }

  /** Moves to a time after the start; the timer fires up to two ticks late. */
  final void at(long millis) {
    time.advanceTo(start + (millis + 2) * 1_000_000);
  }

  final Coalescer<String, String> coalescer(
      UnaryOperator<CoalescerConfig.Builder<String, String>> settings) {
    return resilience.coalescer(
        "prices", settings.apply(CoalescerConfig.<String, String>builder()).build());
  }

  final Coalescer<String, String> coalescer() {
    return coalescer(c -> c);
  }

  /** Starts an asynchronous body, which the test ends. */
  final CompletableFuture<String> begin() {
    CompletableFuture<String> body = new CompletableFuture<>();
    bodies.add(body);
    return body;
  }

  /** Runs code in a block with a deadline. */
  final <T> T within(long millis, Callable<T> code) throws Exception {
    return within(resilience, millis, code);
  }

  /** Runs code in a block with a deadline of another runtime. */
  static <T> T within(Resilience runtime, long millis, Callable<T> code) throws Exception {
    try (Deadline deadline = runtime.deadline("block", millis(millis))) {
      if (deadline.isPassed()) {
        throw new AssertionError(deadline);
      }
      return code.call();
    }
  }

  final CompletableFuture<String> async(Coalescer<String, String> coalescer) {
    return coalescer.callAsync("apples", this::begin);
  }

  /** A thread that makes a call. */
  final class Call {
    final Thread thread;
    private final CompletableFuture<String> end = new CompletableFuture<>();

    Call(Callable<String> call) {
      thread = new Thread(() -> {
        try {
          end.complete(call.call());
        } catch (Throwable e) {
          end.completeExceptionally(e);
        }
      });
      threads.add(thread);
      thread.start();
    }

    boolean isDone() {
      return end.isDone();
    }

    String result() throws Exception {
      return end.get(10, TimeUnit.SECONDS);
    }

    Throwable failure() throws Exception {
      try {
        throw new AssertionError("returned " + result());
      } catch (ExecutionException e) {
        return e.getCause();
      }
    }
  }

  /** A body that blocks its thread until the test ends it. */
  static final class Body implements Callable<String> {
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CompletableFuture<String> end = new CompletableFuture<>();
    volatile Thread thread;

    @Override
    public String call() throws Exception {
      thread = Thread.currentThread();
      entered.countDown();
      try {
        return end.get(10, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        if (e.getCause() instanceof Error error) {
          throw error;
        }
        throw (Exception) e.getCause();
      }
    }

    void awaitEntered() throws InterruptedException {
      if (!entered.await(10, TimeUnit.SECONDS)) {
        throw new AssertionError("the body did not run");
      }
    }

    boolean hasBegun() {
      return entered.getCount() == 0;
    }

    void complete(String value) {
      end.complete(value);
    }

    void fail(Throwable failure) {
      end.completeExceptionally(failure);
    }
  }

  final Call call(Coalescer<String, String> coalescer, Body body) {
    return new Call(() -> coalescer.call("apples", body::call));
  }

  /** A call that leads, whose body has begun. */
  final Call leader(Coalescer<String, String> coalescer, Body body) throws InterruptedException {
    Call call = call(coalescer, body);
    body.awaitEntered();
    return call;
  }

  /** A call that has joined, and is the n-th thread that waits. */
  final Call joiner(Coalescer<String, String> coalescer, Body body, int n) {
    Call call = call(coalescer, body);
    time.awaitSleepers(n);
    return call;
  }

  static Throwable failureOf(CompletableFuture<?> future) {
    try {
      throw new AssertionError("completed with " + future.get(10, TimeUnit.SECONDS));
    } catch (ExecutionException e) {
      return e.getCause();
    } catch (Exception e) {
      return e;
    }
  }
}
