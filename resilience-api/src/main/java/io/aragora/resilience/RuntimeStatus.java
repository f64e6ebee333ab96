package io.aragora.resilience;

import io.aragora.resilience.fallback.FallbackTotals;
import io.aragora.resilience.persistence.StateStoreStatus;
import io.aragora.resilience.time.TimerTotals;
import java.util.Collection;
import java.util.Map;

/** The state of a runtime. A view that follows the runtime; each method takes a new reading. Thread-safe. */
public interface RuntimeStatus {
  /** {@return the status of the state store} */
  StateStoreStatus stateStore();

  /** {@return the totals of the timer since the runtime was created, which show how punctual it is} */
  TimerTotals timer();

  /**
   * Returns the load of each group of threads.
   *
   * @return one reading for each group; the timer's alone if the time source brings its own executor
   */
  Collection<ThreadLoad> threads();

  /**
   * Returns the totals of fallbacks by the name of their pipeline. Pipelines with the same name share their totals.
   *
   * @return an immutable copy
   */
  Map<String, FallbackTotals> fallbacks();
}
