package io.aragora.resilience.examples.readme;

// readme: extending bridge
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerListener;
import io.aragora.resilience.circuitbreaker.CircuitBreakerTransition;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.DurationRecorder;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;

/** Shows a runtime in Micrometer: how long calls take, what retries wait, what timeouts end, what breakers do. */
public final class MicrometerBridge implements ResilienceExtension {
  private final MeterRegistry registry;

  public MicrometerBridge(MeterRegistry registry) {
    this.registry = registry;
  }

  @Override
  public AutoCloseable attach(ResilienceContext context) {
    Meters meters = new Meters(context.resilience());
    Subscription durations = context.recordDurations(meters);
    Subscription changes = context.resilience().policies().subscribe(meters);
    return () -> {
      durations.close();
      changes.close();
      meters.ids.forEach(registry::remove);
    };
  }

  private final class Meters implements DurationRecorder, CircuitBreakerListener {
    private final Resilience resilience;
    private final Set<Meter.Id> ids = ConcurrentHashMap.newKeySet();

    Meters(Resilience resilience) {
      this.resilience = resilience;
    }

    /** Called once for each policy, so that calls look nothing up. */
    @Override
    public LongConsumer of(Kind kind, String policy) {
      return switch (kind) {
        case SUCCESSFUL_CALL -> timer("resilience.calls", tags(policy).and("outcome", "success"));
        case FAILED_CALL -> timer("resilience.calls", tags(policy).and("outcome", "failure"));
        case RETRY_DELAY -> timer("resilience.retry.delay", tags(policy));
        case EXCEEDED_LIMIT -> {
          Counter exceeded = registry.counter("resilience.timeouts", tags(policy));
          ids.add(exceeded.getId());
          yield limit -> exceeded.increment();
        }
        default -> null;
      };
    }

    /** Runs in the background. A breaker without a transition rejected nothing, so it needs no meter before. */
    @Override
    public void onTransition(CircuitBreakerTransition change) {
      for (CircuitBreaker breaker :
          resilience.policies().circuitBreakers()) { // keys are none: too many
        if (breaker.name().equals(change.breaker())) {
          Tags tags = tags(breaker.name());
          ids.add(
              Gauge.builder("resilience.state", breaker, each -> each.state().code())
                  .tags(tags)
                  .register(registry)
                  .getId());
          ids.add(FunctionCounter.builder(
                  "resilience.rejections",
                  breaker,
                  each -> each.snapshot().totals().rejected())
              .tags(tags)
              .register(registry)
              .getId());
        }
      }
    }

    private LongConsumer timer(String name, Tags tags) {
      Timer timer = registry.timer(name, tags);
      ids.add(timer.getId());
      return nanos -> timer.record(nanos, TimeUnit.NANOSECONDS);
    }

    private Tags tags(String policy) {
      return Tags.of("runtime", resilience.name(), "name", policy);
    }
  }
}
// end
