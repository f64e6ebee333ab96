package io.aragora.resilience.core.call;

import io.aragora.resilience.core.dispatch.ContextCarrier;
import io.aragora.resilience.core.dispatch.Dispatcher;
import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.InterruptibleSupplier;
import io.aragora.resilience.policy.Policy;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A policy of this runtime. A policy is a link of a {@link PolicyChain} and runs the next link by
 * its position; a policy alone is a chain of one link. So a pipeline runs in one pass and allocates
 * nothing between its policies.
 */
public abstract class CorePolicy implements Policy {
  private final String name;

  /**
   * Creates a policy.
   *
   * @param name the name of the policy
   */
  protected CorePolicy(String name) {
    this.name = name;
  }

  /**
   * Runs the rest of the chain inside this link.
   *
   * @param lent the frame of a retry around this link, which may hold the first limit inside it;
   *     null for none
   * @param chain the chain
   * @param index the position of this link
   * @param body the body
   * @param <T> the type of its value
   * @return the value of the body
   * @throws Throwable what the body throws, or an exception of a policy
   */
  protected abstract <T extends @Nullable Object> T proceed(
      @Nullable Frame lent, PolicyChain chain, int index, CheckedSupplier<? extends T, ?> body)
      throws Throwable;

  /**
   * Starts the rest of the chain inside this link.
   *
   * @param context the context of the call at this link
   * @param chain the chain
   * @param index the position of this link
   * @param body the body
   * @param <T> the type of its value
   * @return a future that fails with the body's own exception
   */
  protected abstract <T extends @Nullable Object> CompletableFuture<T> proceedAsync(
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body);

  /**
   * Runs the rest of an observed chain inside this link. Default: as {@link #proceed}.
   *
   * @param observation receives what this policy counts
   * @param lent the frame of a retry around this link, as for {@link #proceed}
   * @param chain the chain
   * @param index the position of this link
   * @param body the body
   * @param <T> the type of its value
   * @return the value of the body
   * @throws Throwable what the body throws, or an exception of a policy
   */
  protected <T extends @Nullable Object> T proceedObserved(
      Observation observation,
      @Nullable Frame lent,
      PolicyChain chain,
      int index,
      CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    return this.<T>proceed(lent, chain, index, body);
  }

  /**
   * Starts the rest of an observed chain inside this link. Default: as {@link #proceedAsync}.
   *
   * @param observation receives what this policy counts
   * @param context the context of the call at this link
   * @param chain the chain
   * @param index the position of this link
   * @param body the body
   * @param <T> the type of its value
   * @return a future that fails with the body's own exception
   */
  protected <T extends @Nullable Object> CompletableFuture<T> proceedObservedAsync(
      Observation observation,
      CapturedContext context,
      PolicyChain chain,
      int index,
      Supplier<? extends CompletionStage<T>> body) {
    return proceedAsync(context, chain, index, body);
  }

  /**
   * Runs this policy around a body.
   *
   * @param body the body
   * @param <T> the type of its value
   * @return the value of the body
   * @throws Throwable what the body throws, or an exception of a policy
   */
  protected <T extends @Nullable Object> T enter(CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    return proceed(null, PolicyChain.alone(), 0, body);
  }

  /**
   * Starts this policy around a body.
   *
   * @param context the context of the caller
   * @param body the body
   * @param <T> the type of its value
   * @return a future that fails with the body's own exception
   */
  protected <T extends @Nullable Object> CompletableFuture<T> enterAsync(
      CapturedContext context, Supplier<? extends CompletionStage<T>> body) {
    return proceedAsync(context, PolicyChain.alone(), 0, body);
  }

  /** {@return whether this policy ends calls that exceed a deadline} */
  protected boolean isLimit() {
    return false;
  }

  /** {@return whether this policy never does anything, so that pipelines leave it out} */
  public boolean isLeftOut() {
    return false;
  }

  /**
   * Returns whether this policy would reject a call at a time, unless it is changed by hand until
   * then.
   *
   * @param nanos a time of the runtime's time source
   * @return whether it certainly would
   */
  public boolean rejectsAt(long nanos) {
    return false;
  }

  /**
   * Returns whether a hedge around this policy may start a further attempt now. A policy that tests its dependency with few
   * calls admits none.
   *
   * @return whether it may
   */
  public boolean admitsHedges() {
    return true;
  }

  /** {@return what this policy does, on which warnings about its place in a pipeline depend} */
  public PolicyRole role() {
    return PolicyRole.OTHER;
  }

  /** {@return the longest time for which a call waits until this policy admits it; zero if it never waits} */
  public Duration maxWait() {
    return Duration.ZERO;
  }

  /** {@return the dispatcher of the runtime; null for a policy that belongs to no runtime} */
  protected @Nullable Dispatcher dispatcher() {
    return null;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  @SuppressWarnings("unchecked") // what the body throws is X; ours are unchecked
  public final <T extends @Nullable Object, X extends Throwable> T call(
      CheckedSupplier<? extends T, X> body) throws X {
    Objects.requireNonNull(body, "body");
    try {
      return this.<T>enter(body);
    } catch (Throwable e) {
      throw (X) e;
    }
  }

  @Override
  @SuppressWarnings("unchecked") // as above
  public final <T extends @Nullable Object, X extends Throwable> T callInterruptibly(
      InterruptibleSupplier<? extends T, X> body) throws X, InterruptedException {
    Objects.requireNonNull(body, "body");
    try {
      return this.<T>enter(body::get);
    } catch (CallInterruptedException e) {
      Thread.interrupted();
      InterruptedException interrupted = new InterruptedException(e.getMessage());
      interrupted.initCause(e);
      throw interrupted;
    } catch (Throwable e) {
      throw (X) e;
    }
  }

  @Override
  public final <T extends @Nullable Object> CompletableFuture<T> callAsync(
      Supplier<? extends CompletionStage<T>> body) {
    Objects.requireNonNull(body, "body");
    try {
      return enterAsync(CapturedContext.ofThread(), body);
    } catch (Throwable e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  @Override
  public final <T extends @Nullable Object> CompletableFuture<T> submit(
      CheckedSupplier<? extends T, ?> body, Executor executor) {
    Objects.requireNonNull(body, "body");
    Objects.requireNonNull(executor, "executor");
    Dispatcher dispatcher = dispatcher();
    if (dispatcher == null) {
      return Policy.super.submit(body, executor);
    }
    ContextCarrier.Carried carried = dispatcher.carrier().capture();
    CheckedSupplier<? extends T, ?> inContext = carried == null ? body : () -> carried.call(body);
    Executor watched = dispatcher.watched(executor);
    CapturedContext around = CapturedContext.ofThread();
    if (around.time() != null) {
      return Policy.super.submit(inContext, watched);
    }
    // Breakers alone give their bodies no context, and this one may ask whether its call was
    // cancelled.
    return CapturedContext.beginning(dispatcher.time())
        .call(() -> Policy.super.<T>submit(inContext, watched));
  }

  @Override
  public String toString() {
    return name();
  }
}
