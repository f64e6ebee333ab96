package io.aragora.resilience.core.recording;

import io.aragora.resilience.hedge.HedgeEvent;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

@Name("io.aragora.resilience.Hedge")
@Label("Hedge")
@Description(
    "A slow call was hedged, a hedge won, all attempts failed, or the budget had no token for a hedge")
@Category("Resilience")
@StackTrace(false)
final class HedgedCallEvent extends Event {
  private static final HedgedCallEvent SAMPLE = new HedgedCallEvent();

  @Label("Runtime")
  String runtime = "";

  @Label("Hedge")
  String hedge = "";

  @Label("Kind")
  @Description("HEDGED, WON, ALL_FAILED or OUT_OF_BUDGET")
  String kind = "";

  @Label("Number")
  @Description("Number of the hedge, 1 for the first")
  int number;

  @Label("Elapsed")
  @Description("Time since the call began")
  @Timespan(Timespan.NANOSECONDS)
  long elapsed;

  static boolean isRecorded() {
    return SAMPLE.isEnabled();
  }

  static void commit(
      String runtime, String hedge, HedgeEvent.Kind kind, int number, long elapsedNanos) {
    if (!SAMPLE.isEnabled()) {
      return;
    }
    HedgedCallEvent event = new HedgedCallEvent();
    event.runtime = runtime;
    event.hedge = hedge;
    event.kind = kind.name();
    event.number = number;
    event.elapsed = elapsedNanos;
    event.commit();
  }
}
