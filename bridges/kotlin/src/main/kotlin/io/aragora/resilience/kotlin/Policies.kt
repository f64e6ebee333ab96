package io.aragora.resilience.kotlin

import io.aragora.resilience.ResultPipeline
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreaker
import io.aragora.resilience.coalescing.Coalescer
import io.aragora.resilience.policy.Policy
import io.aragora.resilience.ratelimiter.KeyedRateLimiter
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.coroutineScope

/**
 * Runs a suspending body through this policy, which may be a pipeline.
 *
 * The body runs in the context of the caller, each attempt as a child of it: in its dispatcher, with its elements. No thread is
 * blocked while the policy waits, and a rejected call does not suspend.
 *
 * If the caller is cancelled, the body is cancelled, and permits and timers are released at once; the call counts as cancelled,
 * neither as a success nor as a failure. If the policy ends the call, at a timeout for instance, the body is cancelled, and this
 * function returns when the body has ended. A timeout inside the body is a failure of the dependency.
 *
 * @param block the body; runs once for each attempt
 * @return its value
 * @throws Throwable what the body throws, the same object; a [io.aragora.resilience.policy.ResilienceException] if the policy
 *   ends the call
 */
public suspend fun <T> Policy.execute(block: suspend () -> T): T = protect({ callAsync(it) }, block)

/**
 * Runs a suspending body through this pipeline and its fallback, as [Policy.execute] does. The fallback runs where the call ends:
 * in the context of the body, or on a thread of the runtime after a timeout.
 *
 * @param block the body; runs once for each attempt
 * @return its value, or that of the fallback
 */
public suspend fun <T> ResultPipeline<T>.execute(block: suspend () -> T): T = protect({ callAsync(it) }, block)

/**
 * Runs a suspending body through the breaker of a key, as [Policy.execute] does.
 *
 * @param key not blank, at most 10,000 characters
 * @param block the body
 * @return its value
 */
public suspend fun <T> KeyedCircuitBreaker.execute(key: String, block: suspend () -> T): T = forKey(key).execute(block)

/**
 * Runs a suspending body through the rate limiter of a key, as [Policy.execute] does.
 *
 * @param key not blank, at most 10,000 characters
 * @param permits how many permits the call takes, at least 1
 * @param block the body
 * @return its value
 */
public suspend fun <T> KeyedRateLimiter.execute(key: String, permits: Int = 1, block: suspend () -> T): T =
    forKey(key, permits).execute(block)

/**
 * Runs a suspending body, or joins the call of the same key that is under way. The body runs in the context of its own caller.
 * If that caller is cancelled, the first one that joined runs its own body.
 *
 * @param key the key
 * @param block the body; runs if this call leads
 * @return its value, or that of the call that led
 */
public suspend fun <K : Any, V> Coalescer<K, V>.execute(key: K, block: suspend () -> V): V =
    protect({ callAsync(key, it) }, block)

/**
 * Runs a suspending body through a policy, or joins the call of the same key that is under way, as the function without a policy
 * does.
 *
 * @param key the key
 * @param policy stands around the body, if this call leads
 * @param block the body; runs if this call leads
 * @return its value, or that of the call that led
 */
public suspend fun <K : Any, V> Coalescer<K, V>.execute(key: K, policy: Policy, block: suspend () -> V): V =
    protect({ callAsync(key, policy, it) }, block)

private suspend fun <T> protect(policy: CallStart<T>, block: suspend () -> T): T =
    coroutineScope { BlockCall(this, policy, block).await() }.getOrThrow()

private class BlockCall<T>(
    scope: CoroutineScope,
    policy: CallStart<T>,
    private val block: suspend () -> T,
) : SuspendingCall<T>(scope, policy) {
    override suspend fun run(attempt: AttemptFuture<T>): T = block()
}
