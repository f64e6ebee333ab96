package io.aragora.resilience.resilience4j;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig;
import io.aragora.resilience.circuitbreaker.CircuitBreakerSnapshot;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.policy.CallRejectedException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.TransitionCheckResult;
import io.github.resilience4j.circuitbreaker.ResultRecordedAsFailureException;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnCallNotPermittedEvent;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnErrorEvent;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnIgnoredErrorEvent;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnResetEvent;
import io.github.resilience4j.circuitbreaker.event.CircuitBreakerOnSuccessEvent;
import io.github.resilience4j.core.functions.Either;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/*
 * Permits: our permits are numbers that a caller keeps, theirs are anonymous. In half-open each permit is the claim of a probe, so
 * those are kept on a stack, and each outcome takes the latest. In the other states a permit stands for its phase only, so the
 * latest one serves every outcome; a thread that overwrites it with one of an earlier phase costs at most the outcomes until the
 * next call.
 *
 * An outcome in half-open without a probe on the stack belongs to a call from before. It is late: counted in the totals, and no
 * verdict. So half-open never has more outcomes than probes.
 */
final class BreakerView implements io.github.resilience4j.circuitbreaker.CircuitBreaker {
  private static final VarHandle STANDING = standingHandle();
  private static final String NOT_COUNTED =
      "a call could not be counted; it ends as its body did (logged once)";
  private static final String RESULT_COUNTS =
      "recordResultIf failed; the result counts as a success (logged once)";
  private static final String FAILURE_COUNTS =
      "ignoreIf or recordIf failed; the failure is counted (logged once)";

  private final CircuitBreaker breaker;
  private final ShownConfig<
          CircuitBreakerConfig, io.github.resilience4j.circuitbreaker.CircuitBreakerConfig>
      shown;
  private final Map<String, String> tags;
  private final RuntimeTime time;
  private final ForeignCalls foreign;
  private final BreakerEvents events;
  private final Metrics metrics = new Numbers();

  /** The latest permit of a state other than half-open; {@link CircuitBreaker#REJECTED} before the first. */
  @SuppressWarnings("unused") // through its handle
  private long standing;

  private volatile @Nullable PermitStack probes;

  BreakerView(
      CircuitBreaker breaker,
      ShownConfig.@Nullable Declared<
              CircuitBreakerConfig, io.github.resilience4j.circuitbreaker.CircuitBreakerConfig>
          declared,
      Map<String, String> tags,
      RuntimeTime time) {
    this.breaker = breaker;
    this.shown = new ShownConfig<>(breaker::config, Configs::shown, declared);
    this.tags = Map.copyOf(tags);
    this.time = time;
    this.foreign = new ForeignCalls("circuit breaker", breaker.name());
    this.events = new BreakerEvents(breaker, foreign);
  }

  private static VarHandle standingHandle() {
    try {
      return MethodHandles.lookup().findVarHandle(BreakerView.class, "standing", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  static State stateOf(CircuitBreakerState state) {
    return switch (state) {
      case CLOSED -> State.CLOSED;
      case OPEN -> State.OPEN;
      case HALF_OPEN -> State.HALF_OPEN;
      case FORCED_OPEN -> State.FORCED_OPEN;
      case METRICS_ONLY -> State.METRICS_ONLY;
      case DISABLED -> State.DISABLED;
    };
  }

  // ---- permissions

  @Override
  public boolean tryAcquirePermission() {
    long permit = breaker.tryAcquirePermit();
    if (permit == CircuitBreaker.REJECTED) {
      if (events.hasConsumers()) {
        events.publish(new CircuitBreakerOnCallNotPermittedEvent(breaker.name()));
      }
      return false;
    }
    try {
      hold(permit);
    } catch (Throwable e) {
      breaker.releasePermit(permit);
      throw e;
    }
    return true;
  }

  @Override
  public void acquirePermission() {
    if (!tryAcquirePermission()) {
      throw CallNotPermittedException.createCallNotPermittedException(this);
    }
  }

  private void hold(long permit) {
    if (permit == (long) STANDING.getOpaque(this)) {
      return;
    }
    if (breaker.state() == CircuitBreakerState.HALF_OPEN) {
      probes().push(permit, breaker.config().halfOpenMaxCalls());
    } else {
      STANDING.setOpaque(this, permit);
    }
  }

  /** Returns the permit that an outcome completes; {@link CircuitBreaker#REJECTED} if there is none. */
  private long take() {
    CircuitBreakerState state = breaker.state();
    PermitStack held = probes;
    if (state == CircuitBreakerState.HALF_OPEN && held != null) {
      long probe = held.pop();
      if (probe != PermitStack.NONE) {
        return probe;
      }
    }
    long latest = (long) STANDING.getOpaque(this);
    boolean admitsAll = state == CircuitBreakerState.CLOSED
        || state == CircuitBreakerState.METRICS_ONLY
        || state == CircuitBreakerState.DISABLED;
    if (latest != CircuitBreaker.REJECTED || !admitsAll) {
      return latest;
    }
    // An outcome whose permission nothing asked for through this view.
    long own = breaker.tryAcquirePermit();
    if (own != CircuitBreaker.REJECTED) {
      STANDING.setOpaque(this, own);
    }
    return own;
  }

  private PermitStack probes() {
    PermitStack present = probes;
    return present != null ? present : createProbes();
  }

  private synchronized PermitStack createProbes() {
    PermitStack present = probes;
    if (present == null) {
      present = new PermitStack();
      probes = present;
    }
    return present;
  }

  @Override
  public void releasePermission() {
    long permit = take();
    if (permit != CircuitBreaker.REJECTED) {
      breaker.releasePermit(permit);
    }
  }

  // ---- outcomes

  /*
   * An outcome is recorded first, and published afterwards: what consumers and functions of the application throw, or do not return
   * from, never keeps a permit.
   */

  @Override
  public void onSuccess(long duration, TimeUnit unit) {
    recordSuccess(unit.toNanos(duration));
    publishSuccess(duration, unit);
  }

  private void recordSuccess(long nanos) {
    try {
      long permit = take();
      if (permit != CircuitBreaker.REJECTED) {
        breaker.recordSuccess(permit, Math.max(0, nanos));
      }
    } catch (Throwable e) {
      foreign.failed(NOT_COUNTED, e);
    }
  }

  /** Null counts as a failure, whatever the predicates say about exceptions. */
  private void recordFailure(long nanos, @Nullable Throwable failure) {
    try {
      long permit = take();
      if (permit != CircuitBreaker.REJECTED) {
        breaker.recordFailure(permit, failure, Math.max(0, nanos));
      }
    } catch (Throwable e) {
      foreign.failed(NOT_COUNTED, e);
    }
  }

  private void publishSuccess(long duration, TimeUnit unit) {
    if (events.hasConsumers()) {
      events.publish(new CircuitBreakerOnSuccessEvent(
          breaker.name(), Duration.ofNanos(unit.toNanos(duration))));
    }
  }

  @Override
  public void onError(long duration, TimeUnit unit, Throwable throwable) {
    Throwable failure = unwrapped(throwable);
    long nanos = unit.toNanos(duration);
    recordFailure(nanos, failure);
    openIfAsked(Either.right(failure));
    if (events.hasConsumers()) {
      publishError(Duration.ofNanos(nanos), failure);
    }
  }

  @Override
  public void onResult(long duration, TimeUnit unit, @Nullable Object result) {
    if (result == null) {
      onSuccess(duration, unit);
      return;
    }
    var recordResultIf = breaker.config().recordResultIf();
    boolean isFailure =
        recordResultIf != null && foreign.holds(recordResultIf, result, false, RESULT_COUNTS);
    long nanos = unit.toNanos(duration);
    if (isFailure) {
      recordFailure(nanos, null);
    } else {
      recordSuccess(nanos);
    }
    openIfAsked(Either.left(result));
    if (!isFailure) {
      publishSuccess(duration, unit);
    } else if (events.hasConsumers()) {
      events.publish(new CircuitBreakerOnErrorEvent(
          breaker.name(),
          Duration.ofNanos(nanos),
          new ResultRecordedAsFailureException(breaker.name(), result)));
    }
  }

  /** Returns what a future or stage wrapped. */
  static Throwable unwrapped(Throwable throwable) {
    Throwable cause = throwable.getCause();
    return cause != null
            && (throwable instanceof CompletionException || throwable instanceof ExecutionException)
        ? cause
        : throwable;
  }

  /** Publishes what the breaker will make of a failure. */
  private void publishError(Duration took, Throwable failure) {
    CircuitBreakerConfig config = breaker.config();
    boolean stopped = (failure instanceof InterruptedException && !config.recordInterrupted())
        || (failure instanceof CancellationException && !config.recordCancelled());
    if (stopped
        || failure instanceof CallRejectedException
        || foreign.holds(config.ignoreIf(), failure, false, FAILURE_COUNTS)) {
      events.publish(new CircuitBreakerOnIgnoredErrorEvent(breaker.name(), took, failure));
    } else if (foreign.holds(config.recordIf(), failure, true, FAILURE_COUNTS)) {
      events.publish(new CircuitBreakerOnErrorEvent(breaker.name(), took, failure));
    } else {
      events.publish(new CircuitBreakerOnSuccessEvent(breaker.name(), took));
    }
  }

  /** Applies {@code transitionOnResult}, which only a config of Resilience4j has. */
  private void openIfAsked(Either<Object, Throwable> end) {
    try {
      openIfDeclared(end);
    } catch (Throwable e) {
      foreign.failed("transitionOnResult failed; the state does not change (logged once)", e);
    }
  }

  private void openIfDeclared(Either<Object, Throwable> end) {
    var declared = shown.declared();
    if (declared == null) {
      return;
    }
    CircuitBreakerState state = breaker.state();
    if (state != CircuitBreakerState.CLOSED && state != CircuitBreakerState.HALF_OPEN) {
      return;
    }
    TransitionCheckResult asked = declared.getTransitionOnResult().apply(end);
    if (!asked.isTransitionToOpen()) {
      return;
    }
    Duration length = asked.getWaitDuration();
    Instant until = asked.getWaitUntil();
    if (length != null) {
      transitionToOpenStateFor(length);
    } else if (until != null) {
      transitionToOpenStateUntil(until);
    } else {
      transitionToOpenState();
    }
  }

  // ---- transitions

  @Override
  public void reset() {
    breaker.reset();
    forget();
    if (events.hasConsumers()) {
      events.publish(new CircuitBreakerOnResetEvent(breaker.name()));
    }
  }

  @Override
  public void transitionToClosedState() {
    breaker.forceClosed();
    forget();
  }

  @Override
  public void transitionToOpenState() {
    breaker.open(breaker.config().cooldown());
  }

  @Override
  public void transitionToOpenStateFor(Duration waitDuration) {
    breaker.open(waitDuration);
  }

  @Override
  public void transitionToOpenStateUntil(Instant waitUntil) {
    breaker.openUntil(waitUntil);
  }

  @Override
  public void transitionToHalfOpenState() {
    breaker.halfOpen();
  }

  @Override
  public void transitionToDisabledState() {
    breaker.disable();
    forget();
  }

  @Override
  public void transitionToMetricsOnlyState() {
    breaker.metricsOnly();
    forget();
  }

  @Override
  public void transitionToForcedOpenState() {
    breaker.forceOpen();
  }

  /** Drops the permit of the phase before, so that the next outcome is counted in this one. */
  private void forget() {
    STANDING.setOpaque(this, CircuitBreaker.REJECTED);
  }

  // ---- readings

  @Override
  public String getName() {
    return breaker.name();
  }

  @Override
  public State getState() {
    return stateOf(breaker.state());
  }

  @Override
  public io.github.resilience4j.circuitbreaker.CircuitBreakerConfig getCircuitBreakerConfig() {
    return shown.get();
  }

  @Override
  public Metrics getMetrics() {
    return metrics;
  }

  @Override
  public Map<String, String> getTags() {
    return tags;
  }

  @Override
  public EventPublisher getEventPublisher() {
    return events;
  }

  @Override
  public long getCurrentTimestamp() {
    return time.nanoTime();
  }

  @Override
  public TimeUnit getTimestampUnit() {
    return TimeUnit.NANOSECONDS;
  }

  @Override
  public String toString() {
    return "CircuitBreaker '" + breaker.name() + "'";
  }

  private final class Numbers implements Metrics {
    private boolean isBelowMinimum(CircuitBreakerSnapshot snapshot) {
      return snapshot.windowCalls() < breaker.config().minimumNumberOfCalls();
    }

    @Override
    public float getFailureRate() {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      return isBelowMinimum(snapshot) ? -1 : (float) snapshot.failureRate();
    }

    @Override
    public float getSlowCallRate() {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      return isBelowMinimum(snapshot) ? -1 : (float) snapshot.slowCallRate();
    }

    @Override
    public int getNumberOfSlowCalls() {
      return clip(breaker.snapshot().windowSlowCalls());
    }

    @Override
    public int getNumberOfSlowSuccessfulCalls() {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      return clip(snapshot.windowSlowCalls() - snapshot.windowSlowFailures());
    }

    @Override
    public int getNumberOfSlowFailedCalls() {
      return clip(breaker.snapshot().windowSlowFailures());
    }

    @Override
    public int getNumberOfBufferedCalls() {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      return clip(
          snapshot.state() == CircuitBreakerState.HALF_OPEN
              ? snapshot.probeSuccesses() + (long) snapshot.probeFailures()
              : snapshot.windowCalls());
    }

    @Override
    public int getNumberOfFailedCalls() {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      return clip(
          snapshot.state() == CircuitBreakerState.HALF_OPEN
              ? snapshot.probeFailures()
              : snapshot.windowFailures());
    }

    @Override
    public int getNumberOfSuccessfulCalls() {
      CircuitBreakerSnapshot snapshot = breaker.snapshot();
      return clip(
          snapshot.state() == CircuitBreakerState.HALF_OPEN
              ? snapshot.probeSuccesses()
              : snapshot.windowCalls() - snapshot.windowFailures());
    }

    @Override
    public long getNumberOfNotPermittedCalls() {
      return breaker.snapshot().rejectedInState();
    }
  }

  static int clip(long value) {
    return (int) Math.min(Integer.MAX_VALUE, value);
  }
}
