package io.aragora.resilience.core.recording;

import io.aragora.resilience.timeout.TimeoutEvent;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

@Name("io.aragora.resilience.Timeout")
@Label("Timeout")
@Description("A call took longer than its limit")
@Category("Resilience")
@StackTrace(false)
final class TimeLimitEvent extends Event {
  private static final TimeLimitEvent SAMPLE = new TimeLimitEvent();

  @Label("Runtime")
  String runtime = "";

  @Label("Timeout")
  String timeout = "";

  @Label("Kind")
  @Description("FIRED if the body was interrupted or cancelled, LATE if it ended by itself")
  String kind = "";

  @Label("Limit")
  @Timespan(Timespan.NANOSECONDS)
  long limit;

  static boolean isRecorded() {
    return SAMPLE.isEnabled();
  }

  static void commit(String runtime, String timeout, TimeoutEvent.Kind kind, long limitNanos) {
    if (!SAMPLE.isEnabled()) {
      return;
    }
    TimeLimitEvent event = new TimeLimitEvent();
    event.runtime = runtime;
    event.timeout = timeout;
    event.kind = kind.name();
    event.limit = limitNanos;
    event.commit();
  }
}
