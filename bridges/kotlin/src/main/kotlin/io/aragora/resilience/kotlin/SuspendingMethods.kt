package io.aragora.resilience.kotlin

import io.aragora.resilience.policy.Policy
import java.lang.reflect.Method
import java.util.function.Function
import kotlin.coroutines.Continuation
import kotlin.coroutines.intrinsics.startCoroutineUninterceptedOrReturn
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn

/**
 * Calls suspending methods through a policy by reflection, for code that intercepts calls: proxies and advisors. In byte code, the
 * last argument of such a method is the continuation of its caller, and its result is the value or a mark that says that it suspended.
 */
public object SuspendingMethods {
    /** Returns whether a method is a suspending function. */
    @JvmStatic
    public fun isSuspending(method: Method): Boolean =
        method.parameterCount > 0 && method.parameterTypes.last() == Continuation::class.java

    /**
     * Calls a suspending method through a policy, as [execute] does.
     *
     * @param policy the policy
     * @param arguments those of the intercepted call, the continuation last
     * @param proceed runs the method with the arguments that it receives, once for each attempt, and returns what the method returns
     * @return what the interceptor has to return
     */
    @JvmStatic
    @Suppress("UNCHECKED_CAST") // byte code has no type arguments
    public fun call(policy: Policy, arguments: Array<Any?>, proceed: Function<Array<Any?>, Any?>): Any? {
        val caller = arguments.last() as Continuation<Any?>
        val protectedCall: suspend () -> Any? = {
            policy.execute {
                suspendCoroutineUninterceptedOrReturn { attempt: Continuation<Any?> ->
                    val own = arguments.copyOf()
                    own[own.lastIndex] = attempt
                    proceed.apply(own)
                }
            }
        }
        return protectedCall.startCoroutineUninterceptedOrReturn(caller)
    }
}
