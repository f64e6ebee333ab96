package io.aragora.resilience;

import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.Policy;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/**
 * The policies that annotations declare for one method: what {@link Resilience#proxy(Class, Object)} computes, for code that
 * intercepts calls by other means. It serves the calls of all targets of its class.
 *
 * <p>Thread-safe. Reading annotations is slow, so keep the object beside the method.
 */
public interface MethodPolicy {
  /** {@return the method} */
  Method method();

  /** {@return the only policy of the method, or a pipeline of its policies; without the fallback} */
  Policy policy();

  /** {@return whether the method returns a stage, whose completion ends the call} */
  boolean isAsync();

  /** {@return whether {@link io.aragora.resilience.annotation.WithFallback} stands on the method} */
  boolean hasFallback();

  /**
   * Calls the fallback of the method alone, for code that calls {@link #policy()} by itself because the method returns
   * something whose end the runtime does not see, such as a publisher.
   *
   * @param target the object whose method was called; the fallback is a method of it
   * @param args the arguments of the call
   * @param failure how the call ended
   * @return what the fallback returns
   * @throws Throwable {@code failure} itself if the method has no fallback for it, or if the caller cancelled the call; else what
   *     the fallback throws
   */
  @Nullable
  Object fallback(Object target, @Nullable Object[] args, Throwable failure) throws Throwable;

  /**
   * Calls a body through the policies and the fallback of the method.
   *
   * @param target the object whose method is called; the fallback is a method of it
   * @param args the arguments of the call, for the fallback
   * @param body runs the method; must return a stage if {@link #isAsync()}
   * @return the value of the body or of the fallback; a {@link java.util.concurrent.CompletableFuture} if {@link #isAsync()}
   * @throws Throwable what the body throws, or a policy; never if {@link #isAsync()}
   */
  default @Nullable Object call(
      Object target, @Nullable Object[] args, CheckedSupplier<? extends @Nullable Object, ?> body)
      throws Throwable {
    return call(target, args, body, null);
  }

  /**
   * Calls a body through the policies and the fallback of the method, and lets an observer follow the call.
   *
   * @param target the object whose method is called; the fallback is a method of it
   * @param args the arguments of the call, for the fallback
   * @param body runs the method; must return a stage if {@link #isAsync()}
   * @param observer follows this call; null for none
   * @return the value of the body or of the fallback; a {@link java.util.concurrent.CompletableFuture} if {@link #isAsync()}
   * @throws Throwable what the body throws, or a policy; never if {@link #isAsync()}
   */
  @Nullable
  Object call(
      Object target,
      @Nullable Object[] args,
      CheckedSupplier<? extends @Nullable Object, ?> body,
      @Nullable CallObserver observer)
      throws Throwable;
}
