package io.aragora.resilience.core.timeout;

import io.aragora.resilience.core.call.CallEnd;
import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.core.call.Failures;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.call.PolicyFuture;
import io.aragora.resilience.core.call.PolicyRole;
import io.aragora.resilience.core.dispatch.BackgroundReceiver;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.core.recording.DurationRecorders;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.core.recording.Measured;
import io.aragora.resilience.core.registry.ReadablePolicy;
import io.aragora.resilience.core.stack.StackRoom;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.internal.CallFrames;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.DurationRecorder.Kind;
import io.aragora.resilience.spi.Readings;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutEvent;
import io.aragora.resilience.timeout.TimeoutExceededException;
import io.aragora.resilience.timeout.TimeoutTotals;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A timeout that uses the timer of its runtime. Thread-safe. */
public final class CoreTimeout extends CorePolicy implements Timeout, ReadablePolicy, Measured {
  private static final GuardedLog LOG = GuardedLog.of(CoreTimeout.class);

  private final String runtime;
  private volatile long limitNanos;
  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final EventChannel<TimeoutEvent> events;
  private final LimitTable limits;
  private final LongAdder fired = new LongAdder();
  private final LongAdder late = new LongAdder();
  private final BackgroundReceiver<@Nullable Object> lateResults;
  private volatile TimeoutConfig config;

  /** Null if no recorder receives the exceeded limits. */
  private volatile @Nullable LongConsumer exceeded;

  /**
   * Creates a timeout.
   *
   * @param name its name
   * @param config its config
   * @param runtime the name of the runtime
   * @param time the time source
   * @param timer fires the timeout
   * @param dispatcher sends interrupts, completes futures and delivers events
   */
  public CoreTimeout(
      String name,
      TimeoutConfig config,
      String runtime,
      TimeSource time,
      Timer timer,
      Dispatcher dispatcher) {
    super(name);
    this.runtime = runtime;
    this.config = config;
    this.limitNanos = Nanos.of(config.limit());
    this.time = time;
    this.timer = timer;
    this.dispatcher = dispatcher;
    this.events = new EventChannel<>(name, dispatcher);
    this.limits = new LimitTable(time, timer, dispatcher);
    this.lateResults = new BackgroundReceiver<>(dispatcher, new Consumer<@Nullable Object>() {
      @Override
      public void accept(@Nullable Object result) {
        giveNow(result);
      }
    });
  }

  @Override
  public TimeoutConfig config() {
    return config;
  }

  /**
   * Sets the functions of a timeout that was looked up before it was declared. Its limit comes from
   * outside the code, which is stronger.
   *
   * @param declared the config of the declaration
   */
  public void configure(TimeoutConfig declared) {
    config = declared.toBuilder().limit(config.limit()).build();
  }

  /**
   * Sets the limit and the functions; calls in progress keep their limit.
   *
   * @param changed the config
   */
  public void reconfigure(TimeoutConfig changed) {
    config = changed;
    limitNanos = Nanos.of(changed.limit());
  }

  @Override
  public TimeoutTotals totals() {
    return TimeoutTotals.builder()
        .inTime(limits.inTime())
        .fired(fired.sum())
        .late(late.sum())
        .build();
  }

  @Override
  public void read(Readings into) {
    long timedOut = fired.sum();
    long tooLate = late.sum();
    into.count("calls", "in_time", limits.inTime());
    into.count("calls", "fired", timedOut);
    into.count("calls", "late", tooLate);
    into.count("timeouts", Readings.NONE, timedOut + tooLate);
  }

  @Override
  public void lookUp(DurationRecorders recorders) {
    exceeded = recorders.of(Kind.EXCEEDED_LIMIT, name());
  }

  @Override
  public Subscription subscribe(Consumer<? super TimeoutEvent> listener) {
    return events.subscribe(listener);
  }

  @Override
  protected boolean isLimit() {
    return true;
  }

  @Override
  protected <T extends @Nullable Object> T proceed(
      @Nullable Frame lent, PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    // A pushed frame must be popped, and a claimed slot must be settled.
    StackRoom.forCall();
    if (lent != null) {
      return inFrame(lent, time.nanoTime(), chain, index, body);
    }
    CallFrames frames = CallFrames.ofThread();
    long now = time.nanoTime();
    Frame frame = Frame.push(frames, time, now);
    try {
      return inFrame(frame, now, chain, index, body);
    } finally {
      frame.pop(frames);
    }
  }

  private <T extends @Nullable Object> T inFrame(
      Frame frame, long now, PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    long deadline = now + limitNanos;
    long deadlineAround = frame.deadline();
    long interruptedAround = frame.interruptedAt();
    if (deadline >= interruptedAround) {
      // The enclosing deadline is nearer, and its owner ends the call.
      T result = chain.<T>inside(null, index, body);
      countInTime();
      return result;
    }
    try {
      return limited(frame, deadline, Math.min(deadline, deadlineAround), chain, index, body);
    } finally {
      frame.clearExpiry(deadlineAround, interruptedAround);
    }
  }

  private <T extends @Nullable Object> T limited(
      Frame frame,
      long latest,
      long deadline,
      PolicyChain chain,
      int index,
      CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    LimitSlot limit = limits.claim(deadline, frame);
    if (limit == null) {
      throw new ResilienceClosedException(runtime);
    }
    frame.setExpiry(limit, deadline);
    T result;
    try {
      result = chain.<T>inside(null, index, body);
    } catch (Throwable e) {
      if (endsInTime(limit, deadline)) {
        throw e;
      }
      boolean wasClosed = limit.settle(e instanceof InterruptedException, frame);
      throw ended(wasClosed, allowed(latest, deadline), e, chain, index);
    }
    if (endsInTime(limit, deadline)) {
      return result;
    }
    if (limit.settle(false, frame)) {
      // Closing the runtime does not discard a result that came in time.
      countInTime();
      return result;
    }
    giveLate(result);
    late.increment();
    publish(TimeoutEvent.Kind.LATE);
    chain.onExceeded(index);
    throw exceeded(allowed(latest, deadline), null);
  }

  /**
   * Returns whether the body ended before its deadline. The clock decides, not whether the timer
   * fired first: if the process was suspended, or the timer's thread had no processor, a body may
   * return long after its deadline while the limit is still armed.
   */
  private boolean endsInTime(LimitSlot limit, long deadline) {
    boolean isReached;
    try {
      isReached = isReached(deadline);
    } catch (Throwable e) {
      // The clock has failed. The timer decides, since a limit that stays armed would interrupt
      // what its thread does next.
      isReached = false;
    }
    return !isReached && limits.endInTime(limit, deadline);
  }

  boolean isReached(long deadline) {
    return time.nanoTime() - deadline >= 0;
  }

  /** Returns the time that the call had; an enclosing deadline may leave less than the limit. */
  private Duration allowed(long latest, long deadline) {
    return deadline == latest
        ? config.limit()
        : Duration.ofNanos(Math.max(0, limitNanos - (latest - deadline)));
  }

  private Throwable ended(
      boolean wasClosed, Duration allowed, Throwable failure, PolicyChain chain, int index) {
    if (failure instanceof Error) {
      return failure;
    }
    if (wasClosed) {
      return CallEnd.ofThread(failure).isUnstopped()
          ? failure
          : new ResilienceClosedException(runtime);
    }
    countFired(chain, index);
    return exceeded(allowed, failure);
  }

  /** Returns the exception of a call that exceeded its deadline. */
  RuntimeException exceeded(Duration allowed, @Nullable Throwable cause) {
    return Failures.mapped(
        new TimeoutExceededException(name(), allowed, cause), config.mapException());
  }

  /** Passes on a result that came too late. The consumer may block, so no call waits for it. */
  @SuppressWarnings("NullAway") // its receiver takes null
  void giveLate(@Nullable Object result) {
    if (config.onLateResult() != null) {
      lateResults.receive(result);
    }
  }

  private void giveNow(@Nullable Object result) {
    Consumer<@Nullable Object> consumer = config.onLateResult();
    if (consumer == null) {
      return;
    }
    try {
      consumer.accept(result);
    } catch (Throwable e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "onLateResult of timeout '" + name() + "' failed; the late result is dropped",
          e);
    }
  }

  @Override
  protected <T extends @Nullable Object> CompletableFuture<T> proceedAsync(
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    StackRoom.forCall();
    long now = time.nanoTime();
    long latest = now + limitNanos;
    // If an enclosing future ends first, it cancels this call before this timeout fires.
    boolean isOwn = latest < context.endedAtOn(time);
    long deadline = isOwn ? Math.min(latest, context.deadlineOn(time)) : TimeSource.NEVER;
    if (isOwn && timer.isClosed()) {
      return CompletableFuture.failedFuture(new ResilienceClosedException(runtime));
    }
    CapturedContext inside = isOwn ? context.endedAt(time, now, deadline) : context;
    CompletableFuture<T> inner = chain.insideAsync(inside, index, body);
    boolean hasSucceeded = PolicyFuture.hasSucceeded(inner);
    if (hasSucceeded && !(isOwn && isReached(deadline))) {
      countInTime();
      return CompletableFuture.completedFuture(inner.join());
    }
    Duration allowed = isOwn ? allowed(latest, deadline) : config.limit();
    LimitedFuture<T> future = new LimitedFuture<>(this, chain, index, deadline, allowed);
    future.watch(inner, isOwn && !hasSucceeded);
    return future;
  }

  /** Counts a call in time. A failure in here, a full heap for instance, never replaces its end. */
  void countInTime() {
    try {
      limits.countInTime();
    } catch (Throwable e) {
      LOG.failed(
          System.Logger.Level.ERROR,
          this,
          "a call in time could not be counted; it returns its result",
          e);
    }
  }

  void countFired(PolicyChain chain, int index) {
    fired.increment();
    publish(TimeoutEvent.Kind.FIRED);
    chain.onExceeded(index);
  }

  private void publish(TimeoutEvent.Kind kind) {
    LongConsumer recorded = exceeded;
    if (recorded != null) {
      recorded.accept(config.limit().toNanos());
    }
    FlightRecording.timeout(runtime, name(), kind, config.limit().toNanos());
    if (events.isHeard()) {
      events.publish(TimeoutEvent.of(name(), kind, config.limit()));
    }
  }

  String runtime() {
    return runtime;
  }

  /** Returns the executor that completes calls that exceeded the limit; null for a thread of the runtime. */
  @Nullable
  Executor executor(PolicyChain chain) {
    Executor ofCall = chain.executor();
    return ofCall != null ? ofCall : config.executor();
  }

  Timer timer() {
    return timer;
  }

  @Override
  public PolicyRole role() {
    return PolicyRole.TIMEOUT;
  }

  @Override
  protected Dispatcher dispatcher() {
    return dispatcher;
  }

  @Override
  public String toString() {
    return "timeout '" + name() + "'";
  }
}
