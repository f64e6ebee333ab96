package io.aragora.resilience.core.call;

import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.internal.CallFrame;
import io.aragora.resilience.internal.CallFrames;
import io.aragora.resilience.internal.CancellableCall;
import io.aragora.resilience.internal.CancellationHandlers;
import io.aragora.resilience.policy.CallContext;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The context of a call, detached from its thread.
 *
 * @param time the time source of the outermost policy's runtime; null outside any call
 * @param startedAt the instant at which the outermost policy was entered
 * @param deadline the nearest deadline; {@link TimeSource#NEVER} if there is none
 * @param endedAt the nearest deadline at which a future around this call ends and cancels it;
 *     {@link TimeSource#NEVER} if there is none. A deadline that was only inherited from a thread
 *     or a scope ends no future.
 * @param retry the nearest retry, or null
 * @param place the number of its attempt, 0 if there is none, and where the call stands in a hedge: {@link CallPlace}
 * @param failure the failure of the previous attempt, or null
 * @param call the nearest asynchronous call around, as its body sees it; null if there is none, or if its body did not ask
 */
public record CapturedContext(
    @Nullable TimeSource time,
    long startedAt,
    long deadline,
    long endedAt,
    @Nullable Policy retry,
    int place,
    @Nullable Throwable failure,
    @Nullable CancellableCall call)
    implements CallContext {

  private static final CapturedContext NONE =
      new CapturedContext(null, 0, TimeSource.NEVER, TimeSource.NEVER, null, 0, null, null);

  /**
   * Returns the context of the calling thread, without asking for the call around.
   *
   * @return the context; one without a time source outside any call
   */
  public static CapturedContext ofThread() {
    CallFrame top = CallFrames.ofThread().top();
    return top instanceof Frame frame ? frame.capture() : NONE;
  }

  /**
   * Returns the context of a call that begins now, outside of any other.
   *
   * @param source the time source of the policy
   * @return the context
   */
  static CapturedContext beginning(TimeSource source) {
    return new CapturedContext(
        source, source.nanoTime(), TimeSource.NEVER, TimeSource.NEVER, null, 0, null, null);
  }

  /**
   * Returns the nearest deadline if it is one of a time source. Policies read it here: the times of another source say nothing.
   *
   * @param source the time source
   * @return the deadline; {@link TimeSource#NEVER} if there is none, or if it is one of another time source
   */
  public long deadlineOn(TimeSource source) {
    return time == source ? deadline : TimeSource.NEVER;
  }

  /**
   * Returns the nearest deadline at which a future around this call ends, if it is one of a time source.
   *
   * @param source the time source
   * @return the deadline; {@link TimeSource#NEVER} if there is none, or if it is one of another time source
   */
  public long endedAtOn(TimeSource source) {
    return time == source ? endedAt : TimeSource.NEVER;
  }

  /**
   * Returns a copy of this context for code inside a future that ends at a deadline. As the other copies, it has nothing of a
   * context of another time source but the call around, as a frame that is entered inside such a call.
   *
   * @param source the time source of the deadline
   * @param now the present time
   * @param nanos the deadline, no later than the present one
   * @return the copy
   */
  public CapturedContext endedAt(TimeSource source, long now, long nanos) {
    boolean isOwn = time == source;
    return new CapturedContext(
        source,
        isOwn ? startedAt : now,
        nanos,
        nanos,
        isOwn ? retry : null,
        isOwn ? place : 0,
        isOwn ? failure : null,
        call);
  }

  /**
   * Returns a copy of this context for code inside an attempt.
   *
   * @param source the time source of the retry
   * @param start the instant at which the retry was entered
   * @param policy the retry
   * @param number the number of the attempt
   * @param last the failure of the previous attempt, or null
   * @return the copy
   */
  public CapturedContext withAttempt(
      TimeSource source, long start, Policy policy, int number, @Nullable Throwable last) {
    boolean isOwn = time == source;
    return new CapturedContext(
        source,
        isOwn ? startedAt : start,
        deadlineOn(source),
        endedAtOn(source),
        policy,
        CallPlace.atAttempt(isOwn ? place : 0, number),
        last,
        call);
  }

  /**
   * Returns a copy of this context for code inside a hedge.
   *
   * @param source the time source of the hedge
   * @param start the instant at which the hedge was entered
   * @param isHedge whether the code runs in a further attempt
   * @return the copy
   */
  public CapturedContext inHedge(TimeSource source, long start, boolean isHedge) {
    boolean isOwn = time == source;
    return new CapturedContext(
        source,
        isOwn ? startedAt : start,
        deadlineOn(source),
        endedAtOn(source),
        isOwn ? retry : null,
        CallPlace.inHedge(isOwn ? place : 0, isHedge),
        isOwn ? failure : null,
        call);
  }

  /**
   * Returns a copy of this context for code whose call is ended at a deadline, on another thread than its own.
   *
   * @param nanos the deadline; {@link TimeSource#NEVER} if there is none
   * @return the copy
   */
  public CapturedContext endedBy(long nanos) {
    return nanos >= endedAt
        ? this
        : new CapturedContext(time, startedAt, deadline, nanos, retry, place, failure, call);
  }

  /**
   * Returns whether a hedge of a time source is around this call.
   *
   * @param source the time source
   * @return whether one is
   */
  public boolean isHedgedOn(TimeSource source) {
    return time == source && CallPlace.isHedged(place);
  }

  /**
   * Returns the nearest retry if it is one of a time source.
   *
   * @param source the time source
   * @return the retry, or null
   */
  public @Nullable Policy retryOn(TimeSource source) {
    return time == source ? retry : null;
  }

  @Override
  public boolean isHedge() {
    return CallPlace.isHedge(place);
  }

  @Override
  public int attempt() {
    return CallPlace.attempt(place);
  }

  /** Starts an asynchronous body in this context. Every failure is returned as a failed future. */
  <T extends @Nullable Object> CompletableFuture<T> start(
      Supplier<? extends CompletionStage<T>> body) {
    try {
      return time == null ? futureOf(body.get()) : begin(time, body);
    } catch (Throwable e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static <T extends @Nullable Object> CompletableFuture<T> futureOf(
      @Nullable CompletionStage<T> stage) {
    if (stage == null) {
      return CompletableFuture.failedFuture(
          new NullPointerException("the asynchronous body returned null, not a stage"));
    }
    CompletableFuture<T> future = stage.toCompletableFuture();
    return future != null
        ? PolicyFuture.shared(future)
        : CompletableFuture.failedFuture(new NullPointerException(
            "toCompletableFuture() of the asynchronous body's stage returned null"));
  }

  private <T extends @Nullable Object> CompletableFuture<T> begin(
      TimeSource source, Supplier<? extends CompletionStage<T>> body) {
    // A pushed frame must be popped.
    StackRoom.forCall();
    CallFrames frames = CallFrames.ofThread();
    Frame frame = Frame.push(frames, source, this);
    frame.beginCall();
    CancellationHandlers asked = null;
    CompletionStage<T> stage;
    try {
      stage = body.get();
    } finally {
      asked = frame.askedFor();
      frame.abandon();
      frame.pop(frames);
    }
    CompletableFuture<T> future = futureOf(stage);
    return asked == null ? future : CancellingFuture.around(future, asked);
  }

  @Override
  public Optional<Duration> remaining() {
    return time == null || deadline == TimeSource.NEVER
        ? Optional.empty()
        : Optional.of(Duration.ofNanos(Math.max(0, deadline - time.nanoTime())));
  }

  @Override
  public boolean isCancelled() {
    return (call != null && call.isCancelled())
        || (time != null && deadline != TimeSource.NEVER && time.nanoTime() - deadline >= 0);
  }

  @Override
  public boolean onCancel(Runnable handler) {
    Objects.requireNonNull(handler, "handler");
    return call != null && call.onCancel(handler);
  }

  @Override
  public Optional<Throwable> lastFailure() {
    return Optional.ofNullable(failure);
  }

  @Override
  public Duration elapsed() {
    return time == null ? Duration.ZERO : Duration.ofNanos(time.nanoTime() - startedAt);
  }

  @Override
  public Optional<String> retryName() {
    return Optional.ofNullable(retry).map(Policy::name);
  }

  @Override
  public <T extends @Nullable Object, X extends Throwable> T call(
      CheckedSupplier<? extends T, X> body) throws X {
    if (time == null) {
      return body.get();
    }
    // A pushed frame must be popped.
    StackRoom.forCall();
    CallFrames frames = CallFrames.ofThread();
    Frame frame = Frame.push(frames, time, this);
    try {
      return body.get();
    } finally {
      frame.abandon();
      frame.pop(frames);
    }
  }
}
