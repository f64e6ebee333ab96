package io.aragora.resilience.simulation;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One protected call of a caller, and what its body did. */
final class Call {
  private final World world;
  private final long id;
  private final Actor caller;
  private final boolean async;
  private final Set<Object> produced = Collections.newSetFromMap(new IdentityHashMap<>());
  private final int interruptsBefore;
  private int bodies;
  private int bodiesUnderWay;
  private final boolean interruptedBefore;
  private boolean cancelled;
  private boolean interruptedByPolicies;
  private boolean hasOneLimit;

  /** The instant at which the nearest of its limits passes at the earliest. */
  private long limitedUntil = Long.MAX_VALUE;

  private boolean ended;
  private @Nullable CompletableFuture<?> future;

  Call(World world, long id, Actor caller, boolean async) {
    this.world = world;
    this.id = id;
    this.caller = caller;
    this.async = async;
    this.interruptedBefore = caller.thread().isInterrupted();
    this.interruptsBefore = caller.interruptsFromOutside();
  }

  World world() {
    return world;
  }

  long id() {
    return id;
  }

  boolean isAsync() {
    return async;
  }

  /** Notes what a body returned or threw; the call may end with it. */
  <T> T produced(T outcome) {
    produced.add(outcome);
    return world.life().produced(outcome);
  }

  /** Whether a body of this call, or a fallback, returned or threw it. */
  boolean hasProduced(Object outcome) {
    return produced.contains(outcome);
  }

  int begun() {
    bodiesUnderWay++;
    return ++bodies;
  }

  void left() {
    bodiesUnderWay--;
  }

  int bodies() {
    return bodies;
  }

  int bodiesUnderWay() {
    return bodiesUnderWay;
  }

  /** Whether its caller was interrupted from outside, before it began or since. */
  boolean wasInterrupted() {
    return interruptedBefore || caller.interruptsFromOutside() > interruptsBefore;
  }

  /** Says which policies the call goes through. */
  void goesThrough(List<Subject> subjects) {
    long limits = subjects.stream().filter(TimeoutSubject.class::isInstance).count();
    hasOneLimit = limits == 1;
    for (Subject subject : subjects) {
      if (subject instanceof TimeoutSubject timeout) {
        limitedUntil = Math.min(limitedUntil, world.now() + timeout.limit());
      }
    }
    interruptedByPolicies = limits > 0
        || subjects.stream()
            .anyMatch(each -> each instanceof HedgeSubject || each instanceof HttpSubject);
  }

  /** Whether one timeout alone limits it; of several, the nearest holds. */
  boolean hasOneLimit() {
    return hasOneLimit;
  }

  /** Whether a limit may have passed at an instant: then its policies count by the clock, whatever its body did. */
  boolean mayHaveExceeded(long instant) {
    return instant >= limitedUntil;
  }

  /** Whether what runs inside one of its policies may be interrupted. */
  boolean mayBeInterruptedInside() {
    return interruptedByPolicies || wasInterrupted();
  }

  void cancel() {
    CompletableFuture<?> present = future;
    if (present != null && !present.isDone()) {
      cancelled = true;
      present.cancel(true);
    }
  }

  boolean wasCancelled() {
    return cancelled;
  }

  void future(CompletableFuture<?> future) {
    this.future = future;
  }

  @Nullable
  CompletableFuture<?> future() {
    return future;
  }

  void end() {
    ended = true;
  }

  boolean hasEnded() {
    return ended;
  }

  @Override
  public String toString() {
    return "call " + id;
  }
}
