package io.aragora.resilience.core.chaos;

import io.aragora.resilience.chaos.ChaosConfig.Chance;
import io.aragora.resilience.core.call.InnerCancellation;
import io.aragora.resilience.core.call.PolicyFuture;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call that fails after its body succeeded.
 *
 * @param <T> the type of the value
 */
final class LostFuture<T extends @Nullable Object> extends PolicyFuture<T> {
  private final CoreChaos chaos;
  private final Chance chance;

  /** Whether {@code onLost} received the value. Only the thread on which the inner future ends uses it. */
  private boolean isPassedOn;

  LostFuture(CoreChaos chaos, Chance chance) {
    this.chaos = chaos;
    this.chance = chance;
  }

  void watch(CompletableFuture<T> started) {
    follow(started);
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (claimEnd()) {
      Throwable injected = failure == null ? chaos.failureAfter(chance, value) : failure;
      isPassedOn = failure == null && injected != null && chaos.config().onLost() != null;
      endAs(value, injected);
    }
  }

  @Override
  protected void onValueLost(@Nullable T value, InnerCancellation end) {
    // A policy around may have ended this future while the supplier of the failure ran.
    if (!isPassedOn) {
      super.onValueLost(value, end);
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    // There is nothing to give back.
  }
}
