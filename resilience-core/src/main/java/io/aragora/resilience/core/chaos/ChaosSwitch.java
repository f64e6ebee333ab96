package io.aragora.resilience.core.chaos;

import io.aragora.resilience.chaos.ChaosControl;
import io.aragora.resilience.chaos.ChaosEvent;
import io.aragora.resilience.chaos.ChaosState;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.core.settings.ChaosSettings;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Whether chaos is active in a runtime. Thread-safe. */
public final class ChaosSwitch implements ChaosControl {
  /*
   * Reading: `until` is one volatile word, OFF or the end. A call compares the end with the time source, so chaos ends on time,
   * whatever the timer does. The timer stores OFF after the end, says so, and wakes the delays.
   *
   * Beginning: an injection begins in begin(), under the lock, and is counted there. stop() stores OFF under the same lock. So an
   * injection that has begun is in the counts before stop() returns, and none begins afterwards, whatever its call read and drew
   * before (stress: ChaosSwitchStress.NothingBeginsAfterStop). A delay is added to `delays` in begin(), and stop() takes them all
   * (stress: ChaosSwitchStress.NoDelayOutlivesChaos). Only calls that are injected into take the lock. No foreign code runs
   * under it.
   */
  private static final GuardedLog LOG = GuardedLog.of(ChaosSwitch.class);
  private static final long OFF = Long.MIN_VALUE;
  private static final int MOST_NAMED = 10;

  private final ChaosSettings settings;
  private final TimeSource time;
  private final Timer timer;
  private final Dispatcher dispatcher;
  private final Supplier<? extends Collection<CoreChaos>> policies;
  private final End end = new End();

  /** The end of the present chaos, or {@link #OFF}. Written under the lock of this. */
  private volatile long until = OFF;

  /** The end as a time of day. Written under the lock of this, before `until`. */
  private volatile @Nullable Instant endsAt;

  // Guarded by the lock of this.
  private final Set<Delay> delays = new HashSet<>();
  private long injections;
  private boolean isClosed;

  /**
   * Creates a switch that is off.
   *
   * @param settings what the process says about chaos
   * @param time the time source of the runtime
   * @param timer its timer, which tells of the end
   * @param dispatcher its dispatcher, which logs the end
   * @param policies returns its registered chaos policies
   */
  public ChaosSwitch(
      ChaosSettings settings,
      TimeSource time,
      Timer timer,
      Dispatcher dispatcher,
      Supplier<? extends Collection<CoreChaos>> policies) {
    this.settings = settings;
    this.time = time;
    this.timer = timer;
    this.dispatcher = dispatcher;
    this.policies = policies;
  }

  /** {@return whether the process enables chaos} */
  public boolean isEnabled() {
    return settings.isEnabled();
  }

  /** Returns false if chaos is certainly not active. Reads no clock. */
  boolean mayBeActive() {
    return until != OFF;
  }

  /** Returns whether chaos is active. */
  boolean isActive() {
    long end = until;
    return end != OFF && time.nanoTime() < end;
  }

  /**
   * Begins an injection, and counts it.
   *
   * @param counted the count
   * @param delay waits until it is ended or {@linkplain #leave left}; null if the injection is none
   * @return false if chaos is over, so that nothing may be injected
   */
  synchronized boolean begin(LongAdder counted, @Nullable Delay delay) {
    if (!isActive()) {
      return false;
    }
    counted.increment();
    injections++;
    if (delay != null) {
      delays.add(delay);
    }
    return true;
  }

  /** Forgets a delay that has ended. */
  synchronized void leave(Delay delay) {
    delays.remove(delay);
  }

  /** Returns the number of delays that have not ended. */
  synchronized int delays() {
    return delays.size();
  }

  @Override
  public void start(Duration length) {
    Setting.positive("length", length);
    if (length.compareTo(maxDuration()) > 0) {
      throw new IllegalArgumentException(
          "chaos must be started for at most " + maxDuration() + ": " + length);
    }
    if (!isEnabled()) {
      throw new IllegalStateException("chaos is not enabled: set " + ChaosSettings.ENABLED
          + "=true for this process, as a system property, environment variable "
          + ChaosSettings.variable(ChaosSettings.ENABLED) + " or property of the builder");
    }
    Instant at = time.wallTime().plus(length).truncatedTo(ChronoUnit.SECONDS);
    synchronized (this) {
      if (isClosed) {
        throw new ResilienceClosedException(dispatcher.runtime());
      }
      long last = Nanos.after(time.nanoTime(), Nanos.of(length));
      if (until == OFF) {
        injections = 0;
      }
      endsAt = at;
      until = last;
      timer.arm(end, last);
    }
    LOG.log(
        System.Logger.Level.WARNING,
        "runtime '" + dispatcher.runtime() + "': chaos is active until " + at + ": " + named()
            + ". It ends by itself, and by chaos().stop()",
        (Throwable) null);
    tell(ChaosEvent.Kind.STARTED, length);
  }

  @Override
  public void stop() {
    stop("it was stopped", false);
  }

  /** Ends chaos for good, because the runtime is closed. */
  public void close() {
    synchronized (this) {
      isClosed = true;
    }
    stop("the runtime is closed", false);
  }

  private void stop(String why, boolean isEndOfTime) {
    List<Delay> waiting;
    long injected;
    synchronized (this) {
      if (until == OFF) {
        return;
      }
      if (isEndOfTime && isActive()) {
        // Another end was set while the timer fired.
        timer.arm(end, until);
        return;
      }
      until = OFF;
      timer.cancel(end);
      waiting = List.copyOf(delays);
      delays.clear();
      injected = injections;
    }
    waiting.forEach(Delay::end);
    ended(why, injected);
  }

  private void ended(String why, long injected) {
    LOG.log(
        System.Logger.Level.INFO,
        "runtime '" + dispatcher.runtime() + "': chaos has ended, because " + why + "; injections: "
            + injected,
        (Throwable) null);
    tell(ChaosEvent.Kind.ENDED, Duration.ZERO);
  }

  private void tell(ChaosEvent.Kind kind, Duration length) {
    for (CoreChaos policy : policies.get()) {
      policy.tell(kind, length);
    }
  }

  /** {@return the names of the policies that inject, at most ten, for messages} */
  public String named() {
    List<String> names = policies.get().stream().map(CoreChaos::name).sorted().toList();
    int more = names.size() - MOST_NAMED;
    String text = String.join(", ", names.subList(0, Math.min(MOST_NAMED, names.size())));
    return more > 0 ? text + " and " + more + " more" : names.isEmpty() ? "no policy yet" : text;
  }

  @Override
  public ChaosState state() {
    if (!isEnabled()) {
      return ChaosState.NOT_ENABLED;
    }
    return isActive() ? ChaosState.ACTIVE : ChaosState.STOPPED;
  }

  @Override
  public Optional<Instant> activeUntil() {
    return isActive() ? Optional.ofNullable(endsAt) : Optional.empty();
  }

  @Override
  public Duration maxDuration() {
    return settings.maxDuration();
  }

  @Override
  public String toString() {
    return "chaos of runtime '" + dispatcher.runtime() + "': " + state();
  }

  /** Fires at the end. */
  private final class End extends TimerOperation implements Runnable {
    @Override
    protected void onFire(long arming) {
      dispatcher.tell(this);
    }

    @Override
    public void run() {
      stop("its time is over", true);
    }

    @Override
    protected void onTimerClosed(long arming) {
      // Closing the runtime stops chaos.
    }
  }
}
