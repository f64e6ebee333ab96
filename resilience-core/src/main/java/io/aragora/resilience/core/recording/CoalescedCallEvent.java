package io.aragora.resilience.core.recording;

import io.aragora.resilience.coalescing.CoalescerEvent;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

@Name("io.aragora.resilience.Coalescing")
@Label("Coalescing")
@Description(
    "A stored result stood in for a failure, or the call of a key was handed over to one that had joined")
@Category("Resilience")
@StackTrace(false)
final class CoalescedCallEvent extends Event {
  private static final CoalescedCallEvent SAMPLE = new CoalescedCallEvent();

  @Label("Runtime")
  String runtime = "";

  @Label("Coalescer")
  String coalescer = "";

  @Label("Kind")
  @Description("STALE or HANDED_OVER")
  String kind = "";

  @Label("Age")
  @Description("Age of the stored result, or time since the first body of the key began")
  @Timespan(Timespan.NANOSECONDS)
  long age;

  static boolean isRecorded() {
    return SAMPLE.isEnabled();
  }

  static void commit(String runtime, String coalescer, CoalescerEvent.Kind kind, long ageNanos) {
    if (!SAMPLE.isEnabled()) {
      return;
    }
    CoalescedCallEvent event = new CoalescedCallEvent();
    event.runtime = runtime;
    event.coalescer = coalescer;
    event.kind = kind.name();
    event.age = ageNanos;
    event.commit();
  }
}
