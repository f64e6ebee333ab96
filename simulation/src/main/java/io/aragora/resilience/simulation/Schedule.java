package io.aragora.resilience.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Runs the threads of a life one at a time and decides which goes on, and when time passes. The decisions follow from a seed.
 *
 * <p>The thread that runs holds a baton. It hands it on where it waits, where the library calls foreign code, and, if the life
 * wants that, where the library reads the clock: there, another thread may come between two steps of the library. All state of a
 * life is guarded by the baton.
 */
final class Schedule {
  static final long NEVER = Long.MAX_VALUE;
  static final long BEGIN = TimeUnit.SECONDS.toNanos(1);

  private static final int MAX_STEPS = 200_000;
  private static final long STUCK_SECONDS = 20;

  private final Chance chance;
  private final Pace pace;
  private final List<Actor> actors = new ArrayList<>();
  private final List<Actor> ready = new ArrayList<>();
  private final Semaphore over = new Semaphore(0);
  private final @Nullable List<String> trace;

  private volatile Actor running;
  private final AtomicLong steps = new AtomicLong();
  private volatile boolean givenUp;
  private volatile @Nullable Throwable failure;
  private long now = BEGIN;
  private Runnable afterStep = () -> {};
  private Runnable whenStill = () -> {};
  private boolean checking;

  /**
   * How threads take turns.
   *
   * @param switches how often, in a thousand, another thread goes on where the library calls foreign code
   * @param preemptions how often, in a thousand, another thread goes on where the library reads the clock
   * @param delays how often, in a thousand, time passes although a thread could go on
   */
  record Pace(int switches, int preemptions, int delays) {}

  @SuppressWarnings("NullAway.Init") // the first actor runs before anything asks
  Schedule(long seed, Pace pace, boolean traced) {
    this.chance = new Chance(seed);
    this.pace = pace;
    this.trace = traced ? new ArrayList<>() : null;
  }

  /** Whether a call of the library is one step as long as it calls no foreign code. */
  boolean isExact() {
    return pace.preemptions == 0;
  }

  long now() {
    return now;
  }

  /** Sets what is checked after each step. */
  void afterStep(Runnable check) {
    afterStep = check;
  }

  /** Sets what is checked whenever no thread can go on before time passes. */
  void whenStill(Runnable check) {
    whenStill = check;
  }

  /** Adds a thread. A life is over when all that are not in the background have ended. */
  Actor start(String name, boolean background, Actor.Script script) {
    Actor actor = new Actor(this, name, 1 + actors.size(), background, script);
    actors.add(actor);
    actor.start();
    return actor;
  }

  /** Runs until the life is over, on threads of its own; returns what was violated, or null. */
  @Nullable
  Throwable run() {
    Actor first = actors.get(0);
    running = first;
    first.giveBaton();
    try {
      long seen = -1;
      while (!over.tryAcquire(STUCK_SECONDS, TimeUnit.SECONDS)) {
        if (seen == steps.get()) {
          fail(new Violation("no thread blocks outside of the time source", stackOf(running)));
          break;
        }
        seen = steps.get();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail(e);
    }
    giveUp();
    return failure;
  }

  private static String stackOf(Actor actor) {
    StringBuilder text = new StringBuilder(actor.name());
    for (StackTraceElement frame : actor.thread().getStackTrace()) {
      text.append("\n    at ").append(frame);
    }
    return text.toString();
  }

  /** Lets every thread that is left run into {@link Abandoned}. */
  private void giveUp() {
    givenUp = true;
    for (Actor actor : List.copyOf(actors)) {
      if (!actor.hasEnded()) {
        actor.giveBaton();
      }
    }
    for (Actor actor : List.copyOf(actors)) {
      try {
        actor.thread().join(1_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** The body of an actor's thread, which has the baton for the first time. */
  void begun(Actor actor, Actor.Script script) {
    try {
      if (!givenUp) {
        script.run();
      }
    } catch (Abandoned e) {
      // its process or its life ended
    } catch (Throwable e) {
      fail(e instanceof Violation ? e : new Violation("nothing else is thrown at a caller", e));
    }
    actor.end();
    if (!givenUp) {
      try {
        pass(actor);
      } catch (Abandoned e) {
        // the life is over
      }
    }
  }

  /** Notes what was violated first, since the library may catch it; the life ends at the next step. */
  <T extends Throwable> T fail(T violation) {
    if (failure == null) {
      failure = violation;
      trace("VIOLATED " + violation.getMessage());
    }
    return violation;
  }

  boolean hasFailed() {
    return failure != null;
  }

  /** Hands the baton to whichever thread is chosen, and returns when the given one has it again. */
  void pass(Actor self) {
    if (givenUp) {
      throw new Abandoned("the life is over");
    }
    check(afterStep);
    Actor next = failure == null ? choose() : null;
    if (next == self) {
      return;
    }
    self.suspend();
    if (next == null) {
      over.release();
    } else {
      running = next;
      next.giveBaton();
    }
    if (!self.hasEnded()) {
      self.takeBaton();
      if (givenUp) {
        throw new Abandoned("the life is over");
      }
    }
  }

  private void check(Runnable rules) {
    if (failure == null) {
      checking = true;
      try {
        rules.run();
      } catch (Throwable e) {
        fail(e);
      } finally {
        checking = false;
      }
    }
  }

  /** Returns the thread that goes on; null if the life is over. */
  private @Nullable Actor choose() {
    while (true) {
      if (steps.incrementAndGet() > MAX_STEPS) {
        fail(
            new Violation("a life ends", "it went on after " + MAX_STEPS + " steps: " + waiting()));
        return null;
      }
      boolean alive = false;
      long next = NEVER;
      ready.clear();
      for (Actor actor : actors) {
        if (!actor.hasEnded()) {
          alive |= !actor.isBackground();
          if (actor.isReady(now)) {
            ready.add(actor);
          } else {
            next = Math.min(next, actor.deadline());
          }
        }
      }
      if (!alive) {
        return null;
      }
      if (ready.isEmpty()) {
        if (next == NEVER) {
          fail(new Violation("every call and every wait ends", waiting()));
          return null;
        }
        check(whenStill);
        if (failure != null) {
          return null;
        }
        now = Math.max(now, next);
        continue;
      }
      if (chance.permille(pace.delays)) {
        now += chance.upTo(TimeUnit.SECONDS.toNanos(1));
        continue;
      }
      return ready.get(chance.below(ready.size()));
    }
  }

  private String waiting() {
    StringBuilder text = new StringBuilder();
    for (Actor actor : actors) {
      if (!actor.hasEnded()) {
        text.append("\n    ").append(actor);
      }
    }
    return text.toString();
  }

  /** A point at which the application would be preempted: foreign code. */
  void foreign() {
    mayPass(pace.switches);
  }

  /** A point inside the library at which a thread may be preempted. */
  void insideLibrary() {
    if (pace.preemptions > 0 && !checking && chance.permille(pace.preemptions) && !Locks.isHeld()) {
      mayPass(1000);
    }
  }

  private void mayPass(int permille) {
    Actor self = Actor.current();
    if (self == null || self.hasEnded() || checking) {
      return;
    }
    if (givenUp) {
      throw new Abandoned("the life is over");
    }
    if (chance.permille(permille)) {
      pass(self);
    }
  }

  /** Lets the calling actor sleep; returns early if it is interrupted. */
  void sleep(long nanos) {
    Actor self = Actor.current();
    if (self != null && nanos > 0) {
      long end = now + nanos;
      self.await(() -> false, () -> end, true, "the end of its sleep");
    }
  }

  void trace(String line) {
    if (trace != null) {
      Actor self = Actor.current();
      trace.add(text(now) + " " + (self == null ? "-" : self.name()) + ": " + line);
    }
  }

  boolean isTraced() {
    return trace != null;
  }

  List<String> lines() {
    return trace == null ? List.of() : trace;
  }

  long steps() {
    return steps.get();
  }

  static String text(long nanos) {
    return String.format(java.util.Locale.ROOT, "%,.3f ms", (nanos - BEGIN) / 1e6);
  }
}
