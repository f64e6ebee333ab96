package io.aragora.resilience.core.timer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.aragora.resilience.core.FaultyWakes;
import io.aragora.resilience.testing.ManualTime;
import java.time.Duration;
import org.jctools.queues.varhandle.MpscUnboundedVarHandleArrayQueue;
import org.junit.jupiter.api.Test;

/** A hand-over that fails, because the heap is full or no thread can be woken: the operation is as it was, and can be armed again. */
class HandOverTest {
  private static final Duration LONG = Duration.ofSeconds(1);

  private final ManualTime manual = ManualTime.create();
  private int failingOffers;
  private int failingWakes;

  private final MpscUnboundedVarHandleArrayQueue<TimerOperation> overflow =
      new MpscUnboundedVarHandleArrayQueue<>(1024) {
        @Override
        public boolean offer(TimerOperation operation) {
          if (failingOffers > 0) {
            failingOffers--;
            throw new OutOfMemoryError("injected");
          }
          return super.offer(operation);
        }
      };

  private final FaultyWakes time =
      new FaultyWakes(manual, () -> failingWakes > 0 && failingWakes-- > 0);

  private final Timer timer = new Timer("test", time, overflow);
  private final Counted operation = new Counted();

  private static class Counted extends TimerOperation {
    int fired;
    int closed;

    @Override
    protected void onFire(long arming) {
      fired++;
    }

    @Override
    protected void onTimerClosed(long arming) {
      closed++;
    }
  }

  private long soon() {
    return time.nanoTime() + 5_000_000;
  }

  /** Fills the queue that takes hand-overs without allocating. */
  private void fillQueue() {
    for (int i = 0; i < Timer.QUEUE_CAPACITY; i++) {
      timer.arm(new Counted(), soon());
    }
  }

  @Test
  void armingWithoutHeap_canBeTriedAgain() {
    fillQueue();
    failingOffers = 1;
    assertThatThrownBy(() -> timer.arm(operation, soon())).isInstanceOf(OutOfMemoryError.class);
    assertThat(timer.cancel(operation)).as("it is not armed").isFalse();
    timer.arm(operation, soon());
    manual.advance(LONG);
    assertThat(operation.fired).isEqualTo(1);
    timer.close();
    assertThat(operation.closed).isZero();
  }

  @Test
  void armingThatWakesNoThread_isTakenBack() {
    failingWakes = 1;
    assertThatThrownBy(() -> timer.arm(operation, soon())).isInstanceOf(OutOfMemoryError.class);
    manual.advance(LONG);
    assertThat(operation.fired).isZero();
    timer.arm(operation, soon());
    manual.advance(LONG);
    assertThat(operation.fired).isEqualTo(1);
  }

  @Test
  void armingBetween_afterOneThatWokeNoThread_firesOnce() {
    failingWakes = 1;
    assertThatThrownBy(() -> timer.arm(operation, soon())).isInstanceOf(OutOfMemoryError.class);
    timer.arm(operation, soon());
    manual.advance(LONG);
    assertThat(operation.fired).isEqualTo(1);
  }

  @Test
  void cancellationWithoutHeap_cancelsAndTheOperationCanBeArmedAgain() {
    timer.arm(operation, time.nanoTime() + 50_000_000);
    manual.runPending();
    fillQueue();
    failingOffers = 1;
    assertThat(timer.cancel(operation)).isTrue();
    manual.advance(LONG);
    assertThat(operation.fired).isZero();
    timer.arm(operation, soon());
    manual.advance(LONG);
    assertThat(operation.fired).isEqualTo(1);
  }

  @Test
  void firingThatArmsAgainWithoutHeap_isTriedAgain() {
    Counted twice = new Counted() {
      @Override
      protected void onFire(long arming) {
        if (fired == 0) {
          fillQueue();
          timer.arm(this, soon());
        }
        super.onFire(arming);
      }
    };
    timer.arm(twice, soon());
    failingOffers = 1;
    manual.advance(LONG);
    assertThat(twice.fired).isEqualTo(2);
  }
}
