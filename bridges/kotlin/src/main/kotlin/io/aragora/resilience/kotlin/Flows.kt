package io.aragora.resilience.kotlin

import io.aragora.resilience.Pipeline
import io.aragora.resilience.hedge.Hedge
import io.aragora.resilience.policy.CallContext
import io.aragora.resilience.policy.Policy
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.channels.ProducerScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.emitAll
import kotlinx.coroutines.flow.flow

/**
 * Returns this flow protected by a policy. Each collection is one call, which ends with the flow: until then permits are held, and a
 * timeout is for the whole. A collector that stops early ends the call as cancelled.
 *
 * Each attempt collects this flow anew. A flow that has emitted an element is not repeated: its failure ends the call, and every
 * policy counts it once. The source is at most one element ahead of the collector.
 *
 * @param policy the policy or pipeline
 * @return a cold flow
 * @throws IllegalArgumentException if [policy] is or contains a hedge, because the elements of two attempts would mix
 */
public fun <T> Flow<T>.withPolicy(policy: Policy): Flow<T> {
    val hedge = hedgeIn(policy)
    require(hedge == null) {
        "hedge '${hedge?.name()}' cannot protect a Flow, because the elements of two attempts would mix;" +
            " use it for a suspending function"
    }
    val source = this
    return flow {
        // Not thrown inside: the failure of a channel overtakes the elements before it.
        var outcome = Result.success(Unit)
        emitAll(channelFlow { outcome = FlowCall(this, source, policy).await() }.buffer(Channel.RENDEZVOUS))
        outcome.getOrThrow()
    }
}

private fun hedgeIn(policy: Policy): Hedge? = when (policy) {
    is Hedge -> policy
    is Pipeline -> policy.policies().firstNotNullOfOrNull(::hedgeIn)
    else -> null
}

/*
 * Elements of one attempt only: the first element moves an attempt from silent to emitted, and a further attempt begins only if it
 * moves the one before from silent to replaced.
 *
 * A failure after the first element must end the call although a retry would repeat it. So it completes the future of the call from
 * outside: each policy, from the outermost to the innermost, ends and counts that failure, and none repeats the call.
 */
private class FlowCall<T>(
    private val collector: ProducerScope<T>,
    private val source: Flow<T>,
    policy: Policy,
) : SuspendingCall<Unit>(collector, { policy.callAsync(it) }) {
    private val lock = Any()

    /** Guarded by the lock. */
    private var newest: AttemptFuture<Unit>? = null

    /** The end of the call, if its policies do not decide it. */
    @Volatile
    private var end: End? = null

    private class End(val attempt: AttemptFuture<Unit>, val failure: Throwable?) {
        fun of(call: CompletableFuture<Unit>) {
            if (failure == null) {
                call.complete(Unit)
            } else {
                call.completeExceptionally(failure)
                // A policy of the application may wait for it.
                attempt.endWithFailure(failure)
            }
        }
    }

    /** Ends an attempt that is not made. No retry repeats it, and no breaker counts it. */
    private class NotRepeated : CancellationException("a Flow that has emitted an element is not repeated")

    override suspend fun run(attempt: AttemptFuture<Unit>) {
        source.collect { element ->
            if (!attempt.mayEmit()) {
                throw CancellationException("another attempt has begun")
            }
            collector.send(element)
        }
    }

    override fun failed(attempt: AttemptFuture<Unit>, failure: Throwable) {
        if (attempt.hasEmitted && !attempt.isDone) {
            end(End(attempt, failure))
        } else {
            super.failed(attempt, failure)
        }
    }

    override fun insteadOf(attempt: AttemptFuture<Unit>): CompletionStage<Unit>? {
        val before: AttemptFuture<Unit>?
        val isRepeated: Boolean
        synchronized(lock) {
            before = newest
            isRepeated = before == null || before.replace()
            if (isRepeated) {
                newest = attempt
            }
        }
        if (before != null && !isRepeated) {
            return insteadOfRepeating(before, attempt.number)
        }
        // A timeout that ended it may cancel it later.
        before?.cancel(true)
        return null
    }

    private fun insteadOfRepeating(emitting: AttemptFuture<Unit>, number: Int): CompletionStage<Unit> {
        val notRepeated = NotRepeated()
        if (emitting.isDone && !emitting.isCompletedExceptionally) {
            end(End(emitting, null))
        } else if (emitting.isDone || number > emitting.number) {
            end(End(emitting, CallContext.current().lastFailure().orElse(notRepeated)))
        }
        return CompletableFuture.failedFuture(notRepeated)
    }

    private fun end(decided: End) {
        end = decided
        // Volatile read after the write; the caller writes the future, then reads the end.
        future?.let(decided::of)
    }

    override fun started(call: CompletableFuture<Unit>) {
        end?.of(call)
    }

    override fun outcome(value: Unit?, failure: Throwable?): Result<Unit> {
        val shown = if (failure is NotRepeated) end?.failure else failure
        return if (shown == null) Result.success(Unit) else Result.failure(shown)
    }
}
