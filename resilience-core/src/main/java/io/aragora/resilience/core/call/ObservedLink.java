package io.aragora.resilience.core.call;

import io.aragora.resilience.circuitbreaker.CircuitBreaker;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.retry.Retry;
import io.aragora.resilience.timeout.Timeout;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A link of an observed chain: runs a policy, and passes on what it did. */
final class ObservedLink extends CorePolicy {
  /** What an observer is told of a policy. */
  private enum Kind {
    BREAKER,
    RETRY,
    TIMEOUT,
    OTHER
  }

  private final CorePolicy policy;
  private final Kind kind;

  private ObservedLink(CorePolicy policy, Kind kind) {
    super(policy.name());
    this.policy = policy;
    this.kind = kind;
  }

  static ObservedLink of(CorePolicy policy) {
    return new ObservedLink(policy, kind(policy));
  }

  private static Kind kind(Policy policy) {
    if (policy instanceof CircuitBreaker) {
      return Kind.BREAKER;
    }
    if (policy instanceof Retry) {
      return Kind.RETRY;
    }
    return policy instanceof Timeout ? Kind.TIMEOUT : Kind.OTHER;
  }

  boolean isRetry() {
    return kind == Kind.RETRY;
  }

  @Override
  protected <T extends @Nullable Object> T proceed(
      @Nullable Frame lent, PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    Observation observation = ((ObservedChain) chain).observation();
    observation.enter(index);
    long since = kind == Kind.TIMEOUT ? observation.nanoTime() : 0;
    T result;
    try {
      result = policy.<T>proceedObserved(observation, lent, chain, index, body);
    } catch (Throwable e) {
      left(observation, index, since, e);
      throw e;
    }
    left(observation, index, since, null);
    return result;
  }

  private void left(Observation observation, int index, long since, @Nullable Throwable failure) {
    if (kind == Kind.TIMEOUT) {
      observation.timed(index, since, failure);
    } else if (kind == Kind.BREAKER && failure != null) {
      observation.failed(index, failure);
    }
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the callback reports
  protected <T extends @Nullable Object> CompletableFuture<T> proceedAsync(
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    Observation observation = ((ObservedChain) chain).observation();
    observation.enter(index);
    long since = kind == Kind.TIMEOUT ? observation.nanoTime() : 0;
    CompletableFuture<T> inner =
        policy.proceedObservedAsync(observation, context, chain, index, body);
    if (kind == Kind.TIMEOUT) {
      ObservedFuture<T> future = new ObservedFuture<>(observation, index, since);
      future.observe(inner);
      return future;
    }
    if (kind == Kind.BREAKER && inner.isCompletedExceptionally()) {
      // A rejection ends the call before this method returns.
      inner.handle((value, failure) -> {
        if (failure != null) {
          observation.failed(index, Failures.unwrap(failure));
        }
        return null;
      });
    }
    return inner;
  }

  @Override
  protected boolean isLimit() {
    return policy.isLimit();
  }

  @Override
  public boolean refusesAt(long nanos) {
    return policy.refusesAt(nanos);
  }

  @Override
  protected @Nullable Dispatcher dispatcher() {
    return policy.dispatcher();
  }

  @Override
  public String toString() {
    return policy.toString();
  }
}
