package io.aragora.resilience.core.time;

import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A time source that advances only on request and never drives: a thread of the check does. Background work runs
 * inline, unless the check runs it otherwise. A parked thread waits until it is woken, whatever its deadline: it spins,
 * because the checker lets {@code LockSupport.park} return without a reason, and a lost wake-up would be found again.
 */
public final class TestTime implements TimeSource, TimerRegistration {
  private final Map<Thread, AtomicBoolean> wakeUps = new ConcurrentHashMap<>();
  private final Executor executor;
  private volatile long now = 1;

  /** Creates a time source at 1 ns. */
  public TestTime() {
    this(Runnable::run);
  }

  /**
   * Creates a time source at 1 ns.
   *
   * @param executor runs background work
   */
  public TestTime(Executor executor) {
    this.executor = executor;
  }

  /**
   * Advances the time without driving.
   *
   * @param nanos the new time
   */
  public void set(long nanos) {
    now = nanos;
  }

  @Override
  public long nanoTime() {
    return now;
  }

  @Override
  public Instant wallTime() {
    return Instant.EPOCH;
  }

  @Override
  public void parkUntil(Object blocker, long deadlineNanos) {
    AtomicBoolean wakeUp = wakeUpOf(Thread.currentThread());
    while (!wakeUp.compareAndSet(true, false)) {
      Thread.onSpinWait();
    }
  }

  @Override
  public void unpark(Thread thread) {
    wakeUpOf(thread).set(true);
  }

  private AtomicBoolean wakeUpOf(Thread thread) {
    return wakeUps.computeIfAbsent(thread, any -> new AtomicBoolean());
  }

  @Override
  public double random(String owner, long operation, int draw) {
    return 0;
  }

  @Override
  public Executor executor() {
    return executor;
  }

  @Override
  public TimerRegistration drive(String name, TimerCallback driver) {
    return this;
  }

  @Override
  public void wakeBy(long deadlineNanos) {}

  @Override
  public boolean isDriving() {
    return false;
  }

  @Override
  public void close() {}
}
