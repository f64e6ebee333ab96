package io.aragora.resilience.core.call;

import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.policy.CallRejectedException;
import io.aragora.resilience.policy.CheckedSupplier;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A link of an observed chain: runs a policy, and passes on what it did. */
final class ObservedLink extends CorePolicy {
  private final CorePolicy policy;
  private final PolicyRole role;

  private ObservedLink(CorePolicy policy) {
    super(policy.name());
    this.policy = policy;
    this.role = policy.role();
  }

  static ObservedLink of(CorePolicy policy) {
    return new ObservedLink(policy);
  }

  @Override
  public PolicyRole role() {
    return role;
  }

  @Override
  protected <T extends @Nullable Object> T proceed(
      @Nullable Frame lent, PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    ObservedChain own = ((ObservedChain) chain).attemptAt(index);
    Observation observation = own.observation();
    own.enter(index);
    long since = role == PolicyRole.TIMEOUT ? observation.nanoTime() : 0;
    T result;
    try {
      result = policy.<T>proceedObserved(
          observation, lent, own, index, own == chain ? body : own.<T>entered(body));
    } catch (Throwable e) {
      left(own, index, since, e);
      throw e;
    }
    left(own, index, since, null);
    return result;
  }

  /** Passes on what became of a call that left the policy. */
  void left(ObservedChain own, int index, long since, @Nullable Throwable failure) {
    if (role == PolicyRole.TIMEOUT) {
      own.timed(index, since, failure);
    } else if (failure != null && mayBeRejection(failure)) {
      own.failed(index, failure);
    }
  }

  /** The application may map the rejection of a breaker to any exception. */
  private boolean mayBeRejection(Throwable failure) {
    return role == PolicyRole.CIRCUIT_BREAKER
        || (role.isAdmission() && failure instanceof CallRejectedException);
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // the callback reports
  protected <T extends @Nullable Object> CompletableFuture<T> proceedAsync(
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    ObservedChain own = ((ObservedChain) chain).attemptAt(index);
    Observation observation = own.observation();
    own.enter(index);
    long since = role == PolicyRole.TIMEOUT ? observation.nanoTime() : 0;
    CompletableFuture<T> inner = policy.proceedObservedAsync(
        observation, context, own, index, own == chain ? body : own.enteredAsync(body));
    if (role == PolicyRole.TIMEOUT || (role.isAdmission() && !inner.isDone())) {
      ObservedFuture<T> future = new ObservedFuture<>(own, this, index, since);
      future.observe(inner);
      return future;
    }
    if (inner.isCompletedExceptionally()) {
      // A rejection ends the call before this method returns, unless the call waited.
      inner.handle((value, failure) -> {
        left(own, index, since, failure == null ? null : Failures.unwrap(failure));
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
  public boolean rejectsAt(long nanos) {
    return policy.rejectsAt(nanos);
  }

  @Override
  public boolean admitsHedges() {
    return policy.admitsHedges();
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
