package io.aragora.resilience.resilience4j;

import io.aragora.resilience.timeout.Timeout;
import io.aragora.resilience.timeout.TimeoutConfig;
import io.aragora.resilience.timeout.TimeoutExceededException;
import io.github.resilience4j.core.EventConsumer;
import io.github.resilience4j.core.EventProcessor;
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
  private final Events events;

  TimeLimiterView(
      Timeout timeout,
      ShownConfig.@Nullable Declared<TimeoutConfig, TimeLimiterConfig> declared,
      Map<String, String> tags) {
    this.timeout = timeout;
    this.shown = new ShownConfig<>(timeout::config, Configs::shown, declared);
    this.tags = Map.copyOf(tags);
    this.events = new Events(timeout.name());
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
      try {
        T result = timeout.<T, Exception>call(() -> valueOf(future));
        onSuccess();
        return result;
      } catch (Throwable e) {
        // Whatever ended the wait, the caller leaves the future.
        future.cancel(true);
        Throwable failure = asTheirs(e);
        onError(failure);
        if (failure instanceof Error error) {
          throw error;
        }
        throw (Exception) failure;
      }
    };
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
      CompletableFuture<T> result = new CompletableFuture<>();
      var unused = call.whenComplete((value, failure) -> {
        if (failure == null) {
          onSuccess();
          result.complete(value);
        } else {
          Throwable theirs = asTheirs(BreakerView.unwrapped(failure));
          onError(theirs);
          result.completeExceptionally(theirs);
        }
      });
      var unusedCancellation = result.whenComplete((value, failure) -> {
        if (result.isCancelled()) {
          call.cancel(true);
        }
      });
      return result;
    };
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
      events.publish(new TimeLimiterOnSuccessEvent(timeout.name()));
    }
  }

  @Override
  public void onError(Throwable throwable) {
    if (events.hasConsumers()) {
      events.publish(
          throwable instanceof TimeoutException
              ? new TimeLimiterOnTimeoutEvent(timeout.name())
              : new TimeLimiterOnErrorEvent(timeout.name(), throwable));
    }
  }

  @Override
  public String toString() {
    return "TimeLimiter '" + timeout.name() + "'";
  }

  private static final class Events extends EventProcessor<TimeLimiterEvent>
      implements EventPublisher {
    private final ConsumerLog log;

    Events(String name) {
      this.log = new ConsumerLog("timeout '" + name + "'");
    }

    void publish(TimeLimiterEvent event) {
      try {
        processEvent(event);
      } catch (Throwable e) {
        log.failed(e);
      }
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
