package io.aragora.resilience.kotlin

import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.Job

/**
 * One run of a body, as the policy sees it. If the policy completes it, the job of the body is cancelled.
 *
 * @param number that of the retry; 0 if there is none
 */
internal class AttemptFuture<T>(val number: Int) : CompletableFuture<T>() {
    private val emission = AtomicInteger(SILENT)

    @Volatile
    private var job: Job? = null

    val hasEmitted: Boolean
        get() = emission.get() == EMITTED

    /** Returns whether this attempt may emit an element of a flow; false once another one has replaced it. */
    fun mayEmit(): Boolean = emission.get() == EMITTED || emission.compareAndSet(SILENT, EMITTED)

    /** Returns whether another attempt may begin; after that this one emits nothing. */
    fun replace(): Boolean = emission.compareAndSet(SILENT, REPLACED)

    /** Sets the job, which may have ended, as this future may have. */
    fun runsIn(body: Job) {
        job = body
        // Volatile read after the write; the thread that completes this future reads the job afterwards.
        if (isDone) {
            stop()
        }
    }

    fun endWith(value: T): Boolean = super.complete(value)

    fun endWithFailure(failure: Throwable): Boolean = super.completeExceptionally(failure)

    /** Ends this attempt as cancelled, whatever cancelled its job. */
    fun endCancelled(): Boolean = super.cancel(false)

    private fun stop() {
        job?.cancel(CancellationException("a policy ended this attempt"))
    }

    override fun complete(value: T): Boolean = super.complete(value).also { if (it) stop() }

    override fun completeExceptionally(failure: Throwable): Boolean =
        super.completeExceptionally(failure).also { if (it) stop() }

    override fun cancel(mayInterruptIfRunning: Boolean): Boolean =
        super.cancel(mayInterruptIfRunning).also { if (it) stop() }

    private companion object {
        const val SILENT = 0
        const val EMITTED = 1
        const val REPLACED = 2
    }
}
