package io.aragora.resilience.core.health;

import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.health.HealthDetails;
import io.aragora.resilience.health.HealthGroup;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.HealthTracker;
import io.aragora.resilience.health.HealthTrackerConfig;
import io.aragora.resilience.health.HealthTrackerSnapshot;
import io.aragora.resilience.health.HealthTransition;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Counts reports under a lock; events are delivered after the lock is released. */
final class CoreHealthTracker implements HealthTracker, Component {
  private static final int MAX_METADATA = 100;
  private static final long NO_LATENCY = -1;

  /** The keys that a line of a report uses for other values. */
  private static final Set<String> SAID = Set.of("healthy", "status", "since");

  private final String name;
  private final TimeSource time;
  private final EventChannel<HealthTransition> events;
  private volatile HealthTrackerConfig config;

  // Guarded by this.
  private final StatusTrail trail;
  private final Map<String, Object> metadata = new LinkedHashMap<>();
  private LatencyWindow latencies;
  private Instant lastCheck;
  private long lastCheckNanos;
  private boolean reported;
  private long failures;
  private long successes;
  private @Nullable String lastError;
  private @Nullable Instant lastErrorAt;

  CoreHealthTracker(
      String name,
      HealthTrackerConfig config,
      TimeSource time,
      EventChannel<HealthTransition> events) {
    this.name = name;
    this.config = config;
    this.time = time;
    this.events = events;
    this.trail = new StatusTrail(name, time, events);
    this.latencies = new LatencyWindow(config.latencyWindow());
    this.lastCheck = time.wallTime();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public HealthTrackerConfig config() {
    return config;
  }

  /**
   * Sets the config of a tracker that was looked up before it was declared. The config applies from
   * the next report.
   */
  synchronized void configure(HealthTrackerConfig declared) {
    config = declared;
    latencies = latencies.resized(declared.latencyWindow());
  }

  @Override
  public boolean isIn(HealthGroup group) {
    return config.groups().contains(group);
  }

  @Override
  public boolean isCritical() {
    return config.critical();
  }

  @Override
  public synchronized void detach() {
    trail.detach();
  }

  @Override
  public void recordSuccess() {
    report(true, null, NO_LATENCY);
  }

  @Override
  public void recordSuccess(Duration latency) {
    report(true, null, Setting.notNegative("latency", latency).toNanos());
  }

  @Override
  public void recordFailure(@Nullable String error) {
    report(false, error, NO_LATENCY);
  }

  @Override
  public void recordFailure(@Nullable String error, Duration latency) {
    report(false, error, Setting.notNegative("latency", latency).toNanos());
  }

  private void report(boolean success, @Nullable String error, long latency) {
    String told = error == null ? null : HealthDetails.shortened(error);
    boolean deliver;
    synchronized (this) {
      lastCheck = time.wallTime();
      lastCheckNanos = time.nanoTime();
      reported = true;
      if (latency != NO_LATENCY) {
        latencies.add(latency);
      }
      deliver = success ? succeed() : fail(told);
    }
    if (deliver) {
      events.deliver();
    }
  }

  private boolean succeed() {
    successes++;
    failures = 0;
    if (trail.status() == HealthStatus.UNHEALTHY) {
      if (successes < config.recoveryThreshold()) {
        return false;
      }
      lastError = null;
      lastErrorAt = null;
    }
    return trail.move(HealthStatus.HEALTHY, 0, "");
  }

  private boolean fail(@Nullable String told) {
    failures++;
    successes = 0;
    if (told != null) {
      lastError = told;
      lastErrorAt = lastCheck;
    }
    return failures >= config.failureThreshold()
        && trail.move(HealthStatus.UNHEALTHY, failures, lastError == null ? "" : lastError);
  }

  @Override
  public void setMetadata(String key, @Nullable Object value) {
    Setting.name("metadata key", key);
    Object copy = value == null ? null : HealthDetails.copyOf(value);
    synchronized (this) {
      if (copy == null) {
        metadata.remove(key);
      } else if (metadata.size() < MAX_METADATA || metadata.containsKey(key)) {
        metadata.put(key, copy);
      } else {
        throw new IllegalArgumentException(
            "metadata of '" + name + "' must have at most " + MAX_METADATA + " keys: " + key);
      }
    }
  }

  @Override
  public void reset() {
    boolean deliver;
    synchronized (this) {
      lastCheck = time.wallTime();
      reported = false;
      failures = 0;
      successes = 0;
      lastError = null;
      lastErrorAt = null;
      latencies.clear();
      metadata.clear();
      deliver = trail.move(HealthStatus.UNKNOWN, 0, "");
    }
    if (deliver) {
      events.deliver();
    }
  }

  @Override
  public synchronized HealthTrackerSnapshot snapshot() {
    Duration staleAfter = config.staleAfter();
    boolean stale = staleAfter != null
        && trail.status() == HealthStatus.HEALTHY
        && time.nanoTime() - lastCheckNanos >= staleAfter.toNanos();
    return HealthTrackerSnapshot.builder(stale ? HealthStatus.UNKNOWN : trail.status(), lastCheck)
        .since(stale ? lastCheck.plus(staleAfter) : trail.since())
        .consecutiveFailures(failures)
        .consecutiveSuccesses(successes)
        .lastError(lastError)
        .lastErrorAt(lastErrorAt)
        .meanLatency(latencies.mean())
        .maxLatency(latencies.max())
        .metadata(metadata)
        .build();
  }

  @Override
  public CompletableFuture<HealthResult> look() {
    return CompletableFuture.completedFuture(known());
  }

  @Override
  public HealthResult known() {
    HealthTrackerSnapshot snapshot;
    boolean silent;
    synchronized (this) {
      snapshot = snapshot();
      silent = !reported;
    }
    Map<String, Object> details = new LinkedHashMap<>();
    snapshot.toMap().forEach((key, value) -> {
      if (value != null && !SAID.contains(key)) {
        details.put(key, value);
      }
    });
    Duration mean = snapshot.meanLatency();
    return HealthResult.builder(snapshot.status())
        .detail(detail(snapshot, silent))
        .duration(mean == null ? Duration.ZERO : mean)
        .since(snapshot.since())
        .details(details)
        .build();
  }

  @Override
  public synchronized long consecutiveFailures() {
    return failures;
  }

  private String detail(HealthTrackerSnapshot snapshot, boolean silent) {
    String error = snapshot.lastError();
    if (snapshot.status() == HealthStatus.UNHEALTHY) {
      return error == null || error.isBlank() ? "no error message was reported" : error;
    }
    if (snapshot.status() != HealthStatus.UNKNOWN) {
      return "";
    }
    if (silent) {
      return "no report yet";
    }
    return snapshot.consecutiveFailures() > 0
        ? "no success yet"
        : "no report since " + snapshot.lastCheck();
  }

  @Override
  public String toString() {
    return "health tracker '" + name + "'";
  }
}
