package io.aragora.resilience.testing;

import io.aragora.resilience.internal.Setting;
import io.aragora.resilience.time.TimeSource;
import io.aragora.resilience.time.TimerCallback;
import io.aragora.resilience.time.TimerRegistration;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Time that stands still until a test moves it. Pass it to a runtime: then everything that the runtime measures, waits for,
 * draws or runs in the background happens inside {@link #advance}, on the calling thread:
 *
 * <pre>{@code
 * ManualTime time = ManualTime.create();
 * try (Resilience resilience = Resilience.builder().timeSource(time).build()) {
 *   CircuitBreaker breaker = resilience.circuitBreaker("db", config);   // opens for 30 s
 *   ...
 *   time.advance(Duration.ofSeconds(30));
 *   assertThat(breaker.state()).isEqualTo(CircuitBreakerState.HALF_OPEN);
 * }
 * }</pre>
 *
 * <p><b>An advance</b> stops at every instant at which something is due, in order. At each instant it calls the drivers of
 * the runtimes, runs the tasks of {@link #executor()}, and repeats both until no work is left; then it wakes the threads whose
 * wait ends there. A task or driver that throws stops neither the others nor the time: the advance finishes, then
 * throws the first failure, with up to eight later ones suppressed. Only one thread may advance at a time, and neither a
 * task nor a driver may call an advance.
 *
 * <p><b>Blocked threads.</b> A blocking wait of another thread blocks it until the time is reached. {@link #awaitSleepers}
 * waits until threads are blocked, so that no test needs a sleep. An advance wakes threads and does not wait for them. In a
 * test with one thread, {@link #autoAdvance} lets the wait itself advance the time.
 *
 * <p><b>Replay.</b> With the same seed, the same calls lead to the same run if they are asynchronous on {@link #executor()},
 * or made by one thread with {@link #autoAdvance}. Several blocked threads have no reproducible order.
 *
 * <p>Thread-safe. Can serve several runtimes, at most 1,000 at a time.
 */
public final class ManualTime implements TimeSource {
  /** The wall clock at the start, unless {@link #startingAt} sets another: 2026-01-01T00:00:00Z. */
  public static final Instant DEFAULT_START = Instant.parse("2026-01-01T00:00:00Z");

  private static final long AWAIT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final SeededRandom random;
  private final Timeline timeline = new Timeline();

  private final Object wallLock = new Object();

  private volatile Instant wallAtStart = DEFAULT_START;
  private volatile OptionalDouble fixedRandom = OptionalDouble.empty();

  private ManualTime(long seed) {
    this.random = new SeededRandom(seed);
  }

  /**
   * Creates a time with seed 0.
   *
   * @return a time that stands still
   */
  public static ManualTime create() {
    return seeded(0);
  }

  /**
   * Creates a time with a seed for its random numbers.
   *
   * @param seed any number
   * @return a time that stands still
   */
  public static ManualTime seeded(long seed) {
    return new ManualTime(seed);
  }

  /**
   * Sets the wall time of the start, and discards earlier jumps.
   *
   * @param start the wall time before any advance
   * @return this
   */
  public ManualTime startingAt(Instant start) {
    synchronized (wallLock) {
      wallAtStart = start;
    }
    return this;
  }

  /**
   * Sets whether a waiting thread advances the time to the end of its wait, and runs everything due until then, instead of
   * blocking. For tests with a single thread. A wait without a deadline advances the time while anything is due, and blocks
   * after that. Default false. The wait throws the exceptions of tasks and drivers.
   *
   * @param enabled whether waits advance the time
   * @return this
   */
  public ManualTime autoAdvance(boolean enabled) {
    timeline.autoAdvance(enabled);
    return this;
  }

  /**
   * Fixes every random number, so that a test can assert a jittered schedule.
   *
   * @param value what {@link #random} returns from now on, in [0, 1)
   * @return this
   * @throws IllegalArgumentException if {@code value} is not in [0, 1)
   */
  public ManualTime fixedRandom(double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException("fixedRandom must be in [0, 1): " + value);
    }
    fixedRandom = OptionalDouble.of(value);
    return this;
  }

  /**
   * Moves the wall clock alone, as an operator or a time server does. {@link #nanoTime()} does not change.
   *
   * @param jump the distance; negative jumps back
   */
  public void jumpWallClock(Duration jump) {
    synchronized (wallLock) {
      wallAtStart = wallAtStart.plus(jump);
    }
  }

  /**
   * Advances the time and runs everything that is or becomes due.
   *
   * @param duration from zero to 106,751 days
   * @throws IllegalArgumentException if {@code duration} is negative or longer than 106,751 days
   * @throws IllegalStateException if a thread already advances the time, the calling one included, or if work at one instant
   * never ends
   */
  public void advance(Duration duration) {
    timeline.advance(Setting.notNegative("advance", duration).toNanos());
  }

  /**
   * Advances the time to an instant and runs everything that is or becomes due.
   *
   * @param targetNanos a time of {@link #nanoTime()}, not before now, and before {@link TimeSource#NEVER}
   * @throws IllegalArgumentException if {@code targetNanos} has passed, or is {@code NEVER}
   * @throws IllegalStateException if a thread already advances the time, the calling one included, or if work at one instant
   * never ends
   */
  public void advanceTo(long targetNanos) {
    timeline.advanceTo(targetNanos);
  }

  /**
   * Runs everything that is due now, and the work that follows from it, without advancing the time.
   *
   * @throws IllegalStateException if a thread already advances the time, the calling one included, or if this work never ends
   */
  public void runPending() {
    advance(Duration.ZERO);
  }

  /**
   * Blocks until at least {@code count} threads are parked in {@link #parkUntil}, at most 10 seconds of real time.
   *
   * @param count the number of threads
   * @throws IllegalStateException if there are fewer after that, or if the calling thread is interrupted; it stays interrupted
   */
  public void awaitSleepers(int count) {
    timeline.sleepers().await(count, AWAIT_NANOS);
  }

  @Override
  public long nanoTime() {
    return timeline.nowNanos();
  }

  @Override
  public Instant wallTime() {
    return wallAtStart.plusNanos(timeline.nowNanos() - Timeline.START_NANOS);
  }

  @Override
  public double random(String owner, long operation, int draw) {
    OptionalDouble fixed = fixedRandom;
    return fixed.isPresent() ? fixed.getAsDouble() : random.draw(owner, operation, draw);
  }

  /**
   * Returns the executor whose tasks run inside an advance, on the advancing thread, in the order of their submission.
   *
   * @return the executor; it holds at most 1,000,000 waiting tasks and rejects further ones with {@link
   * java.util.concurrent.RejectedExecutionException}
   */
  @Override
  public Executor executor() {
    return timeline.tasks();
  }

  /**
   * Registers a driver, which the next advance calls for the first time.
   *
   * @param name shown in messages
   * @param driver called when work of the runtime is due
   * @return the registration
   * @throws IllegalStateException if 1,000 drivers are registered
   */
  @Override
  public TimerRegistration drive(String name, TimerCallback driver) {
    return timeline.drive(name, driver);
  }

  /**
   * Blocks the calling thread until the deadline, an unpark or an interrupt; with {@link #autoAdvance}, advances the time
   * instead. Returns at once if the deadline has passed, and has no spurious returns.
   *
   * @param blocker shown in thread dumps
   * @param deadlineNanos the time of {@link #nanoTime()} to wait for
   * @throws IllegalStateException if a driver waits, or a task without {@link #autoAdvance}: both run on the thread that would
   * have to advance the time
   */
  @Override
  public void parkUntil(Object blocker, long deadlineNanos) {
    timeline.parkUntil(blocker, deadlineNanos);
  }

  @Override
  public void unpark(Thread thread) {
    timeline.sleepers().unpark(thread);
  }

  /**
   * Returns both clocks as text.
   *
   * @return the clocks
   */
  @Override
  public String toString() {
    return "ManualTime[" + nanoTime() + " ns, " + wallTime() + "]";
  }
}
