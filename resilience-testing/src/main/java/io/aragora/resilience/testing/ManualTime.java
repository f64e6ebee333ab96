package io.aragora.resilience.testing;

import io.aragora.resilience.spi.Setting;
import io.aragora.resilience.time.TimeDrive;
import io.aragora.resilience.time.TimeDriver;
import io.aragora.resilience.time.TimeSource;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Time that stands still until a test moves it. Give it to a runtime, and everything that the runtime measures, waits for,
 * draws or runs in the background happens inside {@link #advance}, on the thread that calls it:
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
 * the runtimes, runs the tasks of {@link #executor()}, and repeats both until nothing is left; then it wakes the threads
 * whose wait ends there. A task or driver that throws stops neither the others nor the time: the advance finishes, then
 * throws the first failure, with up to eight later ones suppressed. Only one thread may advance at a time, and neither a
 * task nor a driver may call an advance.
 *
 * <p><b>Blocked threads.</b> A blocking wait of another thread really blocks it, until the time has come. {@link
 * #awaitSleepers} lets the test wait until it has come to that, so that no test needs a sleep. An advance wakes threads and
 * does not wait for what they do then. In a test with one thread, {@link #autoAdvance} lets the wait itself move the time.
 *
 * <p><b>Replay.</b> With the same seed, the same calls give the same run, as long as they are asynchronous on {@link
 * #executor()}, or made by one thread with {@link #autoAdvance}. Several blocked threads have no reproducible order.
 *
 * <p>Thread-safe. May serve several runtimes, at most 1,000 at once.
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
   * Creates a time that draws its random numbers from a seed.
   *
   * @param seed any number
   * @return a time that stands still
   */
  public static ManualTime seeded(long seed) {
    return new ManualTime(seed);
  }

  /**
   * Sets what the wall clock showed at the start; jumps that were made before are forgotten.
   *
   * @param start the wall time at which nothing had been advanced yet
   * @return this
   */
  public ManualTime startingAt(Instant start) {
    synchronized (wallLock) {
      wallAtStart = start;
    }
    return this;
  }

  /**
   * Lets a thread that waits move the time to where its wait ends, running what is due on the way, instead of blocking. For
   * tests with a single thread. A wait without a deadline moves the time as long as anything is due, and blocks only then.
   * Off by default. What tasks and drivers throw meanwhile is thrown by the wait.
   *
   * @param enabled whether waits move the time
   * @return this
   */
  public ManualTime autoAdvance(boolean enabled) {
    timeline.autoAdvance(enabled);
    return this;
  }

  /**
   * Pins every random number, so that a test can assert a jittered schedule.
   *
   * @param value what {@link #random} gives from now on, in [0, 1)
   * @return this
   * @throws IllegalArgumentException if the value is outside
   */
  public ManualTime fixedRandom(double value) {
    if (!(value >= 0 && value < 1)) {
      throw new IllegalArgumentException("fixedRandom must be in [0, 1): " + value);
    }
    fixedRandom = OptionalDouble.of(value);
    return this;
  }

  /**
   * Moves the wall clock alone, as an operator or a time server does. {@link #nanoTime()} does not notice.
   *
   * @param jump how far; negative jumps back
   */
  public void jumpWallClock(Duration jump) {
    synchronized (wallLock) {
      wallAtStart = wallAtStart.plus(jump);
    }
  }

  /**
   * Moves the time on and runs everything that becomes due, what was due before included.
   *
   * @param duration how far, from zero to 365 days
   * @throws IllegalArgumentException if the duration is negative or longer
   * @throws IllegalStateException if a thread is advancing already, this one included, or if work at one instant never ends
   */
  public void advance(Duration duration) {
    timeline.advance(Setting.notNegative("advance", duration).toNanos());
  }

  /**
   * Moves the time on to an instant and runs everything that becomes due, what was due before included.
   *
   * @param targetNanos a time of {@link #nanoTime()}, not before now, and before {@link TimeSource#NEVER}
   * @throws IllegalArgumentException if that time has passed, or never comes
   * @throws IllegalStateException if a thread is advancing already, this one included, or if work at one instant never ends
   */
  public void advanceTo(long targetNanos) {
    timeline.advanceTo(targetNanos);
  }

  /**
   * Runs what is due now, and what that brings about, without moving the time.
   *
   * @throws IllegalStateException if a thread is advancing already, this one included, or if this never ends
   */
  public void runPending() {
    advance(Duration.ZERO);
  }

  /**
   * Blocks until this many threads are parked in {@link #parkUntil}, at most 10 seconds of real time.
   *
   * @param count how many threads; more will do
   * @throws IllegalStateException if there are fewer after that, or if the calling thread is interrupted, which stays
   *     interrupted
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
   * Gives the executor whose tasks run inside an advance, on the thread that advances, in the order of their submission.
   *
   * @return the executor; it holds at most 1,000,000 waiting tasks and throws {@link
   *     java.util.concurrent.RejectedExecutionException} at more
   */
  @Override
  public Executor executor() {
    return timeline.tasks();
  }

  /**
   * Registers a driver, which is called at the next advance for the first time.
   *
   * @param name shown in messages
   * @param driver the runtime's side
   * @return the registration
   * @throws IllegalStateException if 1,000 drivers are registered
   */
  @Override
  public TimeDrive drive(String name, TimeDriver driver) {
    return timeline.drive(name, driver);
  }

  /**
   * Blocks the calling thread until the time has come, it is unparked or interrupted; with {@link #autoAdvance}, moves the
   * time instead. Returns at once if the deadline has passed, and never for no reason.
   *
   * @param blocker shown in thread dumps
   * @param deadlineNanos the time of {@link #nanoTime()} to wait for
   * @throws IllegalStateException if a driver waits, or a task does without {@link #autoAdvance}: both run on the thread
   *     that would have to move the time
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
   * Describes the state.
   *
   * @return both clocks
   */
  @Override
  public String toString() {
    return "ManualTime[" + nanoTime() + " ns, " + wallTime() + "]";
  }
}
