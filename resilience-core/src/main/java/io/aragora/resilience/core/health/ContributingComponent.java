package io.aragora.resilience.core.health;

import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthTransition;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A part of the runtime that reports its own health. Changes are noticed when it is asked. */
final class ContributingComponent implements Component {
  private final Contribution contribution;
  private final EventChannel<HealthTransition> events;

  /** Guarded by this. */
  private final StatusTrail trail;

  ContributingComponent(
      Contribution contribution, TimeSource time, EventChannel<HealthTransition> events) {
    this.contribution = contribution;
    this.events = events;
    this.trail = new StatusTrail(contribution.name(), time, events);
  }

  @Override
  public String name() {
    return contribution.name();
  }

  @Override
  public boolean isIn(HealthGroup group) {
    return group == HealthGroup.READINESS;
  }

  @Override
  public boolean isCritical() {
    return false;
  }

  @Override
  public CompletableFuture<? extends @Nullable HealthResult> look() {
    return CompletableFuture.completedFuture(known());
  }

  @Override
  public @Nullable HealthResult known() {
    boolean deliver;
    HealthResult known;
    synchronized (this) {
      HealthResult now = contribution.now().get();
      if (now == null) {
        return null;
      }
      deliver = trail.move(now.status(), now.detail());
      known = trail.date(now);
    }
    if (deliver) {
      events.deliver();
    }
    return known;
  }

  @Override
  public synchronized long consecutiveFailures() {
    return trail.failures();
  }

  @Override
  public void detach() {
    throw new UnsupportedOperationException(name() + " stays");
  }
}
