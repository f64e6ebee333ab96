package io.aragora.resilience.resilience4j;

import io.aragora.resilience.internal.runtime.SteppedRetry;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryAttemptTotals;
import io.aragora.resilience.retry.RetryConfig;
import io.aragora.resilience.retry.RetryEvent.Kind;
import io.aragora.resilience.retry.RetryTotals;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.core.EventConsumer;
import io.github.resilience4j.ratelimiter.RequestNotPermitted;
import io.github.resilience4j.retry.MaxRetriesExceeded;
import io.github.resilience4j.retry.MaxRetriesExceededException;
import io.github.resilience4j.retry.event.RetryEvent;
import io.github.resilience4j.retry.event.RetryOnErrorEvent;
import io.github.resilience4j.retry.event.RetryOnIgnoredErrorEvent;
import io.github.resilience4j.retry.event.RetryOnRetryEvent;
import io.github.resilience4j.retry.event.RetryOnSuccessEvent;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A retry, as a loop that its caller drives. Our retry decides whether an attempt follows, and when; it waits, counts, and publishes
 * its own events. A view publishes those of Resilience4j, on the thread of the call.
 */
final class RetryView implements io.github.resilience4j.retry.Retry {
  /** What an asynchronous loop takes for no further attempt. */
  private static final long STOP = -1;

  private final Retry retry;
  private final SteppedRetry engine;
  private final ShownConfig<RetryConfig, io.github.resilience4j.retry.RetryConfig> shown;
  private final Map<String, String> tags;
  private final ForeignCalls foreign;
  private final Events events;
  private final Numbers numbers = new Numbers();

  RetryView(
      Retry retry,
      ShownConfig.@Nullable Declared<RetryConfig, io.github.resilience4j.retry.RetryConfig>
          declared,
      Map<String, String> tags) {
    this.retry = retry;
    this.engine = engine(retry);
    this.shown = new ShownConfig<>(retry::config, Configs::shown, declared);
    this.tags = Map.copyOf(tags);
    this.foreign = new ForeignCalls("retry", retry.name());
    this.events = new Events(foreign);
  }

  private static SteppedRetry engine(Retry retry) {
    if (retry instanceof SteppedRetry own) {
      return own;
    }
    throw new IllegalArgumentException("retry '" + retry.name()
        + "' must be a retry of a runtime, which decides about each attempt of a view: "
        + retry.getClass().getName() + ". Pass what Resilience.retry(name) returns");
  }

  @Override
  public String getName() {
    return retry.name();
  }

  @Override
  public <T> Context<T> context() {
    return new Blocking<>();
  }

  @Override
  public <T> AsyncContext<T> asyncContext() {
    return new Async<>();
  }

  @Override
  public io.github.resilience4j.retry.RetryConfig getRetryConfig() {
    return shown.get();
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
  public Metrics getMetrics() {
    return numbers;
  }

  @Override
  public String toString() {
    return "Retry '" + retry.name() + "'";
  }

  /** How Resilience4j counts and publishes the end of a call. */
  private enum End {
    NONE,
    SUCCESS_AT_ONCE,
    SUCCESS,
    IGNORED_ERROR,
    ERROR;

    static End of(Kind kind) {
      return switch (kind) {
        case RETRY -> NONE;
        case SUCCEEDED_AT_ONCE -> SUCCESS_AT_ONCE;
        case SUCCEEDED_AFTER_RETRY -> SUCCESS;
        case REJECTED, ABORTED, NOT_RETRIED, STOPPED -> IGNORED_ERROR;
        case EXHAUSTED, OUT_OF_TIME, OUT_OF_BUDGET, BACKOFF_STOPPED, STOOD_DOWN -> ERROR;
      };
    }
  }

  /**
   * One call. One thread at a time uses it. Loops of Resilience4j report what a step of theirs threw as a failure of an attempt, and
   * a stream reports results after its end: after the end of a call nothing more is decided.
   */
  private class Run {
    final SteppedRetry.Steps steps;
    private final boolean failsOnResult = retry.config().failOnRetryableResult();
    private @Nullable Throwable lastFailure;
    private boolean hasEnded;
    private boolean gaveUpResult;

    Run(boolean isOnThread) {
      steps = engine.begin(isOnThread);
    }

    /** Ends the call after the last attempt, unless a step has ended it. */
    final void complete() {
      if (!hasEnded) {
        hasEnded = true;
        steps.succeeded();
        if (steps.ended() > 0 && events.hasConsumers()) {
          events.deliver(new RetryOnSuccessEvent(retry.name(), steps.ended(), lastFailure));
        }
      } else if (gaveUpResult && failsOnResult) {
        throw MaxRetriesExceededException.createMaxRetriesExceededException(RetryView.this);
      }
    }

    /** Returns whether an attempt follows a failure. */
    final boolean goesOnAfter(Throwable failure) {
      if (hasEnded) {
        return false;
      }
      Kind kind;
      try {
        kind = steps.failed(failure, isRejection(BreakerView.unwrapped(failure)));
      } catch (Throwable e) {
        return endedBy(e);
      }
      lastFailure = failure;
      if (kind == Kind.RETRY) {
        publishRetry(failure);
        return true;
      }
      hasEnded = true;
      if (events.hasConsumers()) {
        events.deliver(
            End.of(kind) == End.ERROR
                ? new RetryOnErrorEvent(retry.name(), steps.ended(), failure)
                : new RetryOnIgnoredErrorEvent(retry.name(), failure));
      }
      return false;
    }

    /** The stack or the heap may be used up: the call ends as its body did. */
    private boolean endedBy(Throwable failure) {
      hasEnded = true;
      foreign.failed("the retry failed; the call makes no further attempt (logged once)", failure);
      return false;
    }

    private boolean isRejection(Throwable failure) {
      return failure instanceof CallNotPermittedException
          || failure instanceof BulkheadFullException
          || failure instanceof RequestNotPermitted;
    }

    /** Returns whether an attempt follows a result. */
    final boolean goesOnAfterResult(@Nullable Object result) {
      if (hasEnded) {
        return false;
      }
      Kind kind;
      try {
        if (!steps.isRejected(result)) {
          return false;
        }
        kind = steps.rejected(result);
      } catch (Throwable e) {
        return endedBy(e);
      }
      if (kind == Kind.RETRY) {
        consume(result);
        publishRetry(null);
        return true;
      }
      hasEnded = true;
      gaveUpResult = true;
      if (events.hasConsumers()) {
        Throwable failure = lastFailure == null || failsOnResult
            ? new MaxRetriesExceeded("retry '" + retry.name() + "' gave up: attempt "
                + steps.ended() + " returned a result that retryResultIf matches")
            : lastFailure;
        events.deliver(new RetryOnErrorEvent(retry.name(), steps.ended(), failure));
      }
      return false;
    }

    /** Calls {@code consumeResultBeforeRetryAttempt}, which only a config of Resilience4j has. */
    private void consume(@Nullable Object result) {
      try {
        var declared = shown.declared();
        if (declared != null) {
          var consumer = declared.<@Nullable Object>getConsumeResultBeforeRetryAttempt();
          if (consumer != null) {
            consumer.accept(steps.ended(), result);
          }
        }
      } catch (Throwable e) {
        foreign.failed(
            "consumeResultBeforeRetryAttempt failed; the call is not affected (logged once)", e);
      }
    }

    private void publishRetry(@Nullable Throwable failure) {
      if (events.hasConsumers()) {
        events.deliver(new RetryOnRetryEvent(retry.name(), steps.ended(), failure, delayMillis()));
      }
    }

    /** Whole milliseconds, rounded up. */
    final long delayMillis() {
      return TimeUnit.NANOSECONDS.toMillis(steps.delayNanos() + 999_999);
    }

    /** Waits for the next attempt. What it throws has ended the call. */
    final void await() {
      try {
        steps.await();
      } catch (Throwable e) {
        hasEnded = true;
        throw e;
      }
    }
  }

  private final class Blocking<T> extends Run implements Context<T> {
    Blocking() {
      super(true);
    }

    @Override
    public void onComplete() {
      complete();
    }

    @Override
    public boolean onResult(T result) {
      if (!goesOnAfterResult(result)) {
        return false;
      }
      await();
      return true;
    }

    @Override
    public void onError(Exception exception) throws Exception {
      if (!goesOnAfter(exception) || !waited()) {
        throw exception;
      }
    }

    @Override
    public void onRuntimeError(RuntimeException exception) {
      if (!goesOnAfter(exception) || !waited()) {
        throw exception;
      }
    }

    /** Returns false if the thread was interrupted: the call then ends with its last failure, and the flag is set. */
    private boolean waited() {
      try {
        await();
        return true;
      } catch (CallInterruptedException e) {
        return false;
      }
    }
  }

  private final class Async<T> extends Run implements AsyncContext<T> {
    Async() {
      super(false);
    }

    @Override
    public void onComplete() {
      complete();
    }

    @Override
    public long onError(Throwable throwable) {
      return goesOnAfter(BreakerView.unwrapped(throwable)) ? delayMillis() : STOP;
    }

    @Override
    public long onResult(T result) {
      return goesOnAfterResult(result) ? delayMillis() : STOP;
    }
  }

  /** Those of our retry: of all its calls, also of those that no view sees. */
  private final class Numbers implements Metrics {
    private long sum(End end) {
      RetryTotals totals = retry.totals();
      long sum = 0;
      for (Kind kind : Kind.values()) {
        sum += End.of(kind) == end ? totals.count(kind) : 0;
      }
      return sum;
    }

    @Override
    public long getNumberOfSuccessfulCallsWithoutRetryAttempt() {
      return sum(End.SUCCESS_AT_ONCE);
    }

    @Override
    public long getNumberOfFailedCallsWithoutRetryAttempt() {
      return sum(End.IGNORED_ERROR);
    }

    @Override
    public long getNumberOfSuccessfulCallsWithRetryAttempt() {
      return sum(End.SUCCESS);
    }

    @Override
    public long getNumberOfFailedCallsWithRetryAttempt() {
      return sum(End.ERROR);
    }

    @Override
    public long getNumberOfTotalCalls() {
      long sum = 0;
      for (RetryAttemptTotals each : retry.attempts()) {
        sum += each.succeeded() + each.failed();
      }
      return sum;
    }
  }

  private static final class Events extends GuardedEvents<RetryEvent> implements EventPublisher {
    Events(ForeignCalls foreign) {
      super(foreign);
    }

    @Override
    public EventPublisher onRetry(EventConsumer<RetryOnRetryEvent> consumer) {
      registerConsumer(RetryOnRetryEvent.class.getName(), consumer);
      return this;
    }

    @Override
    public EventPublisher onSuccess(EventConsumer<RetryOnSuccessEvent> consumer) {
      registerConsumer(RetryOnSuccessEvent.class.getName(), consumer);
      return this;
    }

    @Override
    public EventPublisher onError(EventConsumer<RetryOnErrorEvent> consumer) {
      registerConsumer(RetryOnErrorEvent.class.getName(), consumer);
      return this;
    }

    @Override
    public EventPublisher onIgnoredError(EventConsumer<RetryOnIgnoredErrorEvent> consumer) {
      registerConsumer(RetryOnIgnoredErrorEvent.class.getName(), consumer);
      return this;
    }
  }
}
