package io.aragora.resilience.core.recording;

import io.aragora.resilience.circuitbreaker.CircuitBreakerState;
import io.aragora.resilience.circuitbreaker.TransitionCause;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

@Name("io.aragora.resilience.CircuitBreakerTransition")
@Label("Circuit Breaker Transition")
@Description(
    "A circuit breaker changed its state; the event thread is the one whose call caused the change")
@Category("Resilience")
@StackTrace(false)
final class TransitionEvent extends Event {
  /**
   * Never committed. Shows whether events of this class are recorded, so that no event is created
   * for that question.
   */
  private static final TransitionEvent SAMPLE = new TransitionEvent();

  @Label("Runtime")
  String runtime = "";

  @Label("Breaker")
  String breaker = "";

  @Label("Sequence")
  @Description("Number of this transition of the breaker, 1 for the first")
  long sequence;

  @Label("Generation")
  @Description("Generation of the new phase, which its permits carry")
  long generation;

  @Label("From")
  String from = "";

  @Label("To")
  String to = "";

  @Label("Cause")
  String cause = "";

  @Label("Cooldown")
  @Description("Cooldown of an open phase, backoff and jitter included; 0 otherwise")
  @Timespan(Timespan.NANOSECONDS)
  long cooldown;

  static boolean isRecorded() {
    return SAMPLE.isEnabled();
  }

  static void commit(
      String runtime,
      String breaker,
      long sequence,
      long generation,
      CircuitBreakerState from,
      CircuitBreakerState to,
      TransitionCause cause,
      long cooldownNanos) {
    if (!SAMPLE.isEnabled()) {
      return;
    }
    TransitionEvent event = new TransitionEvent();
    event.runtime = runtime;
    event.breaker = breaker;
    event.sequence = sequence;
    event.generation = generation;
    event.from = from.text();
    event.to = to.text();
    event.cause = cause.name();
    event.cooldown = cooldownNanos;
    event.commit();
  }
}
