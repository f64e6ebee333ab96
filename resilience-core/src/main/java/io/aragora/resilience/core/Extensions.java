package io.aragora.resilience.core;

import io.aragora.resilience.EndpointContribution;
import io.aragora.resilience.HealthCheckProvider;
import io.aragora.resilience.Resilience;
import io.aragora.resilience.ResilienceContext;
import io.aragora.resilience.ResilienceExtension;
import io.aragora.resilience.core.recording.DurationRecorders;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.runtime.ResilienceSettings;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.spi.DurationRecorder;
import io.aragora.resilience.time.TimeSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The plug-ins of a runtime. They are attached in order and closed in reverse order; the failure of
 * one does not affect the others. The monitor guards the lists, and no plug-in is called while it is
 * held: a plug-in that hangs must not keep the runtime from closing.
 */
final class Extensions implements ResilienceContext {
  private static final GuardedLog LOG = GuardedLog.of(Extensions.class);

  private final Resilience resilience;
  private final ResilienceSettings settings;
  private final TimeSource time;
  private final DurationRecorders durations;

  // Guarded by this.
  private final List<ResilienceExtension> attached = new ArrayList<>();
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private boolean isClosing;

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

  void attachAll() {
    for (HealthCheckProvider provider : settings.plugIns(HealthCheckProvider.class)) {
      try {
        opened(
            null,
            resilience
                .health()
                .register(provider.name(), provider.create(this), provider.options()));
      } catch (Throwable e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "health check of " + provider.getClass().getName()
                + " was not added; the runtime starts without it",
            e);
      }
    }
    for (ResilienceExtension extension : settings.plugIns(ResilienceExtension.class)) {
      try {
        opened(extension, Objects.requireNonNull(extension.attach(this), "attach() returned null"));
      } catch (Throwable e) {
        LOG.log(
            System.Logger.Level.WARNING,
            "extension " + extension.getClass().getName()
                + " failed to attach; the runtime starts without it",
            e);
      }
    }
  }

  /** Notes a plug-in that is attached. One that is attached after the runtime was closed is closed at once. */
  private void opened(@Nullable ResilienceExtension extension, AutoCloseable closing) {
    synchronized (this) {
      if (!isClosing) {
        open.push(closing);
        if (extension != null) {
          attached.add(extension);
        }
        return;
      }
    }
    close(closing);
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
    return settings.plugIns(EndpointContribution.class);
  }

  @Override
  public Subscription recordDurations(DurationRecorder recorder) {
    return durations.add(recorder);
  }

  /** Closes the attached extensions, the latest first, each in its own step, holding no lock. */
  void close(ClosingSteps steps) {
    AutoCloseable closing;
    while ((closing = takeLatest()) != null) {
      AutoCloseable one = closing;
      steps.run("extension " + one.getClass().getName(), () -> close(one));
    }
  }

  private synchronized @Nullable AutoCloseable takeLatest() {
    isClosing = true;
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
          "extension " + closing.getClass().getName() + " failed to close; closing continues",
          e);
    }
  }
}
