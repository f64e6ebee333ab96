package io.aragora.resilience.core.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.core.timer.Timer;
import io.aragora.resilience.core.timer.TimerOperation;
import io.aragora.resilience.internal.QuietLock;
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

  /** A timer operation that publishes under a lock, when no thread is free: both its ways to learn of the failure are closed. */
  @Test
  void tell_underAQuietLockOnTheTimersThread_noThreadIsFree_isRepeatedAfterTheLock() {
    ManualTime manual = ManualTime.create();
    ExhaustedTime exhausted = new ExhaustedTime(manual);
    Timer timer = new Timer("timer", exhausted);
    Dispatcher ofTimer = new Dispatcher("r", exhausted, null);
    ofTimer.useTimer(timer);
    EventChannel<String> events = new EventChannel<>("owner", ofTimer);
    List<String> heard = new ArrayList<>();
    events.subscribe(heard::add);
    QuietLock lock = new QuietLock();
    timer.arm(
        new TimerOperation() {
          @Override
          protected void onFire(long arming) {
            lock.lock();
            try {
              events.publish("under the lock");
            } finally {
              lock.unlock();
            }
          }

          @Override
          protected void onTimerClosed(long arming) {}
        },
        exhausted.nanoTime() + 1);

    manual.advance(Duration.ofSeconds(1));
    assertThat(heard).as("no thread is free").isEmpty();
    exhausted.exhausted = false;
    manual.advance(Duration.ofSeconds(1));
    events.publish("later");
    manual.runPending();
    assertThat(heard).containsExactly("under the lock", "later");
  }

  @Test
  void tellApart_noThreadIsFree_runsOnceAThreadIs() {
    ManualTime manual = ManualTime.create();
    ExhaustedTime exhausted = new ExhaustedTime(manual);
    Dispatcher apart = new Dispatcher("r", exhausted, null);
    apart.useTimer(new Timer("timer", exhausted));
    List<String> heard = new ArrayList<>();

    apart.tellApart(() -> heard.add("told"));
    manual.advance(Duration.ofSeconds(1));
    assertThat(heard).as("no thread is free").isEmpty();
    exhausted.exhausted = false;
    manual.advance(Duration.ofSeconds(1));
    assertThat(heard).containsExactly("told");
  }

  @Test
  void withoutATimer_nothingIsHandedOverAgain() {
    assertThat(dispatcher.again(new RepeatedHandOver() {
          @Override
          protected void handOver() {}
        }))
        .isFalse();
  }

  @Test
  void handOversThatFailed_areEachRepeated_tenMillisecondsLater() {
    ManualTime manual = ManualTime.create();
    Dispatcher repeating = new Dispatcher("r", manual, null);
    repeating.useTimer(new Timer("timer", manual));
    List<String> again = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      repeating.again(new RepeatedHandOver() {
        @Override
        protected void handOver() {
          again.add(name);
        }
      });
    }
    manual.advance(Duration.ofMillis(9));
    assertThat(again).isEmpty();
    manual.advance(Duration.ofMillis(4));
    assertThat(again).containsExactlyInAnyOrder("a", "b", "c");
  }
}
