package io.aragora.resilience.health.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SlowClientsTest {
  private final SlowClients clients = new SlowClients(Duration.ofMillis(1), Thread::new);

  @AfterEach
  void close() {
    clients.close();
  }

  @Test
  void run_tooLong_isInterruptedAndLeavesNoFlagBehind() {
    AtomicBoolean interrupted = new AtomicBoolean();

    clients.run(() -> {
      interrupted.set(waitUntilInterrupted());
      Thread.currentThread().interrupt(); // as a channel does that was closed by the interrupt
    });

    assertThat(interrupted).isTrue();
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void run_flagFromOutside_isKept() {
    SlowClients patient = new SlowClients(Duration.ofMinutes(10), Thread::new);

    patient.run(() -> Thread.currentThread().interrupt());

    assertThat(Thread.interrupted()).isTrue();
    patient.close();
  }

  @Test
  void withoutLimit_longerThanTheLimit_isLeftAlone() {
    AtomicBoolean interrupted = new AtomicBoolean(true);

    clients.run(() -> interrupted.set(clients.withoutLimit(() -> {
      passTheLimitElsewhere();
      return Thread.currentThread().isInterrupted();
    })));

    assertThat(interrupted).isFalse();
  }

  @Test
  void withoutLimit_over_theClientGetsItsTimeAnew() {
    AtomicBoolean interrupted = new AtomicBoolean();

    clients.run(() -> {
      clients.withoutLimit(() -> "ours");
      interrupted.set(waitUntilInterrupted());
    });

    assertThat(interrupted).isTrue();
  }

  /** Waits for a client that came later to be over the limit. */
  private void passTheLimitElsewhere() {
    Thread later = new Thread(() -> clients.run(SlowClientsTest::waitUntilInterrupted));
    later.start();
    try {
      later.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static boolean waitUntilInterrupted() {
    try {
      new CountDownLatch(1).await();
      return false;
    } catch (InterruptedException e) {
      return true;
    }
  }
}
