package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.Resilience;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The time of a machine whose wall clock is wrong. */
record ShiftedTime(TimeSource system, Duration shift) implements TimeSource, InstantSource {
  /** Shifts the default time of a runtime. */
  static ShiftedTime by(Duration shift) {
    AtomicReference<TimeSource> system = new AtomicReference<>();
    Resilience.builder()
        .extension(context -> {
          system.set(context.timeSource());
          return () -> {};
        })
        .build()
        .close();
    return new ShiftedTime(system.get(), shift);
  }

  @Override
  public long nanoTime() {
    return system.nanoTime();
  }

  @Override
  public Instant wallTime() {
    return system.wallTime().plus(shift);
  }

  @Override
  public Instant instant() {
    return wallTime();
  }

  @Override
  public void parkUntil(Object blocker, long deadlineNanos) {
    system.parkUntil(blocker, deadlineNanos);
  }

  @Override
  public void unpark(Thread thread) {
    system.unpark(thread);
  }

  @Override
  public double random(String owner, long operation, int draw) {
    return system.random(owner, operation, draw);
  }

  @Override
  public @Nullable Executor executor() {
    return system.executor();
  }

  @Override
  public TimerRegistration drive(String name, TimerCallback driver) {
    return system.drive(name, driver);
  }
}
