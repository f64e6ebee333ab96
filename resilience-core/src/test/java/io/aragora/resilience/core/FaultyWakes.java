package io.aragora.resilience.core;

import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.util.function.BooleanSupplier;

/** A time source whose timers cannot be woken while a condition holds, as if the heap were full. */
public final class FaultyWakes extends ForwardingTime {
  private final BooleanSupplier fails;

  /**
   * Creates a time source.
   *
   * @param time what it forwards to
   * @param fails asked at each wake-up, which fails if it says so
   */
  public FaultyWakes(TimeSource time, BooleanSupplier fails) {
    super(time);
    this.fails = fails;
  }

  @Override
  public TimerRegistration drive(String name, TimerCallback driver) {
    TimerRegistration drive = super.drive(name, driver);
    return new TimerRegistration() {
      @Override
      public void wakeBy(long deadlineNanos) {
        if (fails.getAsBoolean()) {
          throw new OutOfMemoryError("injected");
        }
        drive.wakeBy(deadlineNanos);
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
}
