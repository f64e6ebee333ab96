package io.aragora.resilience.core.recording;

import io.aragora.resilience.concurrencylimit.ConcurrencyLimitExplanation;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

@Name("io.aragora.resilience.ConcurrencyLimit")
@Label("Concurrency Limit")
@Description("A concurrency limit changed, or learned its base again")
@Category("Resilience")
@StackTrace(false)
final class LimitChangeEvent extends Event {
  private static final LimitChangeEvent SAMPLE = new LimitChangeEvent();

  @Label("Runtime")
  String runtime = "";

  @Label("Concurrency Limit")
  String policy = "";

  @Label("Rule")
  @Description("The rule that decided")
  String rule = "";

  @Label("From")
  int from;

  @Label("To")
  int to;

  @Label("Recent")
  @Description("Percentile of the latencies of the window")
  @Timespan(Timespan.NANOSECONDS)
  long recent;

  @Label("Base")
  @Description("Latency without load")
  @Timespan(Timespan.NANOSECONDS)
  long base;

  @Label("Samples")
  long samples;

  @Label("Drops")
  long drops;

  @Label("Most In Flight")
  int mostInFlight;

  static boolean isRecorded() {
    return SAMPLE.isEnabled();
  }

  static void commit(String runtime, String policy, ConcurrencyLimitExplanation change) {
    if (!SAMPLE.isEnabled()) {
      return;
    }
    LimitChangeEvent event = new LimitChangeEvent();
    event.runtime = runtime;
    event.policy = policy;
    event.rule = change.rule().name();
    event.from = change.from();
    event.to = change.to();
    event.recent = change.recent().toNanos();
    event.base = change.base().toNanos();
    event.samples = change.samples();
    event.drops = change.drops();
    event.mostInFlight = change.mostInFlight();
    event.commit();
  }
}
