package io.aragora.resilience.kotlin

import io.aragora.resilience.policy.CallContext
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.currentCoroutineContext

/**
 * The call that a coroutine is in. The context of each attempt has one if there is a retry, a timeout or a deadline, so that calls
 * inside know them on every thread.
 */
public class CallContextElement internal constructor(
    /** The context of the attempt. */
    public val callContext: CallContext,
) : AbstractCoroutineContextElement(CallContextElement) {
    /** The key of the element. */
    public companion object Key : CoroutineContext.Key<CallContextElement>

    /** Returns a text for logs. */
    override fun toString(): String = "CallContextElement[$callContext]"
}

/**
 * Returns the context of the call that this coroutine is in, as [CallContext.current] does for a thread: the number of the attempt,
 * the failure of the previous one, and the remaining time.
 */
public suspend fun currentCallContext(): CallContext =
    currentCoroutineContext()[CallContextElement]?.callContext ?: CallContext.current()
