package io.aragora.resilience.simulation;

import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.policy.InterruptibleSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceClosedException;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One policy of a process, and what must hold of it. A subclass for each kind checks each call that passes, and counts at the end.
 */
abstract class Subject {
  final World world;
  private final String name;
  private final String kind;
  private final @Nullable Policy policy;
  private boolean isInPipeline;

  static final long UNKNOWN = -1;

  long begun;
  long rejected;
  long passages;
  long left;

  /** Calls that have begun and not ended. */
  int open;

  /**
   * Creates the watch over a policy.
   *
   * @param kind as rejections have it
   * @param policy null for what is called by other methods than a policy
   */
  Subject(World world, String name, String kind, @Nullable Policy policy) {
    this.world = world;
    this.name = name;
    this.kind = kind;
    this.policy = policy;
  }

  Subject(World world, String name, String kind) {
    this(world, name, kind, null);
  }

  final String name() {
    return name;
  }

  /** Says that its calls are not watched one by one. */
  final void putIntoPipeline() {
    isInPipeline = true;
  }

  /** Returns the policy of a pipeline. */
  final Policy policy() {
    if (policy == null) {
      throw new IllegalStateException(name + " is not for pipelines");
    }
    return policy;
  }

  /** Returns the policy of one call. */
  Policy policy(Call call) {
    return policy();
  }

  Object invoke(Call call, boolean interruptibly, InterruptibleSupplier<Object, Throwable> body)
      throws Throwable {
    Policy own = policy(call);
    return interruptibly
        ? own.<Object, Throwable>callInterruptibly(body)
        : own.<Object, Throwable>call(body::get);
  }

  CompletableFuture<Object> invokeAsync(Call call, Supplier<CompletionStage<Object>> body) {
    return policy(call).callAsync(body);
  }

  /** Whether the outcome of another call may end this one. */
  boolean isShared(@Nullable Object value, @Nullable Throwable failure) {
    return false;
  }

  /** Called before the policy is called. */
  void began(Layer layer) {}

  /** Called as the first thing that happens inside the policy. */
  void passed(Passage passage) {}

  /** Called as the last thing that happens inside the policy. */
  void left(Passage passage) {}

  /**
   * Called when the policy need hold nothing for it any more: it has left, or its call has ended. The start of an asynchronous body may
   * go on after that, if another thread cancels the call.
   */
  void released(Passage passage) {}

  /** Called when the policy has returned, thrown or completed. */
  void ended(Layer layer) {}

  /** Called after each step of the life. */
  void afterStep() {}

  /** Called when no thread of the life can go on before time passes, and no background work is left. */
  void whenStill() {}

  /**
   * Called when all calls have ended and time has passed, before the process closes: compares the totals with what was observed.
   *
   * @param calls the calls that reached the policy
   * @return how many times it let them pass, by its totals; {@link #UNKNOWN} if they do not say
   */
  abstract long atEnd(long calls);

  /** Called as {@link #atEnd(long)} for a policy whose calls were watched. */
  final void atEnd() {
    long passes = atEnd(begun);
    // A call that is cancelled or interrupted between its admission and its body is counted all the
    // same.
    check(
        passes == UNKNOWN || (passes >= passages && passes <= passages + left),
        "each call that passes is counted",
        passes + " by its totals, " + passages + " observed, " + left + " left; " + read());
    checkRejections(rejected);
  }

  /** Compares the number of rejections that callers saw with the total. */
  void checkRejections(long observed) {}

  /** Changes a setting. */
  void reconfigure(Chance chance) {}

  /** Returns settings of this policy as a file would have them. */
  Map<String, String> externalSettings(Chance chance) {
    return Map.of();
  }

  /** Does what an operator can do by hand. */
  void control(Chance chance) {}

  /** Takes and gives back a permit by hand; returns false if the kind has none. */
  boolean permit(Call call, Body body) throws Throwable {
    return false;
  }

  /** Reads all that can be read. */
  abstract Object read();

  /** Whether an exception is what this policy throws by itself. */
  boolean isOwn(Throwable failure, Layer layer) {
    return isOwnRejection(failure);
  }

  final boolean isOwnRejection(@Nullable Throwable failure) {
    return failure instanceof CallRejectedException rejection
        && rejection.policy().equals(name)
        && rejection.kind().equals(kind);
  }

  final boolean isRejectionOfKind(@Nullable Throwable failure) {
    return failure instanceof CallRejectedException rejection
        && rejection.kind().equals(kind)
        && rejection.policy().startsWith(name);
  }

  /** Whether the start of a body may meet the end of its call, on another thread: such a body is cancelled at once. */
  boolean mayMeetItsEnd(Layer layer) {
    return layer.call.isAsync();
  }

  /** How many passages a call may have. */
  int mostPassages(Layer layer) {
    return 1;
  }

  final void check(boolean holds, String rule, Object seen) {
    if (!holds) {
      checkAlive();
      throw world.schedule().fail(new Violation(kind + ": " + rule, name + ", " + seen));
    }
  }

  /** Nothing holds of a process that was killed in the middle of a step. */
  private void checkAlive() {
    if (world.time().isKilled()) {
      throw new Abandoned("its process was killed");
    }
  }

  final void checkEqual(long observed, long counted, String rule, Object context) {
    if (observed != counted) {
      checkAlive();
      throw world
          .schedule()
          .fail(new Violation(
              kind + ": " + rule,
              name + " says " + counted + ", " + observed + " were observed; " + context));
    }
  }

  /**
   * Checks the totals of a policy that makes calls wait.
   *
   * @param admitted the calls that were admitted, at once or after a wait
   * @return {@code admitted}
   */
  final long checkAdmission(
      long calls, long admitted, long rejectedCalls, long cancelled, int waiting, Object totals) {
    checkEqual(0, waiting, "no call waits for ever", totals);
    checkEqual(
        calls,
        admitted + rejectedCalls + cancelled,
        "each call is admitted, rejected or cancelled",
        totals);
    return admitted;
  }

  /** Calls the policy on the calling thread. */
  final @Nullable Object call(Call call, boolean interruptibly, Inside inside) throws Throwable {
    Layer layer = begin(call);
    try {
      Object value = invoke(call, interruptibly, () -> pass(layer, inside));
      end(layer, value, null);
      return value;
    } catch (Abandoned | Violation e) {
      throw e;
    } catch (Throwable e) {
      end(layer, null, e);
      throw e;
    }
  }

  final Layer begin(Call call) {
    Layer layer = new Layer(call, this, world.now());
    begun++;
    open++;
    began(layer);
    return layer;
  }

  private Object pass(Layer layer, Inside inside) throws Throwable {
    Passage passage = enter(layer);
    try {
      Object value = inside.run();
      leave(passage, value, null);
      return value;
    } catch (Abandoned | Violation e) {
      throw e;
    } catch (Throwable e) {
      leave(passage, null, e);
      throw e;
    }
  }

  /** Ends a call by hand. */
  final void endByHand(Layer layer) {
    layer.ended = true;
    open--;
  }

  /** A call that has left holds no permit. */
  final void checkHeld(long held, Object seen) {
    check(
        !world.schedule().isExact() || isInPipeline || held <= open,
        "a call that has left holds no permit",
        seen + ", calls inside " + open);
  }

  final Passage enter(Layer layer) {
    Passage passage = new Passage(layer, world.now());
    check(
        !layer.ended || (mayMeetItsEnd(layer) && !world.schedule().isExact()),
        "nothing is called after the call has ended",
        layer);
    layer.passages.add(passage);
    passages++;
    check(layer.passages.size() <= mostPassages(layer), "no more attempts than allowed", layer);
    world.trace(() -> name + " lets " + layer.call + " pass");
    passage.isWatched = !layer.ended;
    passage.isHolding = passage.isWatched;
    if (passage.isWatched) {
      passed(passage);
    }
    return passage;
  }

  final void leave(Passage passage, @Nullable Object value, @Nullable Throwable failure) {
    passage.ended = true;
    passage.endedAt = world.now();
    passage.value = value;
    passage.failure = failure;
    if (passage.isWatched) {
      left(passage);
    }
    release(passage);
  }

  final void end(Layer layer, @Nullable Object value, @Nullable Throwable failure) {
    check(!layer.ended, "a call ends once", layer);
    layer.ended = true;
    open--;
    layer.endedAt = world.now();
    layer.value = value;
    layer.failure = failure;
    layer.closing = world.isClosing();
    world.trace(() ->
        name + " ends " + layer.call + (failure != null ? " by " + failure : " with " + value));
    checkOutcome(layer);
    if (isOwnRejection(failure)) {
      rejected++;
    } else if (layer.passages.isEmpty()) {
      left++;
    }
    layer.passages.forEach(this::release);
    ended(layer);
  }

  private void release(Passage passage) {
    if (passage.isHolding) {
      passage.isHolding = false;
      released(passage);
    }
  }

  private void checkOutcome(Layer layer) {
    for (Passage passage : layer.passages) {
      if (passage.hasSameOutcomeAs(layer.value, layer.failure)) {
        return;
      }
    }
    Throwable failure = layer.failure;
    if (isShared(layer.value, failure)) {
      return;
    }
    check(
        failure != null
            && (isOwn(failure, layer)
                || (isInterruption(failure) && layer.call.mayBeInterruptedInside())
                || (failure instanceof RejectedExecutionException && world.lacksThreads())
                || (failure instanceof CancellationException
                    && (layer.cancelled || layer.call.wasCancelled()))
                || (failure instanceof ResilienceClosedException && layer.closing)),
        "a call ends as what it called, or as the policy says",
        layer);
  }

  static boolean isInterruption(Throwable failure) {
    return failure instanceof InterruptedException || failure instanceof CallInterruptedException;
  }

  /** What is inside a policy. */
  @FunctionalInterface
  interface Inside {
    Object run() throws Throwable;
  }

  /** What is inside a policy that does not block. */
  @FunctionalInterface
  interface InsideAsync {
    CompletionStage<Object> run();
  }

  /** Calls the policy without blocking. */
  final CompletionStage<Object> callAsync(Call call, InsideAsync inside) {
    Layer layer = begin(call);
    CompletableFuture<Object> future;
    try {
      future = invokeAsync(call, () -> {
        Passage passage = enter(layer);
        CompletionStage<Object> stage;
        try {
          stage = inside.run();
        } catch (Abandoned | Violation e) {
          throw e;
        } catch (Throwable e) {
          leave(passage, null, e);
          throw e;
        }
        return Tap.on(
            stage,
            (value, failure) -> leave(passage, value, failure),
            () -> passage.cancelled = true);
      });
    } catch (Abandoned | Violation e) {
      throw e;
    } catch (Throwable e) {
      throw new Violation(kind + ": callAsync never throws", e);
    }
    return Tap.on(
        future, (value, failure) -> end(layer, value, failure), () -> layer.cancelled = true);
  }
}
