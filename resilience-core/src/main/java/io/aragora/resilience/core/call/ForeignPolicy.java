package io.aragora.resilience.core.call;

import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A link that runs a policy of the application. */
public final class ForeignPolicy extends CorePolicy {
  private final Policy policy;

  /**
   * Creates a link.
   *
   * @param policy the policy of the application
   */
  public ForeignPolicy(Policy policy) {
    super(policy.name());
    this.policy = policy;
  }

  @Override
  protected <T extends @Nullable Object> T proceed(
      @Nullable Frame lent, PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    return policy.<T, Throwable>call(() -> chain.<T>inside(null, index, body));
  }

  @Override
  protected <T extends @Nullable Object> CompletableFuture<T> proceedAsync(
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    ForeignFuture<T> future = new ForeignFuture<>();
    try {
      CompletableFuture<T> given =
          policy.callAsync(() -> future.startInside(() -> chain.insideAsync(context, index, body)));
      future.watch(Objects.requireNonNull(given, "the policy returned null, not a future"));
    } catch (Throwable e) {
      future.completeExceptionally(e);
    }
    return future;
  }
}
