package io.aragora.resilience.core.call;

import io.aragora.resilience.CheckedSupplier;
import io.aragora.resilience.Policy;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A link that runs somebody else's policy. */
public final class ForeignPolicy extends CorePolicy {
  private final Policy policy;

  /**
   * Makes a link.
   *
   * @param policy somebody else's policy
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
      future.watch(Objects.requireNonNull(given, "an asynchronous policy gave null, not a future"));
    } catch (Throwable e) {
      future.completeExceptionally(e);
    }
    return future;
  }
}
