package io.aragora.resilience.core.call;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call that is observed, or its part inside a timeout. The observer is told of the end before the future
 * ends, so the caller sees what the observer did.
 *
 * @param <T> the type of the value
 */
final class ObservedFuture<T extends @Nullable Object> extends PolicyFuture<T> {
  private final Observation observation;

  /** What the link belongs to; null for a whole call. */
  private final @Nullable ObservedChain chain;

  /** The link of a policy; null for a whole call. */
  private final @Nullable ObservedLink link;

  private final int index;
  private final long since;

  /** Creates the future of a whole call. */
  ObservedFuture(Observation observation) {
    this.observation = observation;
    this.chain = null;
    this.link = null;
    this.index = 0;
    this.since = 0;
  }

  /**
   * Creates the future of a call inside a policy.
   *
   * @param chain the attempt
   * @param link the link of the policy
   * @param index its position
   * @param since the time at which a timeout was entered
   */
  ObservedFuture(ObservedChain chain, ObservedLink link, int index, long since) {
    this.observation = chain.observation();
    this.chain = chain;
    this.link = link;
    this.index = index;
    this.since = since;
  }

  void observe(CompletableFuture<T> inner) {
    follow(inner);
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (claimEnd()) {
      pass(failure);
      endAs(value, failure);
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    pass(cause);
  }

  private void pass(@Nullable Throwable failure) {
    if (link == null || chain == null) {
      observation.endFuture(failure);
    } else {
      link.left(chain, index, since, failure);
    }
  }
}
