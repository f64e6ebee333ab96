package io.aragora.resilience.examples.readme;

// readme: extending bridge
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.spi.Readings;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/** Shows a runtime in Micrometer: how long calls and waits take, and the numbers of all its policies. */
public final class MicrometerBridge implements ResilienceExtension {
  private final MeterRegistry registry;

  public MicrometerBridge(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public AutoCloseable attach(ResilienceContext context) {
    Meters meters = new Meters(context.resilience());
    Subscription durations = context.recordDurations(meters);
    return () -> {
      durations.close();
      meters.ids.forEach(registry::remove);
    };
  }

  private final class Meters implements DurationRecorder, Readings {
    private final Resilience resilience;
    private final Set<Meter.Id> ids = ConcurrentHashMap.newKeySet();
    private final Map<String, double[]> numbers = new ConcurrentHashMap<>();
    private String kind = "";
    private Tags tags = Tags.empty();
    private int policies;

    Meters(Resilience resilience) {
      this.resilience = resilience;
      ids.add(Gauge.builder("resilience.policies", this, Meters::read)
          .tags("runtime", resilience.name())
          .register(registry)
          .getId());
    }

    /** Called once for each policy, so that calls look nothing up. */
    @Override
    public LongConsumer of(Kind measured, String policy) {
      Timer timer = registry.timer(
          "resilience.durations", tags(policy).and("of", measured.name().toLowerCase(Locale.ROOT)));
      ids.add(timer.getId());
      return nanos -> timer.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** Reads all policies when the registry asks for their number; a new one has its meters from then on. */
    private synchronized double read() {
      policies = 0;
      resilience.readings(this);
      return policies;
    }

    @Override
    public void policy(String kindOfPolicy, String name) {
      kind = kindOfPolicy;
      tags = tags(name);
      policies++;
    }

    @Override
    public void count(String what, String outcome, long value) {
      numbers
          .computeIfAbsent(kind + tags + what + outcome, none -> {
            double[] number = {0};
            ids.add(
                FunctionCounter.builder("resilience." + kind + "." + what, number, each -> each[0])
                    .tags(tags.and("outcome", outcome))
                    .register(registry)
                    .getId());
            return number;
          })[0] = value;
    }

    @Override
    public void level(String what, double value) {
      numbers
          .computeIfAbsent(kind + tags + what, none -> {
            double[] number = {0};
            ids.add(Gauge.builder("resilience." + kind + "." + what, number, each -> each[0])
                .tags(tags)
                .strongReference(true)
                .register(registry)
                .getId());
            return number;
          })[0] = value;
    }

    private Tags tags(String policy) {
      return Tags.of("runtime", resilience.name(), "name", policy);
    }
  }
}
// end
