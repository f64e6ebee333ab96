package io.aragora.resilience.resilience4j;

import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadConfig;
import io.aragora.resilience.bulkhead.BulkheadSnapshot;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.bulkhead.event.BulkheadEvent;
import io.github.resilience4j.bulkhead.event.BulkheadOnCallFinishedEvent;
import io.github.resilience4j.bulkhead.event.BulkheadOnCallPermittedEvent;
import io.github.resilience4j.bulkhead.event.BulkheadOnCallRejectedEvent;
import io.github.resilience4j.core.EventConsumer;
import io.github.resilience4j.core.exception.AcquirePermissionCancelledException;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A bulkhead. A call that has to wait is an asynchronous call of ours whose body ends when the permission is given back, so it stands
 * in the same queue as all others.
 */
final class BulkheadView implements io.github.resilience4j.bulkhead.Bulkhead {
  private static final int MOST_PERMITS = 1_000_000;

  private final Bulkhead bulkhead;
  private final ShownConfig<BulkheadConfig, io.github.resilience4j.bulkhead.BulkheadConfig> shown;
  private final Map<String, String> tags;
  private final PermitStack permits = new PermitStack();
  private final Queue<CompletableFuture<@Nullable Void>> waited = new ConcurrentLinkedQueue<>();
  private final Events events;
  private final Metrics metrics = new Numbers();

  BulkheadView(
      Bulkhead bulkhead,
      ShownConfig.@Nullable Declared<BulkheadConfig, io.github.resilience4j.bulkhead.BulkheadConfig>
          declared,
      Map<String, String> tags) {
    this.bulkhead = bulkhead;
    this.shown = new ShownConfig<>(bulkhead::config, Configs::shown, declared);
    this.tags = Map.copyOf(tags);
    this.events = new Events(new ForeignCalls("bulkhead", bulkhead.name()));
  }

  @Override
  public void changeConfig(io.github.resilience4j.bulkhead.BulkheadConfig newConfig) {
    BulkheadConfig translated = Configs.of(newConfig);
    BulkheadConfig present = bulkhead.config();
    BulkheadConfig.Builder changed = present.toBuilder()
        .maxConcurrentCalls(translated.maxConcurrentCalls())
        .maxWait(translated.maxWait());
    // Theirs has no such setting, so a value of ours stays, unless calls begin or cease to wait.
    if (translated.maxWait().isZero() || present.maxWait().isZero()) {
      changed.maxWaiting(translated.maxWaiting());
    }
    bulkhead.reconfigure(changed.build());
  }

  @Override
  public boolean tryAcquirePermission() {
    boolean mayTake = bulkhead.config().maxWait().isZero() || hasPlace();
    boolean admitted = mayTake ? tryTake() : waitForPlace();
    if (events.hasConsumers()) {
      events.deliver(
          admitted
              ? new BulkheadOnCallPermittedEvent(bulkhead.name())
              : new BulkheadOnCallRejectedEvent(bulkhead.name()));
    }
    return admitted;
  }

  /** So that a call which waits is not counted as rejected first. */
  private boolean hasPlace() {
    BulkheadSnapshot now = bulkhead.snapshot();
    return now.inUse() < now.limit() && now.waiting() == 0;
  }

  private boolean tryTake() {
    long permit = bulkhead.tryAcquirePermit();
    if (permit == Bulkhead.REJECTED) {
      return !bulkhead.config().maxWait().isZero() && waitForPlace();
    }
    try {
      permits.push(permit, MOST_PERMITS);
    } catch (Throwable e) {
      bulkhead.releasePermit(permit);
      throw e;
    }
    return true;
  }

  private boolean waitForPlace() {
    CompletableFuture<@Nullable Void> held = new CompletableFuture<>();
    CompletableFuture<Boolean> admitted = new CompletableFuture<>();
    CompletableFuture<@Nullable Void> call = bulkhead.callAsync(() -> {
      admitted.complete(true);
      return held;
    });
    var unused = call.whenComplete((none, failure) -> admitted.complete(false));
    try {
      if (!admitted.get()) {
        return false;
      }
    } catch (InterruptedException e) {
      // Gives the place back, if it has come meanwhile.
      call.cancel(false);
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
    waited.add(held);
    return true;
  }

  @Override
  public void acquirePermission() {
    if (tryAcquirePermission()) {
      return;
    }
    if (Thread.currentThread().isInterrupted()) {
      throw new AcquirePermissionCancelledException();
    }
    throw BulkheadFullException.createBulkheadFullException(this);
  }

  /** A permission that nothing holds is ignored. */
  @Override
  public void releasePermission() {
    CompletableFuture<@Nullable Void> held = waited.poll();
    if (held != null) {
      held.complete(null);
      return;
    }
    long permit = permits.pop();
    if (permit != PermitStack.NONE) {
      bulkhead.releasePermit(permit);
    }
  }

  @Override
  public void onComplete() {
    releasePermission();
    if (events.hasConsumers()) {
      events.deliver(new BulkheadOnCallFinishedEvent(bulkhead.name()));
    }
  }

  @Override
  public String getName() {
    return bulkhead.name();
  }

  @Override
  public io.github.resilience4j.bulkhead.BulkheadConfig getBulkheadConfig() {
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
  public String toString() {
    return "Bulkhead '" + bulkhead.name() + "'";
  }

  private final class Numbers implements Metrics {
    @Override
    public int getAvailableConcurrentCalls() {
      BulkheadSnapshot now = bulkhead.snapshot();
      return Math.max(0, now.limit() - now.inUse());
    }

    @Override
    public int getMaxAllowedConcurrentCalls() {
      return bulkhead.config().maxConcurrentCalls();
    }
  }

  private static final class Events extends GuardedEvents<BulkheadEvent> implements EventPublisher {
    Events(ForeignCalls foreign) {
      super(foreign);
    }

    @Override
    public EventPublisher onCallRejected(EventConsumer<BulkheadOnCallRejectedEvent> consumer) {
      registerConsumer(BulkheadOnCallRejectedEvent.class.getName(), consumer);
      return this;
    }

    @Override
    public EventPublisher onCallPermitted(EventConsumer<BulkheadOnCallPermittedEvent> consumer) {
      registerConsumer(BulkheadOnCallPermittedEvent.class.getName(), consumer);
      return this;
    }

    @Override
    public EventPublisher onCallFinished(EventConsumer<BulkheadOnCallFinishedEvent> consumer) {
      registerConsumer(BulkheadOnCallFinishedEvent.class.getName(), consumer);
      return this;
    }
  }
}
