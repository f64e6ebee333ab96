package io.aragora.resilience.core.concurrencylimit;

import io.aragora.resilience.concurrencylimit.LimitChange;
import java.util.function.DoubleSupplier;

/** Decides the limit at the end of each window. Not thread-safe: only the thread of the timer uses it. */
final class LimitRule {
  /*
   * Base: the latency of the dependency when it is not overloaded. It falls with every window that is faster, and rises only if
   * the limit holds no calls back. If it followed latencies that the limit itself allows, the limit would grow for ever. What it can
   * not follow upwards it must not follow downwards by chance: in a limited window only a latency that is certain lowers it.
   *
   * Look: a base that was learnt under load is too high, and a limit that stays full never lowers it. So after LOOK_WINDOWS
   * limited windows, one runs at a fraction of the limit. Its samples are of calls that began in it; they can only lower the base.
   * Of a service that is full, latencies are proportional to the limit, so at limit / tolerance they are about those of a base that
   * is too high. Hence a look is at LOOK_DEPTH of that: in simulations half the limit repaired no base if the tolerance was 2.
   * Drops say enough about the load: no look begins in a window that has some.
   *
   * Relearning: at the least limit the policy cannot be the cause of the load. If latencies stay too high for RELEARN_WINDOWS
   * windows, and no call is dropped, the dependency is slower than it was, and its latency becomes the base.
   *
   * A drop is no sample: an answer that says "overloaded" at once would make the base too low.
   */
  static final int LOOK_WINDOWS = 30;
  private static final double LOOK_DEPTH = 0.6;
  static final int RELEARN_WINDOWS = 5;

  /** With so many samples, a look moves the base half of the way to what it saw. */
  private static final int HALF_WEIGHT = 50;

  private final DoubleSupplier draws;
  private LimitSettings settings;
  private double limit;
  private double base; // 0: none yet
  private int limitedWindows; // since the last look
  private int looksAfter;
  private double limitBeforeLook; // 0: no look is under way
  private int atLeast; // successive windows
  private int slowAtLeast; // those of them without drops

  /**
   * Creates a rule.
   *
   * @param draws random numbers in {@code [0, 1)}, which spread the looks of several limits
   */
  LimitRule(LimitSettings settings, DoubleSupplier draws) {
    this.settings = settings;
    this.draws = draws;
    this.limit = settings.initial();
    this.looksAfter = untilLook();
  }

  int limit() {
    return (int) limit;
  }

  double baseNanos() {
    return base;
  }

  /** {@return whether the present window is a look, so that only calls that begin in it are samples} */
  boolean looking() {
    return limitBeforeLook > 0;
  }

  /** Puts the limit between the bounds of new settings at once. */
  Decision reconfigure(LimitSettings now) {
    int from = limit();
    settings = now;
    limit = now.clamp(limit);
    if (looking()) {
      limitBeforeLook = now.clamp(limitBeforeLook);
    }
    if (limit() > now.least()) {
      atLeast = 0;
      slowAtLeast = 0;
    }
    return new Decision(from, limit(), 0, base, 1, 0, 0, LimitChange.RECONFIGURED, atLeast);
  }

  /** Changes limit and base by what a window saw. A window without samples and without drops changes nothing. */
  Decision decide(LimitWindow window) {
    boolean isEmpty = window.samples() == 0 && window.drops() == 0;
    // A look that says nothing, though calls were under way, ends: they take longer than it may
    // last.
    if (isEmpty && !(looking() && window.mostInFlight() > 0)) {
      return new Decision(
          limit(), limit(), 0, base, 1, 0, window.mostInFlight(), LimitChange.HELD, atLeast);
    }
    return looking() ? endLook(window) : judge(window);
  }

  private Decision endLook(LimitWindow window) {
    int from = limit();
    if (window.samples() > 0) {
      // The more samples, the more of the way: of many looks, the one that is fastest by chance
      // does not decide.
      double weight = (double) window.samples() / (window.samples() + HALF_WEIGHT);
      base -= weight * Math.max(0, base - window.certainNanos());
    }
    limit = limitBeforeLook;
    limitBeforeLook = 0;
    if (window.drops() > 0) {
      limit = settings.clamp(limit * 0.9);
      return decision(from, window, 1, LimitChange.DROPS);
    }
    return decision(from, window, 1, LimitChange.LOOK_ENDED);
  }

  private Decision judge(LimitWindow window) {
    int from = limit();
    double recent = window.samples() == 0 ? base : window.recentNanos();
    boolean dropped = window.drops() > 0;
    boolean unhealthy = recent > settings.healthyNanos();
    boolean limited = window.mostInFlight() >= limit / 2;
    boolean overloaded = dropped || unhealthy || (base > 0 && recent > settings.tolerance() * base);
    boolean relearned = relearns(recent, overloaded, dropped);
    if (!relearned) {
      base = nextBase(
          recent,
          limited && window.samples() > 0 ? window.certainNanos() : recent,
          limited || overloaded);
    }

    double gradient =
        recent > 0 ? Math.max(0.5, Math.min(1, settings.tolerance() * base / recent)) : 1;
    if (unhealthy) {
      gradient = Math.min(0.9, gradient);
    }
    LimitChange rule;
    double next = limit;
    if (dropped) {
      rule = LimitChange.DROPS;
      next = limit * 0.9;
    } else if (gradient < 1) {
      rule = unhealthy ? LimitChange.HEALTHY_LATENCY : LimitChange.GRADIENT;
      next = limit + 0.2 * (limit * gradient - limit);
    } else if (limited) {
      rule = LimitChange.GROWTH;
      next = Math.min(limit + Math.max(1, Math.sqrt(limit)), 5.0 * window.mostInFlight());
    } else {
      rule = LimitChange.HELD;
    }
    limit = settings.clamp(next);
    if (relearned) {
      rule = LimitChange.RELEARNED;
    } else if (limited && !dropped && looks()) {
      rule = LimitChange.LOOK;
    }
    return decision(from, window, gradient, rule);
  }

  private double nextBase(double recent, double certain, boolean held) {
    if (base == 0) {
      return certain == Double.POSITIVE_INFINITY ? recent : certain;
    }
    if (certain < base / 2) {
      return Math.max(certain, base * 0.95);
    }
    if (certain < base) {
      return base + (certain - base) / 10;
    }
    return recent <= base || held ? base : base + (recent - base) / 10;
  }

  private boolean relearns(double recent, boolean overloaded, boolean dropped) {
    atLeast = overloaded && limit() <= settings.least() ? atLeast + 1 : 0;
    slowAtLeast = dropped ? 0 : Math.min(atLeast, slowAtLeast + 1);
    double learnt = Math.min(recent, settings.healthyNanos());
    if (slowAtLeast < RELEARN_WINDOWS || learnt <= base) {
      return false;
    }
    slowAtLeast = 0;
    base = learnt;
    return true;
  }

  private boolean looks() {
    limitedWindows++;
    double lower = settings.clamp(Math.min(limit / 2, limit * LOOK_DEPTH / settings.tolerance()));
    if (limitedWindows < looksAfter || lower >= limit) {
      return false;
    }
    limitedWindows = 0;
    looksAfter = untilLook();
    limitBeforeLook = limit;
    limit = lower;
    return true;
  }

  /** Draws a number of windows that differs by up to a tenth from LOOK_WINDOWS. */
  private int untilLook() {
    return (int) Math.round(LOOK_WINDOWS * (0.9 + 0.2 * draws.getAsDouble()));
  }

  private Decision decision(int from, LimitWindow window, double gradient, LimitChange rule) {
    double recent = window.samples() == 0 ? 0 : window.recentNanos();
    return new Decision(
        from,
        limit(),
        recent,
        base,
        gradient,
        window.drops(),
        window.mostInFlight(),
        rule,
        atLeast);
  }
}
