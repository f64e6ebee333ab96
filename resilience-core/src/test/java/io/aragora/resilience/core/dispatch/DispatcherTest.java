package io.aragora.resilience.core.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
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

  /** Neither a thread nor the caller can run the delivery, as if the stack were used up. */
  @Test
  void whatCannotEvenRunOnTheCaller_isDeliveredLater() {
    ManualTime manual = ManualTime.create();
    AtomicInteger failing = new AtomicInteger(2);
    ForwardingTime failingTime = new ForwardingTime(manual) {
      @Override
      public Executor executor() {
        return task -> {
          if (failing.get() > 0) {
            throw new StackOverflowError("injected");
          }
          manual.executor().execute(task);
        };
      }
    };
    Dispatcher exhausted = new Dispatcher("r", failingTime, null);
    exhausted.useTimer(new Timer("timer", failingTime));
    List<String> heard = new ArrayList<>();
    RepeatedHandOver handOver = new RepeatedHandOver() {
      @Override
      protected void handOver() {
        exhausted.tell(() -> heard.add("again"));
      }
    };
    assertThat(exhausted.again(handOver)).isTrue();
    assertThat(exhausted.again(handOver)).isTrue();
    failing.set(0);
    manual.advance(Duration.ofSeconds(1));
    assertThat(heard).containsExactly("again");
    assertThat(exhausted.again(handOver)).isTrue();
    manual.advance(Duration.ofSeconds(1));
    assertThat(heard).containsExactly("again", "again");
  }

  @Test
  void withoutATimer_nothingIsHandedOverAgain() {
    assertThat(dispatcher.again(new RepeatedHandOver() {
          @Override
          protected void handOver() {}
        }))
        .isFalse();
  }
}
