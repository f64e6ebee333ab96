package io.aragora.resilience.resilience4j;

import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.retry.Backoff;
import io.aragora.resilience.retry.EndedAttempt;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.retry.RetryAfter;
import io.aragora.resilience.retry.RetryBudget;
import io.aragora.resilience.retry.RetryConfig;
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
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A retry, as a loop that its caller drives. Whether an attempt follows, and when, is decided by the config of our retry, its
 * budget included.
 */
final class RetryView implements io.github.resilience4j.retry.Retry {
  private static final long STOP = Backoff.STOP;
  private static final String NO_ATTEMPT =
      "a function of its config failed; the call makes no further attempt (logged once)";

  private final Retry retry;
  private final ShownConfig<RetryConfig, io.github.resilience4j.retry.RetryConfig> shown;
  private final Map<String, String> tags;
  private final RuntimeTime time;
  private final ForeignCalls foreign;
  private final Events events;
  private final Numbers numbers = new Numbers();

  RetryView(
      Retry retry,
      ShownConfig.@Nullable Declared<RetryConfig, io.github.resilience4j.retry.RetryConfig>
          declared,
      Map<String, String> tags,
      RuntimeTime time) {
    this.retry = retry;
    this.shown = new ShownConfig<>(retry::config, Configs::shown, declared);
    this.tags = Map.copyOf(tags);
    this.time = time;
    this.foreign = new ForeignCalls("retry", retry.name());
    this.events = new Events(foreign);
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

  /** One call: its attempts so far, and the decision about the next. One thread at a time uses it. */
  private class Run {
    final RetryConfig config = retry.config();
    private final long startedAt = time.nanoTime();
    private int ended;
    private long backoffNanos;
    private @Nullable Throwable lastFailure;
    private boolean gaveUpResult;

    final @Nullable Throwable lastFailure() {
      return lastFailure;
    }

    /** The attempt after a result that is not accepted cannot be made. */
    final void giveUp() {
      gaveUpResult = true;
    }

    /** Ends the call after the last attempt, which did not fail. */
    final void complete() {
      numbers.attempts.increment();
      if (gaveUpResult) {
        numbers.failedAfterRetry.increment();
        Throwable failure = lastFailure == null || config.failOnRefusedResult()
            ? new MaxRetriesExceeded("retry '" + retry.name() + "' gave up: attempt " + ended
                + " returned a result that" + " retryResultIf matches")
            : lastFailure;
        publishError(failure);
        if (config.failOnRefusedResult()) {
          throw MaxRetriesExceededException.createMaxRetriesExceededException(RetryView.this);
        }
        return;
      }
      credit();
      if (ended == 0) {
        numbers.succeededAtOnce.increment();
        return;
      }
      numbers.succeededAfterRetry.increment();
      if (events.hasConsumers()) {
        events.deliver(new RetryOnSuccessEvent(retry.name(), ended, lastFailure));
      }
    }

    private void credit() {
      RetryBudget budget = config.budget();
      if (budget == null) {
        return;
      }
      try {
        budget.credit();
      } catch (Throwable e) {
        foreign.failed("the budget failed; a success was not credited to it (logged once)", e);
      }
    }

    /** Decides after a failure. Returns the delay in nanoseconds, or {@link #STOP}. */
    final long afterFailure(Throwable failure) {
      try {
        return judgeFailure(failure);
      } catch (Throwable e) {
        // The stack or the heap may be used up: the call ends as its body did.
        foreign.failed(NO_ATTEMPT, e);
        return STOP;
      }
    }

    private long judgeFailure(Throwable failure) {
      numbers.attempts.increment();
      if (!isRetried(failure)) {
        numbers.failedAtOnce.increment();
        if (events.hasConsumers()) {
          events.deliver(new RetryOnIgnoredErrorEvent(retry.name(), failure));
        }
        return STOP;
      }
      lastFailure = failure;
      ended++;
      long delay = delayNanos(failure, null);
      if (delay == STOP) {
        numbers.failedAfterRetry.increment();
        publishError(failure);
      } else {
        publishRetry(failure, delay);
      }
      return delay;
    }

    /** Decides after a result. Returns the delay in nanoseconds, or {@link #STOP}. */
    final long afterResult(@Nullable Object result) {
      try {
        return judgeResult(result);
      } catch (Throwable e) {
        foreign.failed(NO_ATTEMPT, e);
        return STOP;
      }
    }

    @SuppressWarnings("NullAway") // the predicate is asked about null as well
    private boolean isRefused(Predicate<@Nullable Object> retryResultIf, @Nullable Object result) {
      return foreign.holds(retryResultIf, result, false, NO_ATTEMPT);
    }

    private long judgeResult(@Nullable Object result) {
      Predicate<@Nullable Object> retryResultIf = config.retryResultIf();
      if (retryResultIf == null || !isRefused(retryResultIf, result)) {
        return STOP;
      }
      numbers.attempts.increment();
      ended++;
      long delay = delayNanos(null, result);
      if (delay == STOP) {
        gaveUpResult = true;
        return STOP;
      }
      var declared = shown.declared();
      if (declared != null) {
        var consumer = declared.<@Nullable Object>getConsumeResultBeforeRetryAttempt();
        if (consumer != null) {
          consume(consumer, result);
        }
      }
      publishRetry(null, delay);
      return delay;
    }

    private void consume(BiConsumer<Integer, @Nullable Object> consumer, @Nullable Object result) {
      try {
        consumer.accept(ended, result);
      } catch (Throwable e) {
        foreign.failed(
            "consumeResultBeforeRetryAttempt failed; the call is not affected (logged once)", e);
      }
    }

    private boolean isRetried(Throwable failure) {
      boolean stopped = (failure instanceof InterruptedException && !config.retryInterrupted())
          || (failure instanceof CancellationException && !config.retryCancelled());
      if (stopped || (isRejection(failure) && !config.retryRejections())) {
        return false;
      }
      Predicate<? super Throwable> abortIf = config.abortIf();
      return (abortIf == null || !foreign.holds(abortIf, failure, true, NO_ATTEMPT))
          && foreign.holds(config.retryIf(), failure, false, NO_ATTEMPT);
    }

    private boolean isRejection(Throwable failure) {
      return failure instanceof CallRejectedException
          || failure instanceof CallNotPermittedException
          || failure instanceof BulkheadFullException
          || failure instanceof RequestNotPermitted;
    }

    /** The budget is asked last, so that it grants no retry in vain. */
    private long delayNanos(@Nullable Throwable failure, @Nullable Object result) {
      if (ended >= config.maxAttempts()) {
        return STOP;
      }
      long elapsed = time.nanoTime() - startedAt;
      EndedAttempt attempt = EndedAttempt.builder(ended)
          .failure(failure)
          .result(result)
          .elapsedNanos(elapsed)
          .previousDelayNanos(backoffNanos)
          .random(time.random(retry.name()))
          .build();
      long backoff = backoffNanos(attempt);
      if (backoff < 0) {
        return STOP;
      }
      backoffNanos = backoff;
      long delay = Math.max(
          backoff, Math.min(askedNanos(failure, result), config.backoff().capNanos()));
      if (delay > config.maxDuration().toNanos() - elapsed) {
        return STOP;
      }
      return tryTake() ? delay : STOP;
    }

    private long backoffNanos(EndedAttempt attempt) {
      try {
        return config.backoff().delayNanos(attempt, time.random(retry.name()));
      } catch (Throwable e) {
        foreign.failed(NO_ATTEMPT, e);
        return STOP;
      }
    }

    private boolean tryTake() {
      try {
        RetryBudget budget = config.budget();
        return budget == null || budget.tryTake();
      } catch (Throwable e) {
        foreign.failed(NO_ATTEMPT, e);
        return false;
      }
    }

    private long askedNanos(@Nullable Throwable failure, @Nullable Object result) {
      try {
        RetryAfter asked;
        if (failure != null) {
          asked = config.retryAfter() == null ? null : config.retryAfter().apply(failure);
        } else {
          asked = config.retryAfterResult() == null
              ? null
              : config.retryAfterResult().apply(result);
        }
        return asked == null ? 0 : asked.delayNanos(time.wallTime());
      } catch (Throwable e) {
        foreign.failed("retryAfter failed; the backoff alone sets the delay (logged once)", e);
        return 0;
      }
    }

    private void publishRetry(@Nullable Throwable failure, long delay) {
      if (events.hasConsumers()) {
        events.deliver(new RetryOnRetryEvent(retry.name(), ended, failure, millis(delay)));
      }
    }

    private void publishError(Throwable failure) {
      if (events.hasConsumers()) {
        events.deliver(new RetryOnErrorEvent(retry.name(), ended, failure));
      }
    }
  }

  /** Whole milliseconds, rounded up. */
  private static long millis(long nanos) {
    return TimeUnit.NANOSECONDS.toMillis(nanos + 999_999);
  }

  private final class Blocking<T> extends Run implements Context<T> {
    @Override
    public void onComplete() {
      complete();
    }

    @Override
    public boolean onResult(T result) {
      long delay = afterResult(result);
      if (delay == STOP) {
        return false;
      }
      try {
        time.sleep(this, delay);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        Throwable failure = lastFailure();
        if (failure instanceof RuntimeException last) {
          throw last;
        }
        CancellationException cancelled =
            new CancellationException("retry '" + getName() + "' was interrupted while it waited");
        cancelled.initCause(e);
        throw cancelled;
      } catch (Throwable e) {
        foreign.failed(NO_ATTEMPT, e);
        giveUp();
        return false;
      }
      return true;
    }

    @Override
    public void onError(Exception exception) throws Exception {
      long delay = afterFailure(exception);
      if (delay == STOP || !waited(delay)) {
        throw exception;
      }
    }

    @Override
    public void onRuntimeError(RuntimeException exception) {
      long delay = afterFailure(exception);
      if (delay == STOP || !waited(delay)) {
        throw exception;
      }
    }

    /** Returns false if the wait failed, or the thread was interrupted; its flag is then set. */
    private boolean waited(long delay) {
      try {
        time.sleep(this, delay);
        return true;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return false;
      } catch (Throwable e) {
        foreign.failed(NO_ATTEMPT, e);
        return false;
      }
    }
  }

  private final class Async<T> extends Run implements AsyncContext<T> {
    @Override
    public void onComplete() {
      complete();
    }

    @Override
    public long onError(Throwable throwable) {
      return inMillis(afterFailure(BreakerView.unwrapped(throwable)));
    }

    @Override
    public long onResult(T result) {
      return inMillis(afterResult(result));
    }

    private long inMillis(long delay) {
      return delay == STOP ? -1 : millis(delay);
    }
  }

  private static final class Numbers implements Metrics {
    private final LongAdder attempts = new LongAdder();
    private final LongAdder succeededAtOnce = new LongAdder();
    private final LongAdder succeededAfterRetry = new LongAdder();
    private final LongAdder failedAtOnce = new LongAdder();
    private final LongAdder failedAfterRetry = new LongAdder();

    @Override
    public long getNumberOfSuccessfulCallsWithoutRetryAttempt() {
      return succeededAtOnce.sum();
    }

    @Override
    public long getNumberOfFailedCallsWithoutRetryAttempt() {
      return failedAtOnce.sum();
    }

    @Override
    public long getNumberOfSuccessfulCallsWithRetryAttempt() {
      return succeededAfterRetry.sum();
    }

    @Override
    public long getNumberOfFailedCallsWithRetryAttempt() {
      return failedAfterRetry.sum();
    }

    @Override
    public long getNumberOfTotalCalls() {
      return attempts.sum();
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
