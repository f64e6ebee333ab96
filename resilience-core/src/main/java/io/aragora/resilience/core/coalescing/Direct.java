package io.aragora.resilience.core.coalescing;

import io.aragora.resilience.core.call.CapturedContext;
import io.aragora.resilience.core.call.CorePolicy;
import io.aragora.resilience.core.call.Frame;
import io.aragora.resilience.core.call.PolicyChain;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.policy.CheckedSupplier;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The policy of a call that has none: runs the body and does nothing else. */
final class Direct extends CorePolicy {
  private final Dispatcher dispatcher;

  Direct(String name, Dispatcher dispatcher) {
    super(name);
    this.dispatcher = dispatcher;
  }

  @Override
  protected <T extends @Nullable Object> T proceed(
      @Nullable Frame lent, PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    return chain.<T>inside(lent, index, body);
  }

  @Override
  protected <T extends @Nullable Object> CompletableFuture<T> proceedAsync(
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    return chain.insideAsync(context, index, body);
  }

  @Override
  protected Dispatcher dispatcher() {
    return dispatcher;
  }
}
