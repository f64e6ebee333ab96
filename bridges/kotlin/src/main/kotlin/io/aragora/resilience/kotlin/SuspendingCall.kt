package io.aragora.resilience.kotlin

import io.aragora.resilience.policy.CallContext
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import java.util.concurrent.CompletionStage
import java.util.function.Supplier
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.resume
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.suspendCancellableCoroutine

/** Starts an asynchronous call; [io.aragora.resilience.policy.Policy.callAsync] is one. */
internal fun interface CallStart<T> {
    fun start(body: Supplier<CompletionStage<T>>): CompletableFuture<T>
}

/**
 * One call. Each attempt is a job of the scope: it runs in the caller's context, and the scope ends after it. The first one begins
 * in place, if the policy starts it before it returns; others are dispatched.
 *
 * Failures travel as values, because a continuation that is resumed with an exception may throw a copy of it.
 */
internal abstract class SuspendingCall<T>(
    private val scope: CoroutineScope,
    private val policy: CallStart<T>,
) {
    private val caller = Thread.currentThread()

    /** Written by the caller's thread, and read by others only after they have found that they are not that thread. */
    private var isStarting = true

    /** Null until the policy has returned it; the first attempt may have ended before. */
    @Volatile
    protected var future: CompletableFuture<T>? = null
        private set

    /** Runs the body. */
    protected abstract suspend fun run(attempt: AttemptFuture<T>): T

    /** Called before an attempt begins; returns what the policy gets instead of it, or null. */
    protected open fun insteadOf(attempt: AttemptFuture<T>): CompletionStage<T>? = null

    /** Called when the body has failed. */
    protected open fun failed(attempt: AttemptFuture<T>, failure: Throwable) {
        attempt.endWithFailure(failure)
    }

    /** Called when the future of the call is known. */
    protected open fun started(call: CompletableFuture<T>) {}

    /** Returns how the call ended; a call that failed has no value. */
    @Suppress("UNCHECKED_CAST") // the value is null only if T permits it, or the call failed
    protected open fun outcome(value: T?, failure: Throwable?): Result<T> =
        if (failure == null) Result.success(value as T) else Result.failure(failure)

    suspend fun await(): Result<T> {
        currentCoroutineContext().ensureActive()
        val call = start()
        future = call
        started(call)
        return if (call.isDone) ended(call) else suspended(call)
    }

    private fun start(): CompletableFuture<T> {
        val around = scope.coroutineContext[CallContextElement]?.callContext
        try {
            return if (around == null) {
                policy.start(::attempt)
            } else {
                around.call<CompletableFuture<T>, RuntimeException> { policy.start(::attempt) }
            }
        } finally {
            isStarting = false
        }
    }

    private fun ended(call: CompletableFuture<T>): Result<T> {
        var result: Result<T>? = null
        call.handle { value, failure -> result = outcome(value, unwrap(failure)) }
        return checkNotNull(result)
    }

    private suspend fun suspended(call: CompletableFuture<T>): Result<T> =
        suspendCancellableCoroutine { continuation ->
            continuation.invokeOnCancellation { call.cancel(true) }
            call.handle { value, failure -> continuation.resume(outcome(value, unwrap(failure))) }
        }

    private fun unwrap(failure: Throwable?): Throwable? =
        if (failure is CompletionException) failure.cause ?: failure else failure

    private fun attempt(): CompletionStage<T> {
        val call = CallContext.current()
        val attempt = AttemptFuture<T>(call.attempt())
        insteadOf(attempt)?.let { return it }
        val isInPlace = Thread.currentThread() === caller && isStarting
        val start = if (isInPlace) CoroutineStart.UNDISPATCHED else CoroutineStart.DEFAULT
        val job = scope.launch(elementOf(call), start) {
            try {
                attempt.endWith(run(attempt))
            } catch (e: Throwable) {
                // A limit of the caller and one inside the body throw the same class; the job knows which one it was.
                if (currentCoroutineContext().job.isCancelled) {
                    attempt.endCancelled()
                } else {
                    failed(attempt, e)
                }
            }
        }
        // A job that is cancelled before it is dispatched never begins.
        job.invokeOnCompletion { if (job.isCancelled) attempt.endCancelled() }
        attempt.runsIn(job)
        // A policy needs no future of its own around a completed one of the JDK.
        return if (attempt.isDone && !attempt.isCompletedExceptionally) {
            CompletableFuture.completedFuture(attempt.join())
        } else {
            attempt
        }
    }

    private fun elementOf(call: CallContext): CoroutineContext =
        if (call.attempt() > 0 || call.remaining().isPresent) CallContextElement(call) else EmptyCoroutineContext
}
