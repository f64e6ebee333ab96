package io.aragora.resilience.core.recording;

import io.aragora.resilience.chaos.Injection;
import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import io.aragora.resilience.coalescing.CoalescerEvent;
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExplanation;
import io.aragora.resilience.core.dispatch.BackgroundThreads;
import io.aragora.resilience.hedge.HedgeEvent;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.timeout.TimeoutEvent;
import org.jspecify.annotations.Nullable;

/**
 * Writes events to the JDK's flight recorder. Thread-safe. Allocates nothing unless the event in
 * question is being recorded, and does nothing if there is no recorder.
 */
public final class FlightRecording {
  private static final GuardedLog LOG = GuardedLog.of(FlightRecording.class);

  /*
   * The event classes extend a class of module jdk.jfr, which a runtime image may lack. Only method
   * bodies name them, behind Recorder.isStarted().
   */
  private static final FirstEvents FIRST = new FirstEvents(new Runnable() {
    @Override
    public void run() {
      FlightRecording.initialize();
    }
  });

  private FlightRecording() {}

  /**
   * Initializes the event classes in the background. Called when a runtime is built, if the recorder
   * is started already.
   *
   * @param runtime the name of the runtime, prefix of the thread's name
   */
  public static void prepare(String runtime) {
    if (!FIRST.areReady()) {
      begin(runtime);
    }
  }

  /** Returns whether events are committed at once. */
  static boolean isReady() {
    return FIRST.areReady();
  }

  /**
   * Starts the initialization on another thread. The first event class takes up to seconds, and the
   * caller may be in the outage that the event reports.
   */
  private static void begin(String runtime) {
    if (!FIRST.mayBegin()) {
      return;
    }
    try {
      BackgroundThreads.daemon(runtime + "-recording", FIRST::initialize).start();
    } catch (Throwable e) {
      FIRST.giveUp();
      LOG.log(
          System.Logger.Level.DEBUG,
          "no thread could be started for flight recorder events; the next event tries again",
          e);
    }
  }

  /** Commits an event, or holds it until the classes are initialized. */
  private static void later(String runtime, Runnable commit) {
    FIRST.add(commit);
    begin(runtime);
  }

  private static void initialize() {
    // Each call initializes its class.
    LOG.log(
        System.Logger.Level.DEBUG,
        "flight recorder events enabled: {0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}",
        TransitionEvent.isRecorded(),
        RejectionEvent.isRecorded(),
        RetryDecisionEvent.isRecorded(),
        TimeLimitEvent.isRecorded(),
        AdmissionEvent.isRecorded(),
        LimitChangeEvent.isRecorded(),
        HedgedCallEvent.isRecorded(),
        InjectionEvent.isRecorded(),
        CoalescedCallEvent.isRecorded(),
        StoreFailureEvent.isRecorded());
  }

  /**
   * Records a change of state.
   *
   * @param runtime the name of the runtime
   * @param breaker the name of the breaker
   * @param sequence the number of this transition of the breaker
   * @param generation the generation of the new phase
   * @param from the state before
   * @param to the state after
   * @param cause the cause of the transition
   * @param cooldownNanos the cooldown if the new state is open, in nanoseconds; 0 otherwise
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
    } else if (Recorder.isStarted()) {
      later(
          runtime,
          () -> TransitionEvent.commit(
              runtime, breaker.name(), sequence, generation, from, to, cause, cooldownNanos));
    }
  }

  /** {@return whether rejections are recorded, so that a caller must collect the values of one} */
  public static boolean recordsRejections() {
    return FIRST.areReady() ? RejectionEvent.isRecorded() : Recorder.isStarted();
  }

  /**
   * Records a rejected call.
   *
   * @param runtime the name of the runtime
   * @param breaker the breaker that rejected it
   * @param state the state of the breaker
   * @param cause the cause of that state
   * @param generation the generation of that phase
   * @param remainingNanos the rest of the cooldown, in nanoseconds; 0 if there is none
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
    } else if (Recorder.isStarted()) {
      later(
          runtime,
          () -> RejectionEvent.commit(
              runtime, breaker.name(), state, cause, generation, remainingNanos));
    }
  }

  /**
   * Records a decision of a retry, or the end of a call after a retry.
   *
   * @param runtime the name of the runtime
   * @param retry its name
   * @param kind the decision of the retry
   * @param attempt the number of the attempt that ended, 1 for the first
   * @param delayNanos the delay before the next attempt, in nanoseconds; 0 if there is none
   * @param failure the failure of the attempt; null if there is none
   * @param call the id of the call
   */
  public static void retry(
      String runtime,
      String retry,
      RetryEvent.Kind kind,
      int attempt,
      long delayNanos,
      @Nullable Throwable failure,
      long call) {
    if (FIRST.areReady()) {
      RetryDecisionEvent.commit(runtime, retry, kind, attempt, delayNanos, failure, call);
    } else if (Recorder.isStarted()) {
      later(
          runtime,
          () ->
              RetryDecisionEvent.commit(runtime, retry, kind, attempt, delayNanos, failure, call));
    }
  }

  /**
   * Records a call that took too long.
   *
   * @param runtime the name of the runtime
   * @param timeout the name of the timeout
   * @param kind how the call ended
   * @param limitNanos the duration that the policy allows, in nanoseconds
   */
  public static void timeout(
      String runtime, String timeout, TimeoutEvent.Kind kind, long limitNanos) {
    if (FIRST.areReady()) {
      TimeLimitEvent.commit(runtime, timeout, kind, limitNanos);
    } else if (Recorder.isStarted()) {
      later(runtime, () -> TimeLimitEvent.commit(runtime, timeout, kind, limitNanos));
    }
  }

  /** {@return whether admissions are recorded, so that a caller must collect the values of one} */
  public static boolean recordsAdmissions() {
    return FIRST.areReady() ? AdmissionEvent.isRecorded() : Recorder.isStarted();
  }

  /**
   * Records that a bulkhead, rate limiter or concurrency limit rejected a call, or admitted it after a wait.
   *
   * @param runtime the name of the runtime
   * @param kind the kind of the policy, {@code bulkhead} for instance
   * @param policy its name
   * @param decision {@code ADMITTED_AFTER_WAIT}, or the reason of the rejection
   * @param waitedNanos how long the call waited, in nanoseconds
   * @param retryAfterNanos the time after which a call may be admitted, in nanoseconds; 0 if unknown
   */
  public static void admission(
      String runtime,
      String kind,
      String policy,
      String decision,
      long waitedNanos,
      long retryAfterNanos) {
    if (FIRST.areReady()) {
      AdmissionEvent.commit(runtime, kind, policy, decision, waitedNanos, retryAfterNanos);
    } else if (Recorder.isStarted()) {
      later(
          runtime,
          () ->
              AdmissionEvent.commit(runtime, kind, policy, decision, waitedNanos, retryAfterNanos));
    }
  }

  /**
   * Records that a concurrency limit changed, or learned its base again.
   *
   * @param runtime the name of the runtime
   * @param limit the name of the concurrency limit
   * @param change the limit before and after, and why
   */
  public static void limitChange(String runtime, String limit, ConcurrencyLimitExplanation change) {
    if (FIRST.areReady()) {
      LimitChangeEvent.commit(runtime, limit, change);
    } else if (Recorder.isStarted()) {
      later(runtime, () -> LimitChangeEvent.commit(runtime, limit, change));
    }
  }

  /**
   * Records what a hedge did.
   *
   * @param runtime the name of the runtime
   * @param hedge its name
   * @param kind what it did
   * @param number the number of the further attempt, 1 for the first
   * @param elapsedNanos the time since the call began, in nanoseconds
   */
  public static void hedge(
      String runtime, String hedge, HedgeEvent.Kind kind, int number, long elapsedNanos) {
    if (FIRST.areReady()) {
      HedgedCallEvent.commit(runtime, hedge, kind, number, elapsedNanos);
    } else if (Recorder.isStarted()) {
      later(runtime, () -> HedgedCallEvent.commit(runtime, hedge, kind, number, elapsedNanos));
    }
  }

  /**
   * Records what a coalescer did.
   *
   * @param runtime the name of the runtime
   * @param coalescer its name
   * @param kind what it did
   * @param ageNanos the age of the stored result, or the time since the first body of the key began, in nanoseconds
   */
  public static void coalescing(
      String runtime, String coalescer, CoalescerEvent.Kind kind, long ageNanos) {
    if (FIRST.areReady()) {
      CoalescedCallEvent.commit(runtime, coalescer, kind, ageNanos);
    } else if (Recorder.isStarted()) {
      later(runtime, () -> CoalescedCallEvent.commit(runtime, coalescer, kind, ageNanos));
    }
  }

  /**
   * Records that chaos was injected into a call.
   *
   * @param runtime the name of the runtime
   * @param chaos the name of the policy
   * @param injection what was injected
   * @param delayNanos how long the call is delayed, in nanoseconds; 0 if it is not
   */
  public static void injection(String runtime, String chaos, Injection injection, long delayNanos) {
    if (FIRST.areReady()) {
      InjectionEvent.commit(runtime, chaos, injection, delayNanos);
    } else if (Recorder.isStarted()) {
      later(runtime, () -> InjectionEvent.commit(runtime, chaos, injection, delayNanos));
    }
  }

  /**
   * Records that the state store failed.
   *
   * @param runtime the name of the runtime
   * @param location the location of the store
   * @param operation the failed operation, {@code save} for instance
   * @param failure the failure
   */
  public static void storeFailure(
      String runtime, String location, String operation, Throwable failure) {
    if (FIRST.areReady()) {
      StoreFailureEvent.commit(runtime, location, operation, failure);
    } else if (Recorder.isStarted()) {
      later(runtime, () -> StoreFailureEvent.commit(runtime, location, operation, failure));
    }
  }
}
