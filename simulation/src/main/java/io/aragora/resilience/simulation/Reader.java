package io.aragora.resilience.simulation;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.health.HealthReport;
import io.aragora.resilience.health.HealthStatus;
import io.aragora.resilience.health.HealthTracker;
import io.aragora.resilience.health.HealthTrackerSnapshot;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Reads all of a process that can be read, while everything moves: nothing is thrown, no total falls, no two readings disagree. */
final class Reader {
  private final World world;
  private final MetricsPage page;
  private final Chance chance;
  private @Nullable Counts seen;
  private Map<String, Double> shown = Map.of();

  Reader(World world, MetricsPage page, long seed) {
    this.world = world;
    this.page = page;
    this.chance = new Chance(seed);
  }

  void read() {
    StringBuilder all = new StringBuilder(lists(world.resilience()));
    world.subjects().forEach(subject -> all.append(subject.read()));
    check(all.length() > 0, "reading: all can be read", "nothing was read");
    readMetrics();
    readHealth();
  }

  private static String lists(Resilience resilience) {
    return resilience.policies().circuitBreakerSummary()
        + " " + resilience.policies().pipelines()
        + " " + resilience.status().stateStore()
        + " " + resilience.status().timer()
        + " " + resilience.status().threads()
        + " " + resilience.status().fallbacks();
  }

  private void readMetrics() {
    Counts seenBefore = seen;
    Map<String, Double> shownBefore = shown;
    Counts before = Counts.of(world.resilience().policies());
    MetricsPage.Reading text = page.read();
    Counts after = Counts.of(world.resilience().policies());
    world.time().checkAlive();
    world.trace(() ->
        "reads " + text.counters().size() + " counters: " + text.counters().hashCode());
    if (world.isClosing()) {
      return;
    }
    check(!text.counters().isEmpty(), "reading: the metrics can be read", "the page shows nothing");
    // Elsewhere, a sum may be smaller than before while calls are counted.
    if (world.schedule().isExact()) {
      if (seenBefore != null) {
        before.checkSince(seenBefore);
      }
      after.checkSince(before);
      checkShown(before.calls(), text.calls(), after.calls());
      seen = after;
    }
    shownBefore.forEach((series, value) -> check(
        text.counters().getOrDefault(series, 0.0) >= value,
        "reading: no counter of the metrics falls",
        series + " was " + value + ", is " + text.counters().get(series)));
    shown = text.counters();
  }

  /**
   * Checks that the metrics show of each policy what it counted, neither less nor more.
   */
  private static void checkShown(
      Map<String, Long> before, Map<String, Double> text, Map<String, Long> after) {
    text.forEach((key, value) -> check(
        value >= before.getOrDefault(key, 0L) && value <= after.getOrDefault(key, Long.MAX_VALUE),
        "reading: the metrics show what the policies count",
        key + ": " + value + " is shown, not " + before.get(key) + " to " + after.get(key)));
  }

  private void readHealth() {
    HealthTracker tracker = world.resilience().health().tracker("reader");
    if (chance.percent(50)) {
      tracker.recordSuccess();
    } else {
      tracker.recordFailure("simulated");
    }
    HealthTrackerSnapshot snapshot = tracker.snapshot();
    check(
        snapshot.consecutiveFailures() == 0 || snapshot.consecutiveSuccesses() == 0,
        "reading: the last report of a tracker was one thing",
        snapshot.toString());
    CompletableFuture<HealthReport> asked = world.resilience().health().checkAllAsync();
    Actor.self().await(() -> asked.isDone() || world.time().isKilled(), "a report of health");
    world.time().checkAlive();
    HealthReport report = asked.join();
    Map<String, Object> all = report.toMap();
    world.trace(() -> "reads " + all);
    HealthStatus probed = report.checks().containsKey(Probe.NAME)
        ? report.checks().get(Probe.NAME).status()
        : HealthStatus.HEALTHY;
    check(
        report.status().compareTo(probed) >= 0,
        "reading: a report is no better than its critical parts",
        report.toString());
  }

  private static void check(boolean holds, String rule, String seen) {
    if (!holds) {
      throw new Violation(rule, seen);
    }
  }
}
