package io.aragora.resilience.core;

import io.aragora.resilience.testing.ManualTime;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;

/**
 * Fails one step of the threads of a runtime: a clock reading, a random draw, a hand-over, a log
 * line, or another step that a test defines. Everything runs in {@link #advance}, on the thread of
 * the test; steps fail only there. Not thread-safe.
 */
public final class Faults extends Handler {
  private static final int MOST_STEPS = 2_000;
  private static final Logger LOG = Logger.getLogger("io.aragora.resilience");

  /** The body of a run, which receives its faults. */
  @FunctionalInterface
  public interface Run {
    void run(Faults faults) throws Exception;
  }

  private final ManualTime time = ManualTime.create();
  private final int failing;
  private final Throwable fault;
  private boolean armed;
  private int steps;

  private Faults(int failing, Throwable fault) {
    this.failing = failing;
    this.fault = fault;
  }

  /** The throwables: of an exhausted machine, of a bug, and of foreign code. */
  public static Stream<Throwable> everyKind() {
    return Stream.of(
        new OutOfMemoryError("injected"),
        new StackOverflowError("injected"),
        new IllegalStateException("injected"),
        new Error("injected") {
          private static final long serialVersionUID = 1L;
        });
  }

  /**
   * Runs with the first step failing, then with the second, until no step fails. Returns
   * the number of steps.
   */
  public static int eachInTurn(Throwable fault, Run run) throws Exception {
    for (int failing = 0; failing < MOST_STEPS; failing++) {
      Faults faults = new Faults(failing, fault);
      LOG.setUseParentHandlers(false);
      LOG.addHandler(faults);
      try {
        run.run(faults);
      } catch (Throwable e) {
        throw new AssertionError("step " + failing + " failed, by " + fault, e);
      } finally {
        LOG.removeHandler(faults);
        LOG.setUseParentHandlers(true);
      }
      if (faults.steps <= failing) {
        return failing;
      }
    }
    throw new AssertionError("more than " + MOST_STEPS + " steps");
  }

  /** Fails if this step is the one to fail. */
  public void step() {
    if (armed && steps++ == failing) {
      Faults.<RuntimeException>sneak(fault);
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <X extends Throwable> void sneak(Throwable failure) throws X {
    throw (X) failure;
  }

  /**
   * Runs the tasks that are due in that time, as the library's threads would, with one step
   * failing.
   */
  public void advance(Duration duration) {
    whileArmed(() -> time.advance(duration));
  }

  /** Runs a body with one step failing. */
  public void whileArmed(Runnable task) {
    armed = true;
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      // What a task or the timer throws ends nothing but that: a pool replaces the thread, and the
      // timer's loop continues.
      if (e != fault) {
        throw e;
      }
    } finally {
      armed = false;
    }
  }

  /** Runs the tasks that are due in that time, without failures. */
  public void recover(Duration duration) {
    time.advance(duration);
  }

  /** A time source for a runtime; each call of it is a step. */
  public ForwardingTime time() {
    return new ForwardingTime(time) {
      @Override
      public long nanoTime() {
        step();
        return super.nanoTime();
      }

      @Override
      public Instant wallTime() {
        step();
        return super.wallTime();
      }

      @Override
      public double random(String owner, long operation, int draw) {
        step();
        return super.random(owner, operation, draw);
      }

      @Override
      public TimerRegistration drive(String name, TimerCallback driver) {
        TimerRegistration drive = super.drive(name, driver);
        return new TimerRegistration() {
          @Override
          public void wakeBy(long deadlineNanos) {
            step();
            drive.wakeBy(deadlineNanos);
          }

          @Override
          public boolean isDriving() {
            return drive.isDriving();
          }

          @Override
          public long failures() {
            return drive.failures();
          }

          @Override
          public void close() {
            drive.close();
          }
        };
      }

      @Override
      public Executor executor() {
        return task -> {
          step();
          time.executor().execute(task);
        };
      }
    };
  }

  @Override
  public void publish(LogRecord record) {
    step();
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
