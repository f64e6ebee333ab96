package io.aragora.resilience.core.call;

import io.aragora.resilience.CallObserver;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.retry.RetryEvent;
import io.aragora.resilience.time.TimeSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The chain of one observed call: the links of its policy, and what they did in this call. */
public final class ObservedChain extends PolicyChain {
  private final Observation observation;

  private ObservedChain(
      PolicyChain links, Observation.Source source, CallObserver observer, TimeSource time) {
    super(links);
    this.observation = new Observation(source, observer, time, this);
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
      result = chain.enter(() -> {
        observation.enterBody();
        return body.get();
      });
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
      inner = chain.enterAsync(context, () -> {
        observation.enterBody();
        return body.get();
      });
    } catch (Throwable e) {
      inner = CompletableFuture.failedFuture(e);
    }
    future.observe(inner);
    return future;
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
    observation.exceeded(index);
  }
}
