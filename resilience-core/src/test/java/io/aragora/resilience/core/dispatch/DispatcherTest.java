package io.aragora.resilience.core.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.testing.ManualTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DispatcherTest {
  private final ExhaustedTime time = new ExhaustedTime(ManualTime.create());
  private final Dispatcher dispatcher = new Dispatcher("r", time, null);

  @Test
  void withoutAThread_whatEndsCallsRunsOnTheCaller() {
    List<Thread> ran = new ArrayList<>();
    dispatcher.endCall(() -> ran.add(Thread.currentThread()));
    dispatcher.interrupt(() -> ran.add(Thread.currentThread()));
    assertThat(ran).containsExactly(Thread.currentThread(), Thread.currentThread());
  }

  @Test
  void withoutAThread_eventsAreDelivered_andGoOnToBe() {
    EventChannel<String> events = new EventChannel<>("owner", dispatcher);
    List<String> heard = new ArrayList<>();
    events.subscribe(heard::add);
    events.publish("first");
    events.publish("second");
    assertThat(heard).containsExactly("first", "second");
  }
}
