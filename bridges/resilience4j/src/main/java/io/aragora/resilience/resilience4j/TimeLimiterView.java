package io.aragora.resilience.resilience4j;

import io.aragora.resilience.internal.ClaimedFuture;
import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import io.github.resilience4j.core.EventConsumer;
import io.github.resilience4j.timelimiter.TimeLimiter;
import io.github.resilience4j.timelimiter.TimeLimiterConfig;
import io.github.resilience4j.timelimiter.event.TimeLimiterEvent;
import io.github.resilience4j.timelimiter.event.TimeLimiterOnErrorEvent;
import io.github.resilience4j.timelimiter.event.TimeLimiterOnSuccessEvent;
import io.github.resilience4j.timelimiter.event.TimeLimiterOnTimeoutEvent;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A timeout, which throws {@link TimeoutException} as a time limiter does. */
final class TimeLimiterView implements TimeLimiter {
  private final Timeout timeout;
  private final ShownConfig<TimeoutConfig, TimeLimiterConfig> shown;
  private final Map<String, String> tags;
  private final ForeignCalls foreign;
  private final Events events;

  TimeLimiterView(
      Timeout timeout,
      ShownConfig.@Nullable Declared<TimeoutConfig, TimeLimiterConfig> declared,
      Map<String, String> tags) {
    this.timeout = timeout;
    this.shown = new ShownConfig<>(timeout::config, Configs::shown, declared);
    this.tags = Map.copyOf(tags);
    this.foreign = new ForeignCalls("timeout", timeout.name());
    this.events = new Events(foreign);
  }

  @Override
  public String getName() {
    return timeout.name();
  }

  @Override
  public Map<String, String> getTags() {
    return tags;
  }

  @Override
  public TimeLimiterConfig getTimeLimiterConfig() {
    return shown.get();
  }

  @Override
  public <T, F extends Future<T>> Callable<T> decorateFutureSupplier(Supplier<F> futureSupplier) {
    return () -> {
      Future<T> future = futureSupplier.get();
      T result;
      try {
        result = timeout.<T, Exception>call(() -> valueOf(future));
      } catch (Throwable e) {
        // Whatever ended the wait, the caller leaves the future.
        cancel(future);
        Throwable failure = asTheirs(e);
        onError(failure);
        throw TimeLimiterView.<Exception>asIs(failure);
      }
      onSuccess();
      return result;
    };
  }

  private void cancel(Future<?> future) {
    try {
      future.cancel(true);
    } catch (Throwable e) {
      foreign.failed(
          "a future could not be cancelled; the call ends as it did before (logged once)", e);
    }
  }

  /** Returns a throwable of any kind, to be thrown as it is. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <X extends Throwable> X asIs(Throwable failure) throws X {
    throw (X) failure;
  }

  private static <T> T valueOf(Future<T> future) throws Exception {
    try {
      return future.get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof Error error) {
        throw error;
      }
      throw cause instanceof Exception exception ? exception : e;
    }
  }

  /** The scheduler is not used: the runtime has a timer of its own. */
  @Override
  public <T, F extends CompletionStage<T>> Supplier<CompletionStage<T>> decorateCompletionStage(
      @Nullable ScheduledExecutorService scheduler, Supplier<F> supplier) {
    return () -> {
      CompletableFuture<T> call = timeout.callAsync(supplier);
      LimitedCall<T> result = new LimitedCall<>(call);
      var unused = call.whenComplete((value, failure) -> {
        if (failure == null) {
          try {
            onSuccess();
          } finally {
            result.end(value, null);
          }
        } else {
          Throwable theirs = asTheirs(BreakerView.unwrapped(failure));
          try {
            onError(theirs);
          } finally {
            result.end(null, theirs);
          }
        }
      });
      return result;
    };
  }

  /** The future that the application receives. If it ends that, the call is cancelled. */
  private static final class LimitedCall<T> extends ClaimedFuture<T> {
    private final CompletableFuture<T> call;

    LimitedCall(CompletableFuture<T> call) {
      this.call = call;
    }

    @SuppressWarnings("NullAway") // a call that did not fail has a value of its type
    void end(@Nullable T value, @Nullable Throwable failure) {
      if (!claimEnd()) {
        return;
      }
      if (failure == null) {
        complete(value);
      } else {
        completeExceptionally(failure);
      }
    }

    @Override
    protected void onClaimedOutside(Throwable cause, Executor afterwards) {
      call.cancel(true);
    }
  }

  private Throwable asTheirs(Throwable failure) {
    return failure instanceof TimeoutExceededException exceeded
            && exceeded.timeout().equals(timeout.name())
        ? TimeLimiter.createdTimeoutExceptionWithName(timeout.name(), failure)
        : failure;
  }

  @Override
  public EventPublisher getEventPublisher() {
    return events;
  }

  @Override
  public void onSuccess() {
    if (events.hasConsumers()) {
      events.deliver(new TimeLimiterOnSuccessEvent(timeout.name()));
    }
  }

  @Override
  public void onError(Throwable throwable) {
    if (events.hasConsumers()) {
      events.deliver(
          throwable instanceof TimeoutException
              ? new TimeLimiterOnTimeoutEvent(timeout.name())
              : new TimeLimiterOnErrorEvent(timeout.name(), throwable));
    }
  }

  @Override
  public String toString() {
    return "TimeLimiter '" + timeout.name() + "'";
  }

  private static final class Events extends GuardedEvents<TimeLimiterEvent>
      implements EventPublisher {
    Events(ForeignCalls foreign) {
      super(foreign);
    }

    @Override
    public EventPublisher onSuccess(EventConsumer<TimeLimiterOnSuccessEvent> consumer) {
      registerConsumer(TimeLimiterOnSuccessEvent.class.getName(), consumer);
      return this;
    }

    @Override
    public EventPublisher onError(EventConsumer<TimeLimiterOnErrorEvent> consumer) {
      registerConsumer(TimeLimiterOnErrorEvent.class.getName(), consumer);
      return this;
    }

    @Override
    public EventPublisher onTimeout(EventConsumer<TimeLimiterOnTimeoutEvent> consumer) {
      registerConsumer(TimeLimiterOnTimeoutEvent.class.getName(), consumer);
      return this;
    }
  }
}
