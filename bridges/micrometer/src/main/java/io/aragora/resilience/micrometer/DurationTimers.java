package io.aragora.resilience.micrometer;

import io.aragora.resilience.spi.DurationRecorder;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The timers of one runtime in one registry, each looked up once for a policy. Thread-safe.
 */
/*
 * Locking: the registry runs code of the application, so it is changed without the lock, after the map was. Two threads may change it in
 * the other order, for a policy that is removed and declared again at once. So each looks at the map again afterwards, and repeats
 * its change for what it finds there: the last of them leaves the registry as the map is.
 */
final class DurationTimers implements DurationRecorder, AutoCloseable {
  private final MeterRegistry registry;
  private final String runtime;
  private final MeterSettings settings;

  // Guarded by this.
  private final Map<Kind, Map<String, Recorder>> recorders = new EnumMap<>(Kind.class);

  DurationTimers(MeterRegistry registry, String runtime, MeterSettings settings) {
    this.registry = registry;
    this.runtime = runtime;
    this.settings = settings;
  }

  @Override
  public @Nullable LongConsumer of(Kind kind, String policy) {
    Recorder recorder;
    synchronized (this) {
      Map<String, Recorder> ofKind = recorders.computeIfAbsent(kind, any -> new HashMap<>());
      recorder = ofKind.get(policy);
      if (recorder == null) {
        if (ofKind.size() >= settings.maxNames()) {
          return null;
        }
        recorder = new Recorder(kind, policy);
        ofKind.put(policy, recorder);
      }
    }
    settle(recorder);
    return recorder;
  }

  /** Registers the timer of a policy, or removes it, as the map says. */
  private void settle(Recorder changed) {
    Recorder wanted = present(changed);
    boolean isSettled = false;
    while (!isSettled) {
      if (wanted != null) {
        wanted.timer = register(wanted.kind, wanted.policy);
      } else if (changed.timer != null) {
        registry.remove(changed.timer);
      }
      Recorder before = wanted;
      wanted = present(changed);
      isSettled = wanted == before;
    }
  }

  private synchronized @Nullable Recorder present(Recorder recorder) {
    Map<String, Recorder> ofKind = recorders.get(recorder.kind);
    return ofKind == null ? null : ofKind.get(recorder.policy);
  }

  private Timer register(Kind kind, String policy) {
    Timer.Builder builder = Timer.builder(MeterNames.timer(kind))
        .tags(MeterNames.tags(runtime, policy, kind))
        .description(description(kind));
    if (!settings.percentiles().isEmpty()) {
      builder.publishPercentiles(
          settings.percentiles().stream().mapToDouble(Double::doubleValue).toArray());
    }
    if (settings.histograms()) {
      builder.publishPercentileHistogram();
    }
    return builder.register(registry);
  }

  private static String description(Kind kind) {
    return switch (kind) {
      case SUCCESSFUL_CALL, FAILED_CALL -> "Durations of calls that the breaker counted";
      case RETRY_DELAY -> "Delays before further attempts";
      case EXCEEDED_LIMIT -> "Limits of the timeout that calls exceeded";
      default -> "Waits of calls before they were admitted";
    };
  }

  @Override
  public void forget(Kind kind, String policy) {
    Recorder removed;
    synchronized (this) {
      Map<String, Recorder> ofKind = recorders.get(kind);
      removed = ofKind == null ? null : ofKind.remove(policy);
    }
    if (removed != null) {
      settle(removed);
    }
  }

  /** Removes all timers. */
  @Override
  public void close() {
    List<Recorder> removed = new ArrayList<>();
    synchronized (this) {
      recorders.values().forEach(ofKind -> removed.addAll(ofKind.values()));
      recorders.clear();
    }
    removed.forEach(this::settle);
  }

  /** Records the durations of one policy. */
  private static final class Recorder implements LongConsumer {
    private final Kind kind;
    private final String policy;
    private volatile @Nullable Timer timer;

    Recorder(Kind kind, String policy) {
      this.kind = kind;
      this.policy = policy;
    }

    @Override
    public void accept(long nanos) {
      Timer present = timer;
      if (present != null) {
        present.record(nanos, TimeUnit.NANOSECONDS);
      }
    }
  }
}
