package io.aragora.resilience.kotlin

import io.aragora.resilience.Resilience
import io.aragora.resilience.bulkhead.Bulkhead
import io.aragora.resilience.circuitbreaker.CircuitBreaker
import io.aragora.resilience.concurrencylimit.ConcurrencyLimit
import io.aragora.resilience.hedge.Hedge
import io.aragora.resilience.policy.Policy
import io.aragora.resilience.testing.ManualTime
import java.io.IOException
import java.time.Duration
import java.util.concurrent.atomic.AtomicInteger
import java.util.stream.Stream
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.ThreadContextElement
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.emptyFlow
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withTimeout
import org.assertj.core.api.Assertions.assertThat
import org.assertj.core.api.Assertions.assertThatThrownBy
import org.junit.jupiter.api.DynamicTest
import org.junit.jupiter.api.TestFactory

/** What holds for every kind of policy, for pipelines and for policies of an application. */
@kotlin.OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)
internal class EveryPolicyTest {
    private class Case(val time: ManualTime, val resilience: Resilience, val policy: Policy) {
        fun verifyNothingIsHeld() {
            time.advance(Duration.ofHours(1))
            (policy as? Bulkhead)?.let { assertThat(it.snapshot().inUse()).isZero() }
            (policy as? ConcurrencyLimit)?.let { assertThat(it.snapshot().inUse()).isZero() }
        }

        fun verifyNothingIsCounted() {
            (policy as? CircuitBreaker)?.let {
                assertThat(it.snapshot().totals().successes()).isZero()
                assertThat(it.snapshot().totals().failures()).isZero()
            }
        }
    }

    private fun forEach(test: suspend TestScope.(Case) -> Unit): Stream<DynamicTest> {
        val kinds = runtime(ManualTime.create()).use { PolicyKinds.of(it).size }
        assertThat(kinds).`as`("kinds, a pipeline, a policy of an application").isEqualTo(10)
        return (0 until kinds).map { index ->
            val time = ManualTime.create()
            val resilience = runtime(time)
            val policy = PolicyKinds.of(resilience)[index]
            DynamicTest.dynamicTest(policy.toString()) {
                resilience.use { runTest { test(Case(time, resilience, policy)) } }
            }
        }.stream()
    }

    private fun runtime(time: ManualTime): Resilience = Resilience.builder().timeSource(time).build()

    @TestFactory
    fun body_returns_valueComesOut(): Stream<DynamicTest> = forEach { case ->
        assertThat(case.policy.execute { "value" }).isEqualTo("value")
        assertThat(case.policy.execute { delay(1000); "later" }).isEqualTo("later")
        assertThat(case.policy.execute<String?> { null }).isNull()
        case.verifyNothingIsHeld()
    }

    @TestFactory
    fun body_throws_sameObjectComesOut(): Stream<DynamicTest> = forEach { case ->
        val failure = IOException("broken")
        val call = async(start = CoroutineStart.UNDISPATCHED) {
            runCatching { case.policy.execute<String> { delay(1); throw failure } }
        }
        repeat(3) {
            testScheduler.advanceTimeBy(2)
            case.time.advance(Duration.ofMillis(300))
        }
        assertThat(call.await().exceptionOrNull()).isSameAs(failure)
        case.verifyNothingIsHeld()
    }

    @TestFactory
    fun body_doesNotSuspend_callDoesNotSuspend(): Stream<DynamicTest> = forEach { case ->
        val steps = mutableListOf<String>()
        launch(start = CoroutineStart.UNDISPATCHED) { steps += case.policy.execute { "value" } }
        assertThat(steps).containsExactly("value")
    }

    @TestFactory
    fun caller_isCancelled_bodyIsCancelledAndNothingIsCounted(): Stream<DynamicTest> = forEach { case ->
        val steps = mutableListOf<String>()
        val call = launch(start = CoroutineStart.UNDISPATCHED) {
            case.policy.execute {
                try {
                    awaitCancellation()
                } finally {
                    steps += "body"
                }
            }
        }
        call.cancel()
        // At once, not when the body has ended.
        case.verifyNothingIsHeld()
        case.verifyNothingIsCounted()
        call.join()
        assertThat(steps).containsExactly("body")
        case.verifyNothingIsCounted()
    }

    @TestFactory
    fun limitOfTheCaller_passes_isNoFailureOfTheDependency(): Stream<DynamicTest> = forEach { case ->
        val outcome = runCatching { withTimeout(100) { case.policy.execute { awaitCancellation() } } }
        assertThat(outcome.exceptionOrNull()).isInstanceOf(kotlinx.coroutines.TimeoutCancellationException::class.java)
        case.verifyNothingIsHeld()
        case.verifyNothingIsCounted()
    }

    @TestFactory
    fun limitInsideTheBody_passes_isAFailureAndCancelsNoCaller(): Stream<DynamicTest> = forEach { case ->
        val call = async(start = CoroutineStart.UNDISPATCHED) {
            val outcome = runCatching { case.policy.execute { withTimeout(100) { awaitCancellation() } } }
            delay(1) // the caller goes on
            outcome
        }
        repeat(3) {
            testScheduler.advanceTimeBy(102)
            case.time.advance(Duration.ofMillis(300))
        }
        assertThat(call.await().exceptionOrNull())
            .isInstanceOf(kotlinx.coroutines.TimeoutCancellationException::class.java)
        case.verifyNothingIsHeld()
        (case.policy as? CircuitBreaker)?.let { assertThat(it.snapshot().totals().failures()).isOne() }
    }

    @TestFactory
    fun caller_isCancelledBefore_bodyDoesNotRun(): Stream<DynamicTest> = forEach { case ->
        val bodies = AtomicInteger()
        launch {
            currentCoroutineContext()[kotlinx.coroutines.Job]!!.cancel()
            case.policy.execute { bodies.incrementAndGet() }
        }.join()
        assertThat(bodies).hasValue(0)
        case.verifyNothingIsCounted()
    }

    private class Tenant(val name: String) : AbstractCoroutineContextElement(Tenant), ThreadContextElement<String?> {
        companion object Key : CoroutineContext.Key<Tenant> {
            val current = ThreadLocal<String?>()
        }

        override fun updateThreadContext(context: CoroutineContext): String? =
            current.get().also { current.set(name) }

        override fun restoreThreadContext(context: CoroutineContext, oldState: String?) = current.set(oldState)
    }

    @TestFactory
    fun everyAttempt_ofACall_hasTheContextOfTheCaller(): Stream<DynamicTest> = forEach { case ->
        val seen = mutableListOf<List<Any?>>()
        val dispatcher = currentCoroutineContext()[ContinuationInterceptor]
        val call = launch(Tenant("acme"), start = CoroutineStart.UNDISPATCHED) {
            runCatching {
                case.policy.execute {
                    fun look() = Tenant.current.get()
                    seen += listOf(look(), currentCoroutineContext()[ContinuationInterceptor])
                    delay(1)
                    seen += listOf(look(), currentCoroutineContext()[ContinuationInterceptor])
                    throw IOException("broken")
                }
            }
        }
        repeat(3) {
            testScheduler.advanceTimeBy(2)
            case.time.advance(Duration.ofMillis(300))
        }
        call.join()
        assertThat(seen).isNotEmpty().containsOnly(listOf("acme", dispatcher))
    }

    private fun forEachThatTakesAFlow(test: suspend TestScope.(Case) -> Unit): Stream<DynamicTest> = forEach { case ->
        if (case.policy is Hedge) {
            assertThatThrownBy { flowOf(1).withPolicy(case.policy) }
                .isInstanceOf(IllegalArgumentException::class.java)
                .hasMessageContaining("hedge 'hedge' cannot protect a Flow")
        } else {
            test(case)
        }
    }

    @TestFactory
    fun flow_hasElements_arePassedOn(): Stream<DynamicTest> = forEachThatTakesAFlow { case ->
        assertThat(flowOf(1, 2, 3).withPolicy(case.policy).toList()).containsExactly(1, 2, 3)
        assertThat(flowOf(1, 2, 3).onEach { delay(10) }.withPolicy(case.policy).toList()).containsExactly(1, 2, 3)
        assertThat(emptyFlow<Int>().withPolicy(case.policy).toList()).isEmpty()
        case.verifyNothingIsHeld()
    }

    @TestFactory
    fun flow_collectorStopsEarly_isCancelled(): Stream<DynamicTest> = forEachThatTakesAFlow { case ->
        val produced = AtomicInteger()
        val source: Flow<Int> = flow { while (true) emit(produced.incrementAndGet()) }
        assertThat(source.withPolicy(case.policy).take(3).toList()).containsExactly(1, 2, 3)
        assertThat(produced.get()).`as`("at most one element ahead").isLessThanOrEqualTo(4)
        case.verifyNothingIsHeld()
        case.verifyNothingIsCounted()
    }

    @TestFactory
    fun flow_failsAfterAnElement_isNotRepeated(): Stream<DynamicTest> = forEachThatTakesAFlow { case ->
        val collections = AtomicInteger()
        val elements = mutableListOf<Int>()
        val failure = IOException("broken")
        val source = flow {
            collections.incrementAndGet()
            emit(1)
            throw failure
        }
        val call = async(start = CoroutineStart.UNDISPATCHED) {
            runCatching { source.withPolicy(case.policy).collect { elements += it } }
        }
        runCurrent()
        assertThat(call.isCompleted).`as`("without the delay of a retry").isTrue()
        assertThat(call.await().exceptionOrNull()).isSameAs(failure)
        case.verifyNothingIsHeld()
        runCurrent()
        assertThat(elements).containsExactly(1)
        assertThat(collections).hasValue(1)
        (case.policy as? CircuitBreaker)?.let { assertThat(it.snapshot().totals().failures()).isOne() }
    }

    @TestFactory
    fun flow_collectorThrows_isNoFailureOfTheDependency(): Stream<DynamicTest> = forEachThatTakesAFlow { case ->
        val failure = IllegalStateException("collector")
        val outcome = runCatching { flowOf(1, 2).withPolicy(case.policy).collect { throw failure } }
        assertThat(outcome.exceptionOrNull()).hasMessage("collector")
        case.verifyNothingIsHeld()
        case.verifyNothingIsCounted()
    }

    @TestFactory
    fun body_handsOverToAnotherCoroutine_endsAfterItsChildren(): Stream<DynamicTest> = forEach { case ->
        val gate = CompletableDeferred<String>()
        val call = async(start = CoroutineStart.UNDISPATCHED) { case.policy.execute { gate.await() } }
        assertThat(call.isCompleted).isFalse()
        gate.complete("value")
        assertThat(call.await()).isEqualTo("value")
        case.verifyNothingIsHeld()
    }

    @TestFactory
    fun body_throwsCancellation_comesOutAndIsNotCounted(): Stream<DynamicTest> = forEach { case ->
        val cancelled = CancellationException("a deferred was cancelled")
        val outcome = runCatching { case.policy.execute<String> { throw cancelled } }
        assertThat(outcome.exceptionOrNull()).isSameAs(cancelled)
        case.verifyNothingIsHeld()
        case.verifyNothingIsCounted()
    }
}
