package io.aragora.resilience.core.recording;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

@Name("io.aragora.resilience.Admission")
@Label("Admission")
@Description(
    "A bulkhead, rate limiter or concurrency limit rejected a call, or admitted it after a wait")
@Category("Resilience")
@StackTrace(false)
final class AdmissionEvent extends Event {
  private static final AdmissionEvent SAMPLE = new AdmissionEvent();

  @Label("Runtime")
  String runtime = "";

  @Label("Kind")
  @Description("Kind of the policy, as property names have it")
  String kind = "";

  @Label("Policy")
  String policy = "";

  @Label("Decision")
  @Description("ADMITTED_AFTER_WAIT, or the reason of the rejection")
  String decision = "";

  @Label("Waited")
  @Timespan(Timespan.NANOSECONDS)
  long waited;

  @Label("Retry After")
  @Description("Time after which a call may be admitted; 0 if unknown")
  @Timespan(Timespan.NANOSECONDS)
  long retryAfter;

  static boolean isRecorded() {
    return SAMPLE.isEnabled();
  }

  static void commit(
      String runtime,
      String kind,
      String policy,
      String decision,
      long waitedNanos,
      long retryAfterNanos) {
    if (!SAMPLE.isEnabled()) {
      return;
    }
    AdmissionEvent event = new AdmissionEvent();
    event.runtime = runtime;
    event.kind = kind;
    event.policy = policy;
    event.decision = decision;
    event.waited = waitedNanos;
    event.retryAfter = retryAfterNanos;
    event.commit();
  }
}
