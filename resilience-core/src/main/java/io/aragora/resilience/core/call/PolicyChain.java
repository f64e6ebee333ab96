package io.aragora.resilience.core.call;

import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.retry.RetryEvent;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Policies around a body, the outermost first. Immutable. */
public class PolicyChain {
  /**
   * The chain of every policy that stands alone. The policy is at position 0, and the chain holds no
   * link, so that all of them share it.
   */
  private static final PolicyChain ALONE = new PolicyChain(new CorePolicy[0], 0, 1, null);

  private final CorePolicy[] links;

  /** The position of the innermost policy. */
  private final int last;

  private final int firstLimit;

  /** For further attempts and late completions; null for those of the policies. */
  private final @Nullable Executor executor;

  /**
   * Creates a chain.
   *
   * @param links the policies, the outermost first; not copied
   */
  public PolicyChain(CorePolicy... links) {
    this(links, links.length - 1, firstLimit(links), null);
  }

  /** Creates a chain with the links of another one. */
  PolicyChain(PolicyChain other) {
    this(other, other.executor);
  }

  /**
   * Creates a chain with the links of another one.
   *
   * @param other the other chain
   * @param executor runs further attempts and late completions; null for the executors of the policies
   */
  public PolicyChain(PolicyChain other, @Nullable Executor executor) {
    this(other.links, other.last, other.firstLimit, executor);
  }

  private PolicyChain(CorePolicy[] links, int last, int firstLimit, @Nullable Executor executor) {
    this.links = links;
    this.last = last;
    this.firstLimit = firstLimit;
    this.executor = executor;
  }

  /** {@return the executor for further attempts and late completions; null for those of the policies} */
  public final @Nullable Executor executor() {
    return executor;
  }

  private static int firstLimit(CorePolicy[] links) {
    int first = 0;
    while (first < links.length && !links[first].isLimit()) {
      first++;
    }
    return first;
  }

  /** {@return the chain of a policy that stands alone, at position 0; it holds no link} */
  public static PolicyChain alone() {
    return ALONE;
  }

  /**
   * Runs the chain around a body.
   *
   * @param body the body
   * @param <T> the type of its value
   * @return the value of the body
   * @throws Throwable what the chain throws
   */
  public final <T extends @Nullable Object> T enter(CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    return links[0].proceed(null, this, 0, body);
  }

  /**
   * Starts the chain around a body.
   *
   * @param context the context of the call
   * @param body the body
   * @param <T> the type of its value
   * @return the future of the call, never null; a failure is returned in it and never thrown
   */
  public final <T extends @Nullable Object> CompletableFuture<T> enterAsync(
      CapturedContext context, Supplier<? extends CompletionStage<T>> body) {
    return links[0].proceedAsync(context, this, 0, body);
  }

  /**
   * Runs what is inside a link.
   *
   * @param lent the frame of a retry around this link, which may hold a limit; null for none
   * @param index the position of the link
   * @param body the body
   * @param <T> the type of its value
   * @return the value of the body
   * @throws Throwable what the inner links throw
   */
  public final <T extends @Nullable Object> T inside(
      @Nullable Frame lent, int index, CheckedSupplier<? extends T, ?> body) throws Throwable {
    if (index == last) {
      return body.get();
    }
    int next = index + 1;
    return links[next].<T>proceed(lent, this, next, body);
  }

  /**
   * Starts what is inside a link.
   *
   * @param context the context of the call at this link
   * @param index the position of the link
   * @param body the body
   * @param <T> the type of its value
   * @return the future of the call, never null; a failure is returned in it and never thrown
   */
  public final <T extends @Nullable Object> CompletableFuture<T> insideAsync(
      CapturedContext context, int index, Supplier<? extends CompletionStage<T>> body) {
    if (index == last) {
      return context.start(body);
    }
    int next = index + 1;
    try {
      return links[next].proceedAsync(context, this, next, body);
    } catch (Throwable e) {
      // The stack is short, or the heap is full. The links around this one must still end.
      return CompletableFuture.failedFuture(e);
    }
  }

  /**
   * Returns whether a timeout stands around a link.
   *
   * @param index the position of the link
   * @return whether one does
   */
  public final boolean isLimitedBefore(int index) {
    return firstLimit < index;
  }

  /**
   * Returns a link.
   *
   * @param index its position
   * @return the policy at that position
   */
  public final CorePolicy link(int index) {
    return links[index];
  }

  /** {@return the number of links that the chain holds} */
  public final int length() {
    return links.length;
  }

  /**
   * Called if a retry waits for a further attempt. Does nothing unless the call is observed.
   *
   * @param index the position of the retry
   * @param attempt the number of the attempt that ended
   * @param delayNanos the delay
   * @param failure its failure; null if the retry rejected its result
   */
  public void onRetry(int index, int attempt, long delayNanos, @Nullable Throwable failure) {}

  /**
   * Called if a retry would make a further attempt, and cannot. Does nothing unless the call is observed.
   *
   * @param index the position of the retry
   * @param attempt the number of the last attempt
   * @param why the reason
   */
  public void onGivenUp(int index, int attempt, RetryEvent.Kind why) {}

  /**
   * Called if a retry makes no further attempt because of the failure. Does nothing unless the call is observed.
   *
   * @param index the position of the retry
   * @param attempt the number of the attempt that failed
   * @param failure its failure
   */
  public void onNotRetried(int index, int attempt, Throwable failure) {}

  /**
   * Called before a hedge runs the body beside the attempts under way. Does nothing unless the call is observed.
   *
   * @param index the position of the hedge
   * @param number the number of the hedge in its call, 1 for the first
   */
  public void onHedge(int index, int number) {}

  /**
   * Called if a timeout ends a call. Does nothing unless the call is observed.
   *
   * @param index the position of the timeout
   */
  public void onExceeded(int index) {}
}
