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

@Name("io.aragora.resilience.CallRejection")
@Label("Call Rejection")
@Description("A circuit breaker rejected a call")
@Category("Resilience")
@StackTrace(false)
final class RejectionEvent extends Event {
  private static final RejectionEvent SAMPLE = new RejectionEvent();

  @Label("Runtime")
  String runtime = "";

  @Label("Breaker")
  String breaker = "";

  @Label("State")
  String state = "";

  @Label("Cause")
  @Description("Why the breaker is in this state")
  String cause = "";

  @Label("Generation")
  long generation;

  @Label("Remaining Cooldown")
  @Timespan(Timespan.NANOSECONDS)
  long remainingCooldown;

  static boolean isRecorded() {
    return SAMPLE.isEnabled();
  }

  static void commit(
      String runtime,
      String breaker,
      CircuitBreakerState state,
      TransitionCause cause,
      long generation,
      long remainingNanos) {
    if (!SAMPLE.isEnabled()) {
      return;
    }
    RejectionEvent event = new RejectionEvent();
    event.runtime = runtime;
    event.breaker = breaker;
    event.state = state.text();
    event.cause = cause.name();
    event.generation = generation;
    event.remainingCooldown = remainingNanos;
    event.commit();
  }
}
