package io.aragora.resilience.core.concurrencylimit;

import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitEvent;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExplanation;
import io.aragora.resilience.concurrencylimit.LimitChange;
import io.aragora.resilience.core.admission.AdmissionRuntime;
import io.aragora.resilience.core.admission.WaitQueue;
import io.aragora.resilience.core.dispatch.EventChannel;
import io.aragora.resilience.core.dispatch.RepeatedHandOver;
import io.aragora.resilience.core.recording.FlightRecording;
import io.aragora.resilience.core.timer.SharedOperation;
import io.aragora.resilience.internal.Nanos;
import io.aragora.resilience.spi.Readings;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

/** What the priorities of a concurrency limit share: the places, the queue, and the rule that moves the limit. Thread-safe. */
final class AdaptiveLimit {
  /*
   * Calls take and return places and count; the timer ends the windows, and moves the limit. It is armed while calls come, and again
   * by the first call after a pause. A pause changes nothing.
   *
   * The rule and the cutting of windows are guarded by the monitor of this object, which only the timer, reconfigure and the first
   * call after a pause enter. No foreign code runs under it.
   */
  private final String name;
  private final AdmissionRuntime runtime;
  private final Calls calls;
  private final LimitedPlaces places;
  private final WaitQueue queue;
  private final LimitWindows windows;
  private final EventChannel<ConcurrencyLimitEvent> events;
  private final Map<LimitChange, RuleCount> changes = new EnumMap<>(LimitChange.class);
  private final WindowEnd windowEnd = new WindowEnd();
  private final Grants grants = new Grants();

  private volatile ConcurrencyLimitConfig config;
  private volatile ConcurrencyLimitExplanation explanation;

  /** The number of successive windows that ended overloaded at the least limit. */
  private volatile int windowsAtLeast;

  // Guarded by the monitor.

  private LimitRule rule;
  private boolean hasDecided;
  private long looks;

  AdaptiveLimit(
      String name,
      ConcurrencyLimitConfig config,
      AdmissionRuntime runtime,
      Calls calls,
      int ranks) {
    this.name = name;
    this.runtime = runtime;
    this.calls = calls;
    this.config = config;
    this.places = new LimitedPlaces(config.initial());
    this.queue = WaitQueue.ofRanks(calls, ranks);
    this.windows = new LimitWindows(runtime.time());
    this.events = new EventChannel<>(name, runtime.dispatcher());
    this.rule = new LimitRule(settings(config), this::draw);
    this.explanation = initially(config);
    for (LimitChange rule : LimitChange.values()) {
      changes.put(rule, new RuleCount(rule));
    }
  }

  /** The calls of all priorities. */
  interface Calls extends WaitQueue.Source {
    /** Returns how many calls have ended with a sign of overload so far. */
    long drops();
  }

  /** The number of windows that a rule decided, and its name. */
  private static final class RuleCount {
    private final String name;
    private final LongAdder windows = new LongAdder();

    RuleCount(LimitChange rule) {
      name = "changes." + rule.name().toLowerCase(Locale.ROOT);
    }
  }

  private static ConcurrencyLimitExplanation initially(ConcurrencyLimitConfig config) {
    return ConcurrencyLimitExplanation.builder()
        .from(config.initial())
        .to(config.initial())
        .build();
  }

  private static LimitSettings settings(ConcurrencyLimitConfig config) {
    Duration healthy = config.healthyLatency();
    return new LimitSettings(
        config.initial(),
        config.least(),
        config.most(),
        config.tolerance(),
        healthy == null ? 0 : Nanos.of(healthy));
  }

  private double draw() {
    return runtime.time().random(name, looks++, 0);
  }

  ConcurrencyLimitConfig config() {
    return config;
  }

  LimitedPlaces places() {
    return places;
  }

  WaitQueue queue() {
    return queue;
  }

  LimitWindows windows() {
    return windows;
  }

  EventChannel<ConcurrencyLimitEvent> events() {
    return events;
  }

  ConcurrencyLimitExplanation explanation() {
    return explanation;
  }

  int windowsAtLeast() {
    return windowsAtLeast;
  }

  /** Called by each call that is admitted. */
  void watch() {
    windowEnd.armUnlessArmed(runtime.timer());
  }

  private synchronized long beginWindow() {
    long now = runtime.time().nanoTime();
    windows.begin(now);
    return windows.nextLook(now, config);
  }

  /** Called on the timer's thread. */
  private void onTimer() {
    ConcurrencyLimitExplanation why = null;
    synchronized (this) {
      long now = runtime.time().nanoTime();
      LimitWindow window = windows.cut(now, config, places, calls.drops());
      if (window != null) {
        why = apply(rule.decide(window), window.samples());
        windows.next(now, rule.looking());
      } else if (windows.isOver(now, config)) {
        if (places.inUse() == 0) {
          windowEnd.rest();
          // A call that has taken its place meanwhile may have found the timer armed.
          if (places.inUse() != 0) {
            windowEnd.armUnlessArmed(runtime.timer());
          }
          return;
        }
        windows.next(now, rule.looking());
      }
      runtime.timer().arm(windowEnd, windows.nextLook(now, config));
    }
    if (why != null) {
      publish(why);
    }
  }

  private void move(Decision decision) {
    places.limit(decision.to());
    windowsAtLeast = decision.atLeast();
    Objects.requireNonNull(changes.get(decision.rule())).windows.increment();
  }

  private ConcurrencyLimitExplanation apply(Decision decision, long samples) {
    hasDecided = true;
    move(decision);
    ConcurrencyLimitExplanation why = ConcurrencyLimitExplanation.builder()
        .rule(decision.rule())
        .from(decision.from())
        .to(decision.to())
        .samples(samples)
        .drops(decision.drops())
        .mostInFlight(decision.mostInFlight())
        .recent(Duration.ofNanos(Math.round(decision.recentNanos())))
        .base(Duration.ofNanos(Math.round(decision.baseNanos())))
        .gradient(decision.gradient())
        .build();
    explanation = why;
    return why;
  }

  private void publish(ConcurrencyLimitExplanation why) {
    boolean hasChanged = why.from() != why.to();
    boolean hasRelearned = why.rule() == LimitChange.RELEARNED;
    if (why.to() > why.from() && !queue.isEmpty()) {
      grants.handOver();
    }
    if (hasChanged || hasRelearned) {
      FlightRecording.limitChange(runtime.dispatcher().runtime(), name, why);
    }
    if (events.isHeard()) {
      if (hasRelearned) {
        publish(ConcurrencyLimitEvent.Kind.RELEARNED, why);
      }
      if (hasChanged) {
        publish(ConcurrencyLimitEvent.Kind.CHANGED, why);
      }
    }
  }

  private void publish(ConcurrencyLimitEvent.Kind kind, ConcurrencyLimitExplanation why) {
    events.publish(ConcurrencyLimitEvent.ofLimit(name, kind, why));
  }

  void reconfigure(ConcurrencyLimitConfig next) {
    synchronized (this) {
      config = next;
      if (hasDecided) {
        Decision decision = rule.reconfigure(settings(next));
        move(decision);
        explanation = reconfigured(explanation, decision);
      } else {
        // Nothing is learnt yet that could be kept.
        rule = new LimitRule(settings(next), this::draw);
        places.limit(next.initial());
        explanation = initially(next);
      }
    }
    queue.grant();
    if (events.isHeard()) {
      publish(ConcurrencyLimitEvent.Kind.RECONFIGURED, explanation);
    }
  }

  /** Returns an explanation that keeps the numbers of the last window. */
  private static ConcurrencyLimitExplanation reconfigured(
      ConcurrencyLimitExplanation last, Decision decision) {
    return ConcurrencyLimitExplanation.builder()
        .rule(decision.rule())
        .from(decision.from())
        .to(decision.to())
        .samples(last.samples())
        .drops(last.drops())
        .mostInFlight(last.mostInFlight())
        .recent(last.recent())
        .base(last.base())
        .gradient(last.gradient())
        .build();
  }

  /** Writes what is known of the limit, as opposed to its calls. */
  void read(Readings into) {
    ConcurrencyLimitExplanation last = explanation;
    into.level("limit", places.limit());
    into.level("in_use", places.inUse());
    into.level("waiting", queue.size());
    into.level("latency_seconds.recent", last.recent().toNanos() / 1e9);
    into.level("latency_seconds.base", last.base().toNanos() / 1e9);
    changes.forEach((change, count) -> into.count(count.name, Readings.NONE, count.windows.sum()));
  }

  /** Grants places to those that wait. Not a lambda, which the JDK would link when the first limit is made. */
  private final class Grants extends RepeatedHandOver implements Runnable {
    @Override
    public void run() {
      queue.grant();
    }

    @Override
    protected void handOver() {
      try {
        runtime.dispatcher().endCall(this);
      } catch (Throwable e) {
        // The timer's thread is the caller, and no other thread can be started.
        runtime.dispatcher().again(this);
        runtime.dispatcher().failed("places could not be granted; it is tried again", e);
      }
    }
  }

  /** Armed while calls are under way. */
  private final class WindowEnd extends SharedOperation {
    @Override
    protected long nextDeadline() {
      return beginWindow();
    }

    @Override
    protected void onFire(long arming) {
      onTimer();
    }

    @Override
    protected void onTimerClosed(long arming) {
      // Calls go on with the last limit.
    }

    @Override
    protected boolean isUsedOnce() {
      return false;
    }
  }
}
