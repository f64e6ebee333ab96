package io.aragora.resilience.core.recording;

import io.aragora.resilience.chaos.Injection;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

@Name("io.aragora.resilience.Injection")
@Label("Injection")
@Description("Chaos was injected into a call")
@Category("Resilience")
@StackTrace(false)
final class InjectionEvent extends Event {
  private static final InjectionEvent SAMPLE = new InjectionEvent();

  @Label("Runtime")
  String runtime = "";

  @Label("Chaos")
  String chaos = "";

  @Label("Kind")
  @Description("FAIL, DELAY, FAIL_AFTER or BEHAVE")
  String kind = "";

  @Label("Delay")
  @Description("How long the call is delayed")
  @Timespan(Timespan.NANOSECONDS)
  long delay;

  static boolean isRecorded() {
    return SAMPLE.isEnabled();
  }

  static void commit(String runtime, String chaos, Injection injection, long delayNanos) {
    if (!SAMPLE.isEnabled()) {
      return;
    }
    InjectionEvent event = new InjectionEvent();
    event.runtime = runtime;
    event.chaos = chaos;
    event.kind = injection.name();
    event.delay = delayNanos;
    event.commit();
  }
}
