package io.aragora.resilience.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class QuietLockTest {
  private final QuietLock lock = new QuietLock();
  private final QuietLock other = new QuietLock();
  private final List<String> said = new ArrayList<>();

  @Test
  void later_noLock_runsAtOnce() {
    assertThat(QuietLock.isQuiet()).isFalse();
    QuietLock.later(() -> said.add("now"));
    assertThat(said).containsExactly("now");
  }

  @Test
  void later_nestedLocks_runsInOrderAfterTheLast() {
    lock.lock();
    other.lock();
    lock.lock();
    QuietLock.later(() -> said.add("first"));
    lock.unlock();
    other.unlock();
    QuietLock.later(() -> said.add("second"));
    assertThat(said).as("the first lock is held").isEmpty();
    lock.unlock();
    assertThat(said).containsExactly("first", "second");
    assertThat(QuietLock.isQuiet()).isFalse();
  }

  @Test
  void later_taskThrows_theNextRuns() {
    lock.lock();
    QuietLock.later(() -> {
      throw new IllegalStateException("foreign");
    });
    QuietLock.later(() -> said.add("next"));
    lock.unlock();
    assertThat(said).containsExactly("next");
  }

  @Test
  void later_taskTakesTheLock_isNotDeferredTwice() {
    lock.lock();
    QuietLock.later(() -> {
      lock.lock();
      QuietLock.later(() -> said.add("inside"));
      lock.unlock();
      said.add("outside");
    });
    lock.unlock();
    assertThat(said).containsExactly("inside", "outside");
  }

  @Test
  void begin_withinALock_isNotTheFirst() {
    assertThat(QuietLock.begin()).isTrue();
    lock.lock();
    assertThat(QuietLock.begin()).isFalse();
    lock.unlock();
    assertThat(QuietLock.isQuiet()).isTrue();
    QuietLock.end();
    assertThat(QuietLock.isQuiet()).isFalse();
  }

  @Test
  void tryLock_heldByAnotherThread_leavesTheThreadAsItWas() throws Exception {
    lock.lock();
    AtomicBoolean taken = new AtomicBoolean(true);
    AtomicBoolean quiet = new AtomicBoolean(true);
    Thread thread = new Thread(() -> {
      taken.set(lock.tryLock());
      quiet.set(QuietLock.isQuiet());
    });
    thread.start();
    thread.join();
    lock.unlock();
    assertThat(taken).isFalse();
    assertThat(quiet).isFalse();
    assertThat(lock.tryLock()).isTrue();
    lock.unlock();
    assertThat(QuietLock.isQuiet()).isFalse();
  }

  @Test
  void lock_threadThatOverridesItsHash_isNotedAndForgotten() throws Exception {
    AtomicBoolean quiet = new AtomicBoolean();
    AtomicBoolean quietAfterwards = new AtomicBoolean(true);
    Thread thread = new HostileThread(() -> {
      lock.lock();
      quiet.set(QuietLock.isQuiet());
      lock.unlock();
      quietAfterwards.set(QuietLock.isQuiet());
    });
    thread.start();
    thread.join();
    assertThat(quiet).isTrue();
    assertThat(quietAfterwards).isFalse();
  }

  /** A thread of an application, of which nothing but its identity can be relied on. */
  private static final class HostileThread extends Thread {
    HostileThread(Runnable task) {
      super(task);
    }

    @Override
    public int hashCode() {
      throw new IllegalStateException("foreign");
    }

    @Override
    public boolean equals(Object other) {
      throw new IllegalStateException("foreign");
    }
  }
}
