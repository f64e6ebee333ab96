package io.aragora.resilience.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BodyThreadTest {
  private final BodyThread body = new BodyThread();

  @Test
  void interrupt_threadInside_clearsItAtTheEnd() {
    body.enter();
    assertThat(body.isInside()).isTrue();
    body.interrupt();
    assertThat(Thread.currentThread().isInterrupted()).isTrue();
    assertThat(body.isInside()).isFalse();
    body.leave();
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void interrupt_threadThatLeft_sendsNothing() {
    body.enter();
    body.leave();
    body.interrupt();
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void leave_interruptedByOthers_keepsThat() {
    body.enter();
    Thread.currentThread().interrupt();
    body.leave();
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void interrupt_hangs_othersDoNotWait() throws Exception {
    CountDownLatch hangs = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch leaves = new CountDownLatch(1);
    Thread runner =
        new Thread(() -> {
          body.enter();
          entered.countDown();
          try {
            leaves.await();
          } catch (InterruptedException e) {
            // Sent after the wait.
          }
          body.leave();
        }) {
          @Override
          public void interrupt() {
            hangs.countDown();
            try {
              release.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            super.interrupt();
          }
        };
    runner.start();
    assertThat(entered.await(30, TimeUnit.SECONDS)).isTrue();
    Thread interrupter = new Thread(body::interrupt);
    interrupter.start();
    assertThat(hangs.await(30, TimeUnit.SECONDS)).isTrue();

    assertThat(body.isInside()).isFalse();
    body.interrupt(); // returns: it was sent once
    leaves.countDown();
    assertThat(runner.isAlive())
        .as("it waits for the interrupt that was sent to it")
        .isTrue();
    release.countDown();
    runner.join();
    interrupter.join();
    assertThat(runner.isInterrupted()).isFalse();
  }
}
