package io.aragora.resilience.core.call;

import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.IIII_Result;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** The claims of {@link PolicyFuture}. */
public class PolicyFutureStress {
  private static final class Ending extends PolicyFuture<Integer> {
    final AtomicInteger inside = new AtomicInteger();
    final AtomicInteger outside = new AtomicInteger();

    @Override
    protected void onInnerEnded(Integer value, Throwable failure) {
      if (claimEnd()) {
        inside.incrementAndGet();
        complete(value);
      }
    }

    @Override
    protected void onEndedOutside(Throwable cause) {
      outside.incrementAndGet();
    }

    void watch(CompletableFuture<Integer> started) {
      follow(started);
    }
  }

  /** The inner end races with a cancellation from outside: one of them ends the future. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = Expect.ACCEPTABLE, desc = "Ended by the inner call.")
  @Outcome(id = "0, 1", expect = Expect.ACCEPTABLE, desc = "Ended from outside.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "Ended twice, or never.")
  @State
  public static class EndsOnce {
    private final Ending future = new Ending();
    private final CompletableFuture<Integer> inner = new CompletableFuture<>();

    public EndsOnce() {
      future.watch(inner);
    }

    @Actor
    public void endInside() {
      inner.complete(1);
    }

    @Actor
    public void cancelOutside() {
      future.cancel(true);
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = future.inside.get();
      result.r2 = future.outside.get();
    }
  }

  /** An end that is read and then set: shows that the test detects a double end. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "Ended once.")
  @Outcome(
      id = "1, 1",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The double end that PolicyFuture must not have.")
  @State
  public static class BrokenEndsOnce {
    private volatile boolean ended;

    private int end() {
      if (ended) {
        return 0;
      }
      ended = true;
      return 1;
    }

    @Actor
    public void endInside(II_Result result) {
      result.r1 = end();
    }

    @Actor
    public void cancelOutside(II_Result result) {
      result.r2 = end();
    }
  }

  /** The value of a call meets the cancellation by a policy around: it ends the future, or that policy receives it. */
  @JCStressTest
  @Outcome(id = "1, 0, 1", expect = Expect.ACCEPTABLE, desc = "The value ended the future.")
  @Outcome(id = "0, 1, 1", expect = Expect.ACCEPTABLE, desc = "The policy around received it.")
  @Outcome(
      id = "0, 0, 0",
      expect = Expect.ACCEPTABLE,
      desc = "The call inside was cancelled first.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "The value is lost, or arrived twice.")
  @State
  public static class ValueArrivesOnce {
    private final Ending future = new Ending();
    private final Ending inner = new Ending();
    private final AtomicInteger received = new AtomicInteger();
    private boolean hasValue;

    private final InnerCancellation cancellation =
        new InnerCancellation("", null, value -> received.incrementAndGet()) {};

    public ValueArrivesOnce() {
      future.watch(inner);
    }

    @Actor
    public void endInside() {
      hasValue = inner.complete(1);
    }

    @Actor
    public void cancelAround() {
      future.completeExceptionally(cancellation);
    }

    @Arbiter
    public void look(III_Result result) {
      result.r1 = future.isCompletedExceptionally() ? 0 : 1;
      result.r2 = received.get();
      result.r3 = hasValue ? 1 : 0;
    }
  }

  /** Passes the value on only if the end was claimed before: shows that the test detects a value that is lost. */
  @JCStressTest
  @Outcome(
      id = {"1, 0", "0, 1"},
      expect = Expect.ACCEPTABLE,
      desc = "The value arrived once.")
  @Outcome(
      id = "0, 0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The value that PolicyFuture must not lose.")
  @State
  public static class BrokenValueArrivesOnce {
    private final CompletableFuture<Integer> future = new CompletableFuture<>();
    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicInteger received = new AtomicInteger();

    @Actor
    public void endInside() {
      if (ended.compareAndSet(0, 1)) {
        future.complete(1);
      } else {
        received.incrementAndGet();
      }
    }

    @Actor
    public void cancelAround() {
      if (future.completeExceptionally(new CancellationException())) {
        ended.compareAndSet(0, 2);
      }
    }

    @Arbiter
    public void look(II_Result result) {
      result.r1 = future.isCompletedExceptionally() ? 0 : 1;
      result.r2 = received.get();
    }
  }

  /** A cancellation while the inner call is being started: in either order, that call is cancelled. */
  @JCStressTest
  @Outcome(
      id = "1, 0, 1",
      expect = Expect.ACCEPTABLE,
      desc = "The inner call is cancelled; the future was ended from outside.")
  @Outcome(
      expect = Expect.FORBIDDEN,
      desc = "The inner call keeps running without a waiting caller.")
  @State
  public static class StartedCallIsCancelled {
    private final Ending future = new Ending();
    private final CompletableFuture<Integer> inner = new CompletableFuture<>();

    @Actor
    public void start() {
      future.watch(inner);
    }

    @Actor
    public void cancelOutside() {
      future.cancel(true);
    }

    @Arbiter
    public void look(III_Result result) {
      result.r1 = inner.isCancelled() ? 1 : 0;
      result.r2 = future.inside.get();
      result.r3 = future.outside.get();
    }
  }

  /** Each side reads before it writes: shows that the test detects a call that keeps running. */
  @JCStressTest
  @Outcome(id = "1", expect = Expect.ACCEPTABLE, desc = "Cancelled.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The call that PolicyFuture must not leave running.")
  @State
  public static class BrokenStartedCallIsCancelled {
    private final CompletableFuture<Integer> started = new CompletableFuture<>();
    private volatile CompletableFuture<Integer> inner;
    private volatile Throwable cancellation;

    @Actor
    public void start() {
      Throwable cause = cancellation;
      inner = started;
      if (cause != null) {
        started.cancel(true);
      }
    }

    @Actor
    public void cancelOutside() {
      CompletableFuture<Integer> running = inner;
      cancellation = new CancellationException("stress");
      if (running != null) {
        running.cancel(true);
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = started.isCancelled() ? 1 : 0;
    }
  }

  /** A stage that calls its callback where the stack has little room left. */
  private static final class DeepStage extends CompletableFuture<Integer> {
    private final int room;
    private BiFunction<? super Integer, Throwable, ?> callback;

    /**
     * Creates a stage.
     *
     * @param room how many frames must fit before the callback is called: more than it needs to be entered
     */
    DeepStage(int room) {
      this.room = room;
    }

    @Override
    public <U> CompletableFuture<U> handle(
        BiFunction<? super Integer, Throwable, ? extends U> end) {
      if (isDone()) {
        return super.handle(end);
      }
      callback = end;
      return new CompletableFuture<>();
    }

    void end() {
      complete(1);
      descend(1, 2, 3, 4);
    }

    private boolean descend(long a, long b, long c, long d) {
      try {
        if (a != 0 && descend(b, c, d, a)) {
          return true;
        }
      } catch (StackOverflowError e) {
        // The deepest frame.
      }
      try {
        take(room, a, b, c);
      } catch (StackOverflowError e) {
        return false;
      }
      try {
        callback.apply(1, null);
      } catch (StackOverflowError e) {
        // There was no room to start a thread.
      }
      return true;
    }

    private static long take(int frames, long a, long b, long c) {
      return frames == 0 ? a : take(frames - 1, b, c, a) + a;
    }
  }

  private static int endOf(Ending future) {
    try {
      return future.get(10, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      return 0;
    }
  }

  /**
   * Two calls end where the stack has no room, one of them for not even a thread: each of them ends, once another call is watched.
   */
  @JCStressTest
  @Outcome(id = "1, 1, 1, 1", expect = Expect.ACCEPTABLE, desc = "Each ended once.")
  @Outcome(expect = Expect.FORBIDDEN, desc = "A stranded call is lost, or ended twice.")
  @State
  public static class StrandedCallEnds {
    private final Ending first = new Ending();
    private final Ending second = new Ending();
    private final DeepStage narrow = new DeepStage(64);
    private final DeepStage wide = new DeepStage(300);

    public StrandedCallEnds() {
      first.watch(narrow);
      second.watch(wide);
    }

    @Actor
    public void endNarrow() {
      narrow.end();
    }

    @Actor
    public void endWide() {
      wide.end();
    }

    @Arbiter
    public void look(IIII_Result result) {
      new Ending().watch(new CompletableFuture<>());
      result.r1 = endOf(first);
      result.r2 = endOf(second);
      result.r3 = first.inside.get();
      result.r4 = second.inside.get();
    }
  }

  /** A thread that looks for calls and stops in two steps: shows that the test detects a call that is lost. */
  @JCStressTest
  @Outcome(
      id = {"1", "2"},
      expect = Expect.ACCEPTABLE,
      desc = "The call was taken, or started a thread.")
  @Outcome(
      id = "0",
      expect = Expect.ACCEPTABLE_INTERESTING,
      desc = "The call that PolicyFuture must not lose.")
  @State
  public static class BrokenStrandedCallEnds {
    private volatile int stranded;
    private volatile boolean ending = true;
    private int taken;
    private int started;

    @Actor
    public void strand() {
      stranded = 1;
      if (!ending) {
        started = 2;
      }
    }

    @Actor
    public void stopEnding() {
      if (stranded == 0) {
        ending = false;
      } else {
        taken = 1;
      }
    }

    @Arbiter
    public void look(I_Result result) {
      result.r1 = taken + started;
    }
  }
}
