package io.aragora.resilience.core.recording;

import io.aragora.resilience.retry.RetryEvent;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

@Name("io.aragora.resilience.Retry")
@Label("Retry")
@Description("An attempt failed and the retry decided what follows, or a later attempt succeeded")
@Category("Resilience")
@StackTrace(false)
final class RetryDecisionEvent extends Event {
  private static final RetryDecisionEvent SAMPLE = new RetryDecisionEvent();

  @Label("Runtime")
  String runtime = "";

  @Label("Retry")
  String retry = "";

  @Label("Decision")
  @Description("RETRY, SUCCEEDED_AFTER_RETRY, or the reason why no attempt follows")
  String decision = "";

  @Label("Attempt")
  @Description("Number of the attempt that ended, 1 for the first")
  int attempt;

  @Label("Delay")
  @Description("Delay before the next attempt")
  @Timespan(Timespan.NANOSECONDS)
  long delay;

  @Label("Failure")
  @Description("Class of the failure; empty if there is none")
  String failure = "";

  @Label("Call")
  @Description("The same number in all events of a call; 0 if no attempt failed")
  long call;

  static boolean isRecorded() {
    return SAMPLE.isEnabled();
  }

  static void commit(
      String runtime,
      String retry,
      RetryEvent.Kind decision,
      int attempt,
      long delayNanos,
      @Nullable Throwable failure,
      long call) {
    if (!SAMPLE.isEnabled()) {
      return;
    }
    RetryDecisionEvent event = new RetryDecisionEvent();
    event.runtime = runtime;
    event.retry = retry;
    event.decision = decision.name();
    event.attempt = attempt;
    event.delay = delayNanos;
    event.failure = failure == null ? "" : failure.getClass().getName();
    event.call = call;
    event.commit();
  }
}
