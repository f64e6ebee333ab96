package io.aragora.resilience.core.admission;

import io.aragora.resilience.core.call.PolicyFuture;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * An asynchronous call that was admitted at once. It gives its permit back once, before it completes itself.
 *
 * @param <T> the type of the value
 */
final class AdmittedFuture<T extends @Nullable Object> extends PolicyFuture<T> {
  private final AdmissionPolicy policy;
  private final long permit;

  AdmittedFuture(AdmissionPolicy policy, long permit) {
    this.policy = policy;
    this.permit = permit;
  }

  void watch(CompletableFuture<T> started) {
    follow(started);
  }

  @Override
  protected void onInnerEnded(@Nullable T value, @Nullable Throwable failure) {
    if (claimEnd()) {
      policy.giveBackAfterFuture(permit, failure, false);
      endAs(value, failure);
    }
  }

  @Override
  protected void onEndedOutside(Throwable cause) {
    if (hasEntered()) {
      policy.giveBackAfterFuture(permit, cause, true);
    } else {
      policy.giveBack(permit);
    }
  }
}
