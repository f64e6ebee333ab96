package io.aragora.resilience.core.call;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What one observed call has done so far, and its observer. A deadline may pass while the body ends, or a hedge may run beside the
 * first attempt, so two threads may pass events on at a time. How far an attempt has come, {@link ObservedChain} knows.
 */
public final class Observation {
  /** The observers of one policy. */
  public static final class Source {
    private static final GuardedLog LOG = GuardedLog.of(CallObserver.class);

    private final String policy;
    private final Supplier<? extends @Nullable CallObserver> observers;
    private final AtomicBoolean logged;

    /**
     * Creates a source.
     *
     * @param policy the name of the observed policy
     * @param observers returns the observer of a call, or null
     */
    public Source(String policy, Supplier<? extends @Nullable CallObserver> observers) {
      this(policy, observers, new AtomicBoolean());
    }

    private Source(
        String policy, Supplier<? extends @Nullable CallObserver> observers, AtomicBoolean logged) {
      this.policy = policy;
      this.observers = observers;
      this.logged = logged;
    }

    /**
     * Returns the source of one call, which logs with this one.
     *
     * @param observer its observer
     * @return the source
     */
    public Source of(CallObserver observer) {
      return new Source(policy, () -> observer, logged);
    }

    /** {@return the observer of a new call; null if it is not to be observed} */
    public @Nullable CallObserver next() {
      try {
        return observers.get();
      } catch (Throwable e) {
        log(e);
        return null;
      }
    }

    /**
     * Logs what an observer threw, once.
     *
     * @param failure what it threw
     */
    public void log(Throwable failure) {
      if (logged.compareAndSet(false, true)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "an observer of the calls of '" + policy
                + "' failed; the calls are not affected (logged once)",
            failure);
      }
    }
  }

  private final Source source;
  private final CallObserver observer;
  private final TimeSource time;
  private final PolicyChain chain;
  private final long startedAt;

  /** Of the attempts of a hedge, two may begin at a time. */
  private final AtomicInteger bodies = new AtomicInteger();

  private volatile @Nullable Throwable rejection;
  private volatile @Nullable Throwable expiry;
  private volatile boolean ended;

  Observation(Source source, CallObserver observer, TimeSource time, PolicyChain chain) {
    this.source = source;
    this.observer = observer;
    this.time = time;
    this.chain = chain;
    this.startedAt = time.nanoTime();
  }

  long nanoTime() {
    return time.nanoTime();
  }

  void attempt(int retry, int attempt) {
    pass(receiver -> receiver.onAttempt(chain.link(retry).name(), attempt));
  }

  void bodyEntered() {
    bodies.incrementAndGet();
  }

  void rejected(int index, Throwable failure) {
    rejection = failure;
    CorePolicy policy = chain.link(index);
    passBeforeEnd(receiver -> receiver.onRejected(policy.role().key(), policy.name()));
  }

  /**
   * Called when a breaker counts a call.
   *
   * @param breaker its name
   * @param success whether it counts a success
   * @param nanos the duration
   */
  public void counted(String breaker, boolean success, long nanos) {
    passBeforeEnd(receiver -> receiver.onCounted(breaker, success, nanos));
  }

  /** Passes a step to the observer, unless the call has ended. */
  private void passBeforeEnd(Consumer<? super CallObserver> step) {
    if (!ended) {
      pass(step);
    }
  }

  private void pass(Consumer<? super CallObserver> step) {
    try {
      step.accept(observer);
    } catch (Throwable e) {
      source.log(e);
    }
  }

  void timed(int index, long since, boolean exceeded, @Nullable Throwable failure) {
    if (exceeded && failure != null) {
      expiry = failure;
    }
    passBeforeEnd(
        receiver -> receiver.onTimed(chain.link(index).name(), time.nanoTime() - since, exceeded));
  }

  void retried(int index, int attempt, long delayNanos, @Nullable Throwable failure) {
    passBeforeEnd(
        receiver -> receiver.onRetry(chain.link(index).name(), attempt, delayNanos, failure));
  }

  void givenUp(int index, int attempt, RetryEvent.Kind why) {
    passBeforeEnd(receiver -> receiver.onGivenUp(chain.link(index).name(), attempt, why));
  }

  void notRetried(int index, int attempt, Throwable failure) {
    passBeforeEnd(receiver -> receiver.onNotRetried(chain.link(index).name(), attempt, failure));
  }

  void hedged(int index, int number) {
    passBeforeEnd(receiver -> receiver.onHedge(chain.link(index).name(), number));
  }

  void endOnThread(@Nullable Throwable failure) {
    Throwable own = failure == null ? null : Failures.unwrap(failure);
    end(own, own == null ? null : CallEnd.ofThread(own));
  }

  void endFuture(@Nullable Throwable failure) {
    end(failure, failure == null ? null : CallEnd.ofFuture(failure));
  }

  private void end(@Nullable Throwable failure, @Nullable CallEnd how) {
    ended = true;
    pass(receiver ->
        receiver.onEnd(endOf(failure, how), bodies.get(), time.nanoTime() - startedAt, failure));
  }

  private CallObserver.End endOf(@Nullable Throwable failure, @Nullable CallEnd how) {
    if (failure == null || how == null) {
      return CallObserver.End.RETURNED;
    }
    if (failure == rejection) {
      return CallObserver.End.REJECTED;
    }
    if (failure == expiry) {
      return CallObserver.End.TIMED_OUT;
    }
    return switch (how) {
      case BODY -> CallObserver.End.FAILED;
      case EXECUTOR -> CallObserver.End.REJECTED;
      case DEADLINE -> CallObserver.End.TIMED_OUT;
      case CANCELLED -> CallObserver.End.CANCELLED;
      case INTERRUPTED -> CallObserver.End.INTERRUPTED;
      case CLOSED -> CallObserver.End.CLOSED;
    };
  }
}
