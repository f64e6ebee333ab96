package io.aragora.resilience.core.recording;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.core.dispatch.BackgroundThreads;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.timeout.TimeoutEvent;
import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Tells the JDK's flight recorder what happens. Thread-safe; builds nothing and allocates nothing while nobody records the
 * event in question, and does nothing at all where there is no recorder.
 */
public final class FlightRecording {
  private static final GuardedLog LOG = GuardedLog.of(FlightRecording.class);

  /*
   * The event classes extend one of module jdk.jfr, which an image need not have. They are named in bodies of methods only,
   * behind a constant: where that is false they are never loaded, so there is nothing that could fail to link, and what
   * stands behind it is not compiled either.
   */
  private static final boolean PRESENT = isPresent();

  private static final FirstEvents FIRST = new FirstEvents(FlightRecording::initialize);

  private FlightRecording() {}

  /** Asks for more than the class: a module that is loaded later than ours is there, but not read by it. */
  private static boolean isPresent() {
    return ModuleLayer.boot()
        .findModule("jdk.jfr")
        .map(FlightRecording.class.getModule()::canRead)
        .orElse(false);
  }

  /**
   * Initializes the event classes in the background if the recorder is started already. Called when a runtime is built.
   *
   * @param runtime the name of the runtime, prefix of the thread's name
   */
  public static void prepare(String runtime) {
    if (isStarted() && !FIRST.areReady()) {
      begin(runtime);
    }
  }

  /**
   * Returns whether there can be a recording. An event class that is initialized earlier starts the recorder, which takes up to
   * seconds.
   */
  private static boolean isStarted() {
    return PRESENT && FlightRecorder.isInitialized();
  }

  /** Returns whether events are committed at once. */
  static boolean isReady() {
    return FIRST.areReady();
  }

  /** Not on the thread of a caller: the first event class takes up to seconds, in the outage that the event tells of. */
  private static void begin(String runtime) {
    if (!FIRST.mayBegin()) {
      return;
    }
    try {
      BackgroundThreads.daemon(runtime + "-recording", FIRST::initialize).start();
    } catch (Throwable e) {
      FIRST.giveUp();
      LOG.log(System.Logger.Level.DEBUG, "no thread; the next event tries again", e);
    }
  }

  /** Commits an event, or holds it until the classes are initialized. */
  private static void later(String runtime, Runnable commit) {
    FIRST.add(commit);
    begin(runtime);
  }

  private static void initialize() {
    // Each answer initializes its class.
    LOG.log(
        System.Logger.Level.DEBUG,
        "events of the flight recorder, recorded or not: {0}, {1}, {2}, {3}, {4}",
        TransitionEvent.isRecorded(),
        RejectionEvent.isRecorded(),
        RetryDecisionEvent.isRecorded(),
        TimeLimitEvent.isRecorded(),
        StoreFailureEvent.isRecorded());
  }

  /**
   * Records a change of state.
   *
   * @param runtime the name of the runtime
   * @param breaker what changed
   * @param sequence counts its changes
   * @param generation of the state after
   * @param from the state before
   * @param to the state after
   * @param cause why
   * @param cooldownNanos how long the state lasts if it is open; 0 otherwise
   */
  public static void transition(
      String runtime,
      CircuitBreaker breaker,
      long sequence,
      long generation,
      CircuitBreakerState from,
      CircuitBreakerState to,
      TransitionCause cause,
      long cooldownNanos) {
    if (FIRST.areReady()) {
      TransitionEvent.commit(
          runtime, breaker.name(), sequence, generation, from, to, cause, cooldownNanos);
    } else if (isStarted()) {
      later(
          runtime,
          () -> TransitionEvent.commit(
              runtime, breaker.name(), sequence, generation, from, to, cause, cooldownNanos));
    }
  }

  /**
   * Tells whether rejections are recorded, for whoever has to find out what to say of one.
   *
   * @return whether they are
   */
  public static boolean hearsRejections() {
    return FIRST.areReady() ? RejectionEvent.isRecorded() : isStarted();
  }

  /**
   * Records a refused call.
   *
   * @param runtime the name of the runtime
   * @param breaker what refused it
   * @param state its state
   * @param cause why it is in that state
   * @param generation of that state
   * @param remainingNanos what is left of the cooldown; 0 where there is none
   */
  public static void rejection(
      String runtime,
      CircuitBreaker breaker,
      CircuitBreakerState state,
      TransitionCause cause,
      long generation,
      long remainingNanos) {
    if (FIRST.areReady()) {
      RejectionEvent.commit(runtime, breaker.name(), state, cause, generation, remainingNanos);
    } else if (isStarted()) {
      later(
          runtime,
          () -> RejectionEvent.commit(
              runtime, breaker.name(), state, cause, generation, remainingNanos));
    }
  }

  /**
   * Records that an attempt failed and what a retry does about it.
   *
   * @param runtime the name of the runtime
   * @param retry its name
   * @param kind what it does
   * @param attempt the attempt that failed, 1 for the first
   * @param delayNanos how long it waits before the next one; 0 where there is none
   * @param failure what the attempt failed with; null where its result was refused
   */
  public static void retry(
      String runtime,
      String retry,
      RetryEvent.Kind kind,
      int attempt,
      long delayNanos,
      @Nullable Throwable failure) {
    if (FIRST.areReady()) {
      RetryDecisionEvent.commit(runtime, retry, kind, attempt, delayNanos, failure);
    } else if (isStarted()) {
      later(
          runtime,
          () -> RetryDecisionEvent.commit(runtime, retry, kind, attempt, delayNanos, failure));
    }
  }

  /**
   * Records a call that took too long.
   *
   * @param runtime the name of the runtime
   * @param timeout the name of the timeout
   * @param kind how it ended
   * @param limitNanos what the policy allows
   */
  public static void timeout(
      String runtime, String timeout, TimeoutEvent.Kind kind, long limitNanos) {
    if (FIRST.areReady()) {
      TimeLimitEvent.commit(runtime, timeout, kind, limitNanos);
    } else if (isStarted()) {
      later(runtime, () -> TimeLimitEvent.commit(runtime, timeout, kind, limitNanos));
    }
  }

  /**
   * Records that the state store failed.
   *
   * @param runtime the name of the runtime
   * @param location where state is kept
   * @param operation what could not be done, {@code save} for instance
   * @param failure why
   */
  public static void storeFailure(
      String runtime, String location, String operation, Throwable failure) {
    if (FIRST.areReady()) {
      StoreFailureEvent.commit(runtime, location, operation, failure);
    } else if (isStarted()) {
      later(runtime, () -> StoreFailureEvent.commit(runtime, location, operation, failure));
    }
  }
}
