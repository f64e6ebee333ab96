package io.aragora.resilience.core.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.bulkhead.Bulkhead;
import io.aragora.resilience.bulkhead.BulkheadFullException;
import io.aragora.resilience.core.ForwardingTime;
import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** An asynchronous call whose thread stands still between arming the end of its wait and entering the queue. */
class LateWaitTest {
  private final ManualTime manual = ManualTime.create();
  private Runnable atArming = () -> {};

  private final ForwardingTime time = new ForwardingTime(manual) {
    @Override
    public TimerRegistration drive(String name, TimerCallback driver) {
      TimerRegistration drive = super.drive(name, driver);
      return new TimerRegistration() {
        @Override
        public void wakeBy(long deadlineNanos) {
          drive.wakeBy(deadlineNanos);
          Runnable once = atArming;
          atArming = () -> {};
          once.run();
        }

        @Override
        public boolean isDriving() {
          return drive.isDriving();
        }

        @Override
        public void close() {
          drive.close();
        }
      };
    }
  };

  @Test
  void waitThatEndsBeforeTheCallIsInTheQueue_isRejected() {
    try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
      Bulkhead bulkhead = resilience.bulkhead(
          "b", c -> c.maxConcurrentCalls(1).maxWait(Duration.ofMillis(10)).maxWaiting(10));
      long held = bulkhead.tryAcquirePermit();
      atArming = () -> manual.advance(Duration.ofSeconds(1));
      CompletableFuture<String> call =
          bulkhead.callAsync(() -> CompletableFuture.completedFuture("x"));
      manual.runPending();
      assertThat(call)
          .failsWithin(Duration.ZERO)
          .withThrowableThat()
          .withCauseInstanceOf(BulkheadFullException.class);
      assertThat(bulkhead.snapshot().waiting()).isZero();
      bulkhead.releasePermit(held);
    }
  }
}
