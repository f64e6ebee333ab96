package io.aragora.resilience.core.call;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The chain of one observed call: the links of its policy, and how far the call has come in them. Each attempt of a hedge has its own,
 * since two of them run at a time. The steps of one follow each other, on one thread or on several.
 */
public final class ObservedChain extends PolicyChain {
  private final Observation observation;

  /** By the position of a retry; the number of its attempts. */
  private final int[] attempts;

  /** By the position of a timeout; whether it ended the attempt. */
  private final boolean[] exceeded;

  /** The innermost position that the attempt has reached; {@link #length} is the body. */
  private int reached;

  /** Whether a hedge divides this call into attempts with their own chains. */
  private final boolean isDivided;

  private ObservedChain(
      PolicyChain links, Observation.Source source, CallObserver observer, TimeSource time) {
    super(links);
    this.observation = new Observation(source, observer, time, this);
    this.attempts = new int[length()];
    this.exceeded = new boolean[length()];
    this.isDivided = hasHedgeAround();
  }

  /** Returns whether a hedge stands around another policy. */
  private boolean hasHedgeAround() {
    for (int i = 0; i < length() - 1; i++) {
      if (link(i).role() == PolicyRole.HEDGE) {
        return true;
      }
    }
    return false;
  }

  /** Creates the chain of one attempt of a hedge. */
  private ObservedChain(ObservedChain call) {
    super(call);
    this.observation = call.observation;
    this.attempts = new int[length()];
    this.exceeded = new boolean[length()];
    this.isDivided = false;
  }

  /** Returns the chain for what begins at a position: another one if that is an attempt of a hedge. */
  ObservedChain attemptAt(int index) {
    return index > 0 && link(index - 1).role() == PolicyRole.HEDGE ? new ObservedChain(this) : this;
  }

  /** Called when the attempt reaches a position. */
  void enter(int index) {
    reached = index;
    int around = index - 1;
    if (around >= 0 && link(around).role() == PolicyRole.RETRY) {
      observation.attempt(around, ++attempts[around]);
    }
    if (index < attempts.length) {
      attempts[index] = 0;
      exceeded[index] = false;
    }
  }

  /** Called when a policy that may reject calls failed one. If its inside was not entered, it rejected the call. */
  void failed(int index, Throwable failure) {
    if (reached == index) {
      observation.rejected(index, failure);
    }
  }

  void timed(int index, long since, @Nullable Throwable failure) {
    observation.timed(index, since, exceeded[index], failure);
  }

  /**
   * Creates the links of the observed calls of a policy.
   *
   * @param policies the policies, the outermost first
   * @return the links, which are not run themselves
   */
  public static PolicyChain links(CorePolicy... policies) {
    CorePolicy[] links = new CorePolicy[policies.length];
    for (int i = 0; i < links.length; i++) {
      links[i] = ObservedLink.of(policies[i]);
    }
    return new PolicyChain(links);
  }

  /**
   * Runs an observed call.
   *
   * @param links the links, of {@link #links}
   * @param source logs what the observer throws
   * @param observer the observer of this call
   * @param time the time source
   * @param body the body
   * @param <T> the type of its value
   * @return the value of the body
   * @throws Throwable what the chain throws
   */
  public static <T extends @Nullable Object> T run(
      PolicyChain links,
      Observation.Source source,
      CallObserver observer,
      TimeSource time,
      CheckedSupplier<? extends T, ?> body)
      throws Throwable {
    ObservedChain chain = new ObservedChain(links, source, observer, time);
    Observation observation = chain.observation;
    T result;
    try {
      result = chain.enter(chain.entered(() -> {
        observation.bodyEntered();
        return body.get();
      }));
    } catch (Throwable e) {
      observation.endOnThread(e);
      throw e;
    }
    observation.endOnThread(null);
    return result;
  }

  /**
   * Starts an observed call.
   *
   * @param links the links, of {@link #links}
   * @param source logs what the observer throws
   * @param observer the observer of this call
   * @param time the time source
   * @param context the context of the caller
   * @param body the body
   * @param <T> the type of its value
   * @return the future of the call
   */
  public static <T extends @Nullable Object> CompletableFuture<T> start(
      PolicyChain links,
      Observation.Source source,
      CallObserver observer,
      TimeSource time,
      CapturedContext context,
      Supplier<? extends CompletionStage<T>> body) {
    ObservedChain chain = new ObservedChain(links, source, observer, time);
    Observation observation = chain.observation;
    ObservedFuture<T> future = new ObservedFuture<>(observation);
    CompletableFuture<T> inner;
    try {
      inner = chain.enterAsync(context, chain.enteredAsync(() -> {
        observation.bodyEntered();
        return body.get();
      }));
    } catch (Throwable e) {
      inner = CompletableFuture.failedFuture(e);
    }
    future.observe(inner);
    return future;
  }

  /** Returns a body that notes that this attempt has reached it. If attempts have their own chains, those note it. */
  <T extends @Nullable Object> CheckedSupplier<T, Throwable> entered(
      CheckedSupplier<? extends T, ?> body) {
    return () -> {
      enterBody();
      return body.get();
    };
  }

  private void enterBody() {
    if (!isDivided) {
      enter(length());
    }
  }

  /** Returns the body of an asynchronous call, as {@link #entered} does. */
  <T extends @Nullable Object> Supplier<? extends CompletionStage<T>> enteredAsync(
      Supplier<? extends CompletionStage<T>> body) {
    return () -> {
      enterBody();
      return body.get();
    };
  }

  Observation observation() {
    return observation;
  }

  @Override
  public void onRetry(int index, int attempt, long delayNanos, @Nullable Throwable failure) {
    observation.retried(index, attempt, delayNanos, failure);
  }

  @Override
  public void onGivenUp(int index, int attempt, RetryEvent.Kind why) {
    observation.givenUp(index, attempt, why);
  }

  @Override
  public void onNotRetried(int index, int attempt, Throwable failure) {
    observation.notRetried(index, attempt, failure);
  }

  @Override
  public void onHedge(int index, int number) {
    observation.hedged(index, number);
  }

  @Override
  public void onExceeded(int index) {
    exceeded[index] = true;
  }
}
