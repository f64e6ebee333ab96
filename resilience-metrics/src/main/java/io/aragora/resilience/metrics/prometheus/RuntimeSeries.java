package io.aragora.resilience.metrics.prometheus;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.ThreadLoad;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.ratelimiter.KeyedRateLimiter;
import io.aragora.resilience.time.TimerTotals;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the numbers of one runtime. It remembers the counts that it has shown, because a sum over concurrent cells may
 * be smaller than a moment ago, which Prometheus would treat as a restart. It does not reference the runtime, so it can
 * be the value of a weak map. Thread-safe: one read at a time.
 */
final class RuntimeSeries {
  private final BreakerSeries breakers;
  private final KeyedSeries keyedBreakers;
  private final PolicySeries others;
  private final int maxKeys;
  private Map<String, LimiterKeys> limiterKeys = Map.of();
  private long saved;
  private long storeFailures;
  private long fired;
  private long latenessNanos;

  RuntimeSeries(MetricsSettings settings) {
    this.breakers = new BreakerSeries(settings.maxNames());
    this.keyedBreakers = new KeyedSeries(settings.maxNames(), settings.maxKeys());
    this.maxKeys = settings.maxKeys();
    this.others = new PolicySeries(settings.maxNames());
  }

  /**
   * Reads a runtime, always the same one, under its label.
   *
   * @param text receives the breakers; null if they are to be among the samples
   */
  List<Sample> read(String runtime, Resilience resilience, @Nullable TextScrape text) {
    SampleList samples = new SampleList(runtime);
    read(runtime, resilience, text, samples);
    // Without the lock: health checks of the application may run in here.
    HealthSeries.read(resilience, samples);
    return samples.all();
  }

  private synchronized void read(
      String runtime, Resilience resilience, @Nullable TextScrape text, SampleList samples) {
    BreakerReading reading = breakers.read(resilience);
    if (text == null) {
      reading.addTo(samples);
    }
    keyedBreakers.read(resilience, samples);
    others.read(resilience, samples);
    readLimitersWithKeys(resilience, samples);
    readStore(resilience.status().stateStore(), samples);
    readTimer(resilience.status().timer(), samples);
    readThreads(resilience, samples);
    if (text != null) {
      text.add(runtime, reading);
    }
  }

  private void readLimitersWithKeys(Resilience resilience, SampleList samples) {
    Map<String, LimiterKeys> present = new LinkedHashMap<>();
    for (KeyedRateLimiter limiter : resilience.policies().keyedRateLimiters()) {
      String name = SampleList.label(limiter.name());
      if (others.isNamed(PolicyFamilies.LIMITERS_WITH_KEYS, name) && !present.containsKey(name)) {
        LimiterKeys keys = limiterKeys.getOrDefault(name, new LimiterKeys(maxKeys));
        keys.read(limiter, name, samples);
        present.put(name, keys);
      }
    }
    limiterKeys = present;
  }

  private void readStore(StateStoreStatus status, SampleList samples) {
    if (status.location().equals(StateStoreStatus.NONE.location())) {
      return;
    }
    saved = Math.max(saved, status.saved());
    storeFailures = Math.max(storeFailures, status.failures());
    samples.add(Families.STORE_SAVED, saved);
    samples.add(Families.STORE_FAILURES, storeFailures);
    samples.add(Families.STORE_PENDING, status.pending());
  }

  private void readTimer(TimerTotals totals, SampleList samples) {
    fired = Math.max(fired, totals.fired());
    latenessNanos = Math.max(latenessNanos, totals.lateness().toNanos());
    samples.add(Families.TIMER_FIRED, fired);
    samples.add(Families.TIMER_LATENESS, latenessNanos / 1e9);
  }

  private void readThreads(Resilience resilience, SampleList samples) {
    for (ThreadLoad load : resilience.status().threads()) {
      samples.addOfGroup(Families.THREADS_BUSY, load.group(), load.busy());
      samples.addOfGroup(Families.THREADS_BOUND, load.group(), load.bound());
      samples.addOfGroup(Families.THREADS_WAITING, load.group(), load.waiting());
      samples.addOfGroup(Families.THREADS_FAILURES, load.group(), load.failures());
    }
  }
}
