package io.aragora.resilience.coalescing;

import io.aragora.resilience.policy.CallInterruptedException;
import io.aragora.resilience.policy.CheckedSupplier;
import io.aragora.resilience.policy.InterruptibleSupplier;
import io.aragora.resilience.policy.Policy;
import io.aragora.resilience.policy.ResilienceClosedException;
import io.aragora.resilience.policy.Subscription;
import io.aragora.resilience.timeout.TimeoutExceededException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets concurrent calls for one key share one call. The first call for a key leads: it runs its body. Calls for the same key that
 * come before the body ends join, and all receive the same result, or the same failure. Then the key is free, and the next call
 * runs its body again: a coalescer is no cache.
 *
 * <pre>{@code
 * Coalescer<String, Price> prices = resilience.coalescer("prices", CoalescerConfig.<String, Price>builder()
 *     .staleIfError(ResultCache.of(map), Duration.ofMinutes(10))
 *     .build());
 * Price price = prices.call("apples", pipeline, () -> client.price("apples"));
 * }</pre>
 *
 * <p>Each call may leave alone. A call that joined leaves if its deadline passes, if its thread is interrupted, or if its future is
 * completed from outside; the others go on. If the leading call is interrupted or cancelled, or its deadline passes, its own call
 * ends so, and the first call that joined runs its own body, on its own thread or on the executor for attempts. If every call has
 * left, the key is free. The calls of a key are therefore interchangeable: give all of them the same body and the same policy.
 *
 * <p>It is not a {@link Policy}, since it knows the key and the type of the results: it stands around a policy, usually a
 * pipeline, which the leading call alone passes through.
 *
 * <p>Synchronous and asynchronous calls of one key share. A body that calls the coalescer with its own key on its own thread would
 * wait for itself: that call fails with an {@link IllegalStateException}.
 *
 * <p>After {@link io.aragora.resilience.Resilience#close()}, a call still runs its body; a call that would have to wait for
 * another thread fails with {@link ResilienceClosedException}. Thread-safe.
 *
 * @param <K> the type of the keys, whose {@code equals} and {@code hashCode} say which calls are the same. They must not block: like
 *     those of each key of a {@link java.util.concurrent.ConcurrentHashMap}, they hold up calls with some other keys
 * @param <V> the type of the results
 */
public interface Coalescer<K, V extends @Nullable Object> {
  /** {@return the name in errors, events and metrics} */
  String name();

  /** {@return the config} */
  CoalescerConfig<K, V> config();

  /**
   * Runs a body on the calling thread, or waits for the call of the same key that is under way.
   *
   * @param key the key; what its {@code hashCode} or {@code equals} throws reaches the caller
   * @param body runs if this call leads
   * @param <X> the exception of the body
   * @return its value, or that of the call that led
   * @throws X if the body of the call that led fails, and no stored result stands in
   * @throws CallInterruptedException if the wait was interrupted
   * @throws TimeoutExceededException if the deadline around this call ended its wait
   * @throws ResilienceClosedException if the runtime was closed during the wait
   * @throws IllegalStateException if the thread is inside the body of the same key
   */
  <X extends Throwable> V call(K key, CheckedSupplier<? extends V, X> body) throws X;

  /**
   * Runs a body through a policy on the calling thread, or waits for the call of the same key that is under way.
   *
   * @param key the key; what its {@code hashCode} or {@code equals} throws reaches the caller
   * @param policy stands around the body, if this call leads
   * @param body runs if this call leads
   * @param <X> the exception of the body
   * @return its value, or that of the call that led
   * @throws X if the body of the call that led fails, and no stored result stands in
   * @throws CallInterruptedException if the wait was interrupted
   * @throws TimeoutExceededException if the deadline around this call ended its wait
   * @throws ResilienceClosedException if the runtime was closed during the wait
   * @throws IllegalStateException if the thread is inside the body of the same key
   */
  <X extends Throwable> V call(K key, Policy policy, CheckedSupplier<? extends V, X> body) throws X;

  /**
   * Runs a body that may be interrupted, as {@link #call(Object, Policy, CheckedSupplier)} does.
   *
   * @param key the key; what its {@code hashCode} or {@code equals} throws reaches the caller
   * @param policy stands around the body, if this call leads
   * @param body runs if this call leads
   * @param <X> the exception of the body besides {@link InterruptedException}
   * @return its value, or that of the call that led
   * @throws X if the body of the call that led fails, and no stored result stands in
   * @throws InterruptedException if the body threw it, or if the wait was interrupted; the flag is then clear
   * @throws TimeoutExceededException if the deadline around this call ended its wait
   * @throws ResilienceClosedException if the runtime was closed during the wait
   * @throws IllegalStateException if the thread is inside the body of the same key
   */
  <X extends Throwable> V callInterruptibly(
      K key, Policy policy, InterruptibleSupplier<? extends V, X> body)
      throws X, InterruptedException;

  /**
   * Runs a body that may be interrupted, as {@link #call(Object, CheckedSupplier)} does.
   *
   * @param key the key; what its {@code hashCode} or {@code equals} throws reaches the caller
   * @param body runs if this call leads
   * @param <X> the exception of the body besides {@link InterruptedException}
   * @return its value, or that of the call that led
   * @throws X if the body of the call that led fails, and no stored result stands in
   * @throws InterruptedException if the body threw it, or if the wait was interrupted; the flag is then clear
   * @throws TimeoutExceededException if the deadline around this call ended its wait
   * @throws ResilienceClosedException if the runtime was closed during the wait
   * @throws IllegalStateException if the thread is inside the body of the same key
   */
  <X extends Throwable> V callInterruptibly(K key, InterruptibleSupplier<? extends V, X> body)
      throws X, InterruptedException;

  /**
   * Starts an asynchronous body, or joins the call of the same key that is under way. Never blocks.
   *
   * @param key the key; if its {@code hashCode} or {@code equals} throws, the future fails
   * @param body starts the work if this call leads: on the calling thread, or on the executor for attempts if it leads later
   * @return the future of the result; completing it from outside leaves the call of the key
   */
  CompletableFuture<V> callAsync(K key, Supplier<? extends CompletionStage<V>> body);

  /**
   * Starts an asynchronous body through a policy, or joins the call of the same key that is under way. Never blocks.
   *
   * @param key the key; if its {@code hashCode} or {@code equals} throws, the future fails
   * @param policy stands around the body, if this call leads
   * @param body starts the work if this call leads: on the calling thread, or on the executor for attempts if it leads later
   * @return the future of the result; completing it from outside leaves the call of the key
   */
  CompletableFuture<V> callAsync(K key, Policy policy, Supplier<? extends CompletionStage<V>> body);

  /**
   * Runs a blocking body on an executor, or joins the call of the same key that is under way. Never blocks.
   *
   * @param key the key; if its {@code hashCode} or {@code equals} throws, the future fails
   * @param body runs if this call leads
   * @param executor runs the body; if it rejects the body, the calls of the key fail with a {@link
   *     RejectedExecutionException}
   * @return the future of the result; completing it from outside leaves the call of the key, and interrupts the body if this call
   *     leads
   */
  CompletableFuture<V> submit(K key, CheckedSupplier<? extends V, ?> body, Executor executor);

  /**
   * Runs a blocking body through a policy on an executor, or joins the call of the same key that is under way. Never blocks.
   *
   * @param key the key; if its {@code hashCode} or {@code equals} throws, the future fails
   * @param policy stands around the body, if this call leads
   * @param body runs if this call leads
   * @param executor runs the body; if it rejects the body, the calls of the key fail with a {@link
   *     RejectedExecutionException}
   * @return the future of the result; completing it from outside leaves the call of the key, and interrupts the body if this call
   *     leads
   */
  CompletableFuture<V> submit(
      K key, Policy policy, CheckedSupplier<? extends V, ?> body, Executor executor);

  /** {@return the number of keys with a call under way that further calls may find} */
  int flights();

  /** {@return the totals} */
  CoalescerTotals totals();

  /**
   * Subscribes to stored results that stand in for failures, and to calls that are handed over. A call that only leads or joins has
   * no event.
   *
   * @param listener receives events in the background; its first exception is logged
   * @return ends the subscription when closed
   */
  Subscription subscribe(Consumer<? super CoalescerEvent> listener);
}
