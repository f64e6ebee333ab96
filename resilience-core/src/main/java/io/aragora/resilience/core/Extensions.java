package io.aragora.resilience.core;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.Subscription;
import io.aragora.resilience.core.recording.DurationRecorders;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.spi.EndpointContribution;
import io.aragora.resilience.spi.HealthCheckProvider;
import io.aragora.resilience.spi.ResilienceContext;
import io.aragora.resilience.spi.ResilienceExtension;
import io.aragora.resilience.spi.ResilienceSettings;
import io.aragora.resilience.time.TimeSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The plug-ins of a runtime: attached in order, each failing alone, closed in reverse. */
final class Extensions implements ResilienceContext {
  private static final GuardedLog LOG = GuardedLog.of(Extensions.class);

  private final Resilience resilience;
  private final ResilienceSettings settings;
  private final TimeSource time;
  private final DurationRecorders durations;
  private final List<ResilienceExtension> attached = new ArrayList<>();
  private final Deque<AutoCloseable> open = new ArrayDeque<>();

  Extensions(
      Resilience resilience,
      ResilienceSettings settings,
      TimeSource time,
      DurationRecorders durations) {
    this.durations = durations;
    this.resilience = resilience;
    this.settings = settings;
    this.time = time;
  }

  synchronized void attachAll() {
    for (HealthCheckProvider provider : settings.healthChecks()) {
      try {
        open.push(resilience
            .health()
            .register(provider.name(), provider.create(this), provider.options()));
      } catch (Throwable e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "a health check could not be added: " + provider.getClass().getName(),
            e);
      }
    }
    for (ResilienceExtension extension : settings.extensions()) {
      try {
        open.push(Objects.requireNonNull(extension.attach(this), "attach() gave null"));
        attached.add(extension);
      } catch (Throwable e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "extension " + extension.getClass().getName()
                + " could not start, the runtime goes on without it",
            e);
      }
    }
  }

  synchronized <E extends ResilienceExtension> Optional<E> find(Class<E> type) {
    return attached.stream().filter(type::isInstance).map(type::cast).findFirst();
  }

  @Override
  public Resilience resilience() {
    return resilience;
  }

  @Override
  public TimeSource timeSource() {
    return time;
  }

  @Override
  public Optional<String> property(String key) {
    String system = System.getProperty(key);
    return Optional.ofNullable(system != null ? system : settings.properties().get(key))
        .map(String::trim)
        .filter(value -> !value.isEmpty());
  }

  @Override
  public List<EndpointContribution> endpointContributions() {
    return settings.contributions();
  }

  @Override
  public Subscription recordDurations(DurationRecorder recorder) {
    return durations.add(recorder);
  }

  /** Closes what was attached, the latest first, each in a step of its own, under no lock. */
  void close(ClosingSteps steps) {
    AutoCloseable closing;
    while ((closing = takeLatest()) != null) {
      AutoCloseable one = closing;
      steps.run("an extension (" + one.getClass().getName() + ")", () -> close(one));
    }
  }

  private synchronized @Nullable AutoCloseable takeLatest() {
    AutoCloseable latest = open.poll();
    if (latest == null) {
      attached.clear();
    }
    return latest;
  }

  private static void close(AutoCloseable closing) {
    try {
      closing.close();
    } catch (Throwable e) {
      LOG.log(
          System.Logger.Level.WARNING,
          "an extension failed to close: " + closing.getClass().getName(),
          e);
    }
  }
}
