package io.aragora.resilience.core.chaos;

import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.DeferredFuture;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.policy.ResilienceClosedException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call that waits in an injected delay.
 *
 * @param <T> the type of the value
 */
final class DelayedFuture<T extends @Nullable Object> extends DeferredFuture<T> implements Delay {
  private final CoreChaos chaos;
  private final long until;

  DelayedFuture(
      CoreChaos chaos,
      long until,
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    super(chaos.dispatcher(), chaos.timer(), context, chain, index, body);
    this.chaos = chaos;
    this.until = until;
  }

  /** Begins the wait, unless chaos has ended meanwhile. */
  void await() {
    arm(until);
  }

  @Override
  public void end() {
    wake();
  }

  @Override
  protected void onWoken() {
    boolean goesOn = endWait();
    chaos.leave(this);
    if (goesOn) {
      handOver();
    }
  }

  @Override
  protected void onEndedHere(Throwable failure) {
    chaos.leave(this);
  }

  @Override
  protected ResilienceClosedException closed() {
    return chaos.closed();
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (claimEnd()) {
      endAs(value, failure);
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    cancelStart();
    chaos.leave(this);
  }
}
