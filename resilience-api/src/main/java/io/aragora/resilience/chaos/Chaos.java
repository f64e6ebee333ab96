package io.aragora.resilience.chaos;

import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.Subscription;
import java.util.function.Consumer;

/**
 * Injects failures and delays into a share of the calls, to show what the policies around do. Stands innermost in a pipeline.
 *
 * <pre>{@code
 * Chaos chaos = resilience.chaos("payments", ChaosConfig.builder()
 *     .fail(2, () -> new ConnectException("chaos"))
 *     .delay(5, ofMillis(300), ofSeconds(2))
 *     .build());
 * }</pre>
 *
 * <p>Does nothing until two things were done: the process says {@code resilience.chaos.enabled=true}, and {@link
 * ChaosControl#start} was called. If the process does not say so, a pipeline leaves its chaos out. Thread-safe.
 */
public interface Chaos extends Policy {
  /** {@return the config} */
  ChaosConfig config();

  /**
   * Returns the factor by which the chances of the config are multiplied: {@code resilience.chaos.<name>.scale}, which is set
   * outside the code.
   *
   * @return in [0, 1]; 1 if it is not set
   */
  double scale();

  /** {@return the totals} */
  ChaosTotals totals();

  /**
   * Subscribes to what is injected, and to the start and the end of chaos in the runtime.
   *
   * @param listener receives events in the background; its first exception is logged
   * @return ends the subscription when closed
   */
  Subscription subscribe(Consumer<? super ChaosEvent> listener);
}
