package io.aragora.resilience.health.page;

import io.aragora.resilience.health.HealthRegistry;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthResult;
import io.aragora.resilience.health.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The last health report. A new one is requested when it is a few seconds old, and never waited for, so that a slow
 * check delays nothing else. Not thread-safe.
 */
final class HealthSummary {
  static final int MOST = 50;
  private static final long AGE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final HealthRegistry health;
  private final boolean details;
  private @Nullable CompletableFuture<HealthReport> asked;
  private long askedNanos;
  private @Nullable HealthReport last;

  HealthSummary(HealthRegistry health, boolean details) {
    this.health = health;
    this.details = details;
  }

  /** Adds {@code health}, and {@code checks} if details are shown, once there is a report. */
  void addTo(JsonObject board, long nowNanos) {
    CompletableFuture<HealthReport> pending = asked;
    if (pending != null && pending.isDone()) {
      last = pending.isCompletedExceptionally() ? null : pending.join();
    }
    if (pending == null || (pending.isDone() && nowNanos - askedNanos >= AGE_NANOS)) {
      asked = health.checkAllAsync();
      askedNanos = nowNanos;
    }
    HealthReport report = last;
    if (report == null) {
      return;
    }
    board.put("health", report.status().text());
    if (details) {
      List<JsonObject> checks = new ArrayList<>();
      for (Map.Entry<String, HealthResult> check : report.checks().entrySet()) {
        if (checks.size() == MOST) {
          break;
        }
        checks.add(new JsonObject()
            .put("name", check.getKey())
            .put("status", check.getValue().status().text())
            .put("detail", check.getValue().detail()));
      }
      board.put("checks", checks).put("checks_count", report.checks().size());
    }
  }
}
