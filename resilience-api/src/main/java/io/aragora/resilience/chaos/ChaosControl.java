package io.aragora.resilience.chaos;

import io.aragora.resilience.policy.ResilienceClosedException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * Starts and stops the chaos of a runtime, for all its {@link Chaos} policies together.
 *
 * <p>Chaos must be enabled for the process: {@code resilience.chaos.enabled=true} as a system property, as the environment
 * variable {@code ARAGORA_CHAOS_ENABLED}, or as a {@link io.aragora.resilience.ResilienceBuilder#property} of the builder. A
 * file of settings cannot enable it, since an artifact may contain the file. The setting is read once, when the runtime is
 * built. Thread-safe.
 */
public interface ChaosControl {
  /**
   * Starts chaos, or sets another end if it is active. It ends by itself.
   *
   * @param length how long chaos is active from now; positive, at most {@link #maxDuration()}
   * @throws IllegalArgumentException if {@code length} is not positive or exceeds {@link #maxDuration()}
   * @throws IllegalStateException if chaos is not enabled for the process
   * @throws ResilienceClosedException if the runtime is closed
   */
  void start(Duration length);

  /**
   * Stops chaos. When this method returns, chaos is over: no injection begins, so the {@linkplain ChaosTotals#injections()
   * number of injections} of every policy stays as it is, and the wait of each delayed call has ended. An injection
   * that had begun before is not undone: its failure may still come out, and its action may still run. Does nothing if chaos is
   * not active.
   */
  void stop();

  /** {@return whether chaos is enabled and active} */
  ChaosState state();

  /** {@return the time of day at which chaos ends by itself; empty if it is not active} */
  Optional<Instant> activeUntil();

  /** {@return the longest time for which chaos may be started: {@code resilience.chaos.maxDuration}, 1 hour by default} */
  Duration maxDuration();
}
