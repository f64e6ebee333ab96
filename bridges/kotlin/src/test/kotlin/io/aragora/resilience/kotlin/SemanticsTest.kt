package io.aragora.resilience.kotlin

import io.aragora.resilience.Resilience
import io.aragora.resilience.bulkhead.BulkheadFullException
import io.aragora.resilience.circuitbreaker.CallNotPermittedException
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig
import io.aragora.resilience.coalescing.CoalescerConfig
import io.aragora.resilience.fallback.Fallback
import io.aragora.resilience.policy.Policy
import io.aragora.resilience.retry.Backoff
import io.aragora.resilience.retry.Jitter
import io.aragora.resilience.testing.ManualTime
import io.aragora.resilience.timeout.TimeoutExceededException
import java.io.IOException
import java.time.Duration
import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Test

@kotlin.OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)
internal class SemanticsTest {
    private val time = ManualTime.create()
    private val resilience = Resilience.builder().timeSource(time).build()
    private val second = Duration.ofSeconds(1)
    private val tick = Duration.ofMillis(2)
    private val retry = resilience.retry(
        "retry",
        retryConfig {
            maxAttempts(3).backoff(Backoff.constant(second).withJitter(Jitter.NONE)).retryIf { true }
        },
    )
    private val timeout = resilience.timeout("timeout", second)

    @AfterEach
    fun close() = resilience.close()

    @Test
    fun rejectedCall_ofAnOpenBreaker_doesNotSuspend() = runTest {
        val breaker = resilience.circuitBreaker("breaker")
        breaker.forceOpen()
        val outcomes = mutableListOf<Throwable?>()
        launch(start = CoroutineStart.UNDISPATCHED) {
            outcomes += runCatching { breaker.execute { "value" } }.exceptionOrNull()
        }
        assertThat(outcomes).hasSize(1).first().isInstanceOf(CallNotPermittedException::class.java)
    }

    @Test
    fun libraryTimeout_passes_bodyIsCancelledAndAwaited() = runTest {
        val steps = mutableListOf<String>()
        val call = async(start = CoroutineStart.UNDISPATCHED) {
            runCatching {
                timeout.execute {
                    coroutineScope {
                        launch {
                            try {
                                awaitCancellation()
                            } finally {
                                withContext(NonCancellable) { delay(5000) }
                                steps += "child ended"
                            }
                        }
                        awaitCancellation()
                    }
                }
            }.also { steps += "call ended" }
        }
        runCurrent()
        time.advance(second.plus(tick))
        runCurrent()
        assertThat(steps).isEmpty()
        assertThat(call.await().exceptionOrNull()).isInstanceOf(TimeoutExceededException::class.java)
        assertThat(steps).containsExactly("child ended", "call ended")
    }

    @Test
    fun retry_ofABodyThatFailsTwice_runsItAgainAfterEachDelay() = runTest {
        val contexts = mutableListOf<String>()
        val call = async(start = CoroutineStart.UNDISPATCHED) {
            retry.execute {
                delay(1) // on another resumption, so no thread knows the call
                val context = currentCallContext()
                contexts += "${context.attempt()} ${context.lastFailure().map { it.message }.orElse("-")}"
                if (contexts.size < 3) throw IOException("broken") else "value"
            }
        }
        repeat(3) {
            testScheduler.advanceTimeBy(2)
            time.advance(second.plus(tick))
        }
        assertThat(call.await()).isEqualTo("value")
        assertThat(contexts).containsExactly("1 -", "2 broken", "3 broken")
    }

    @Test
    fun retry_isCancelledBetweenAttempts_runsNoFurther() = runTest {
        val bodies = AtomicInteger()
        val call = launch(start = CoroutineStart.UNDISPATCHED) {
            retry.execute { bodies.incrementAndGet(); throw IOException("broken") }
        }
        call.cancel()
        time.advance(Duration.ofHours(1))
        runCurrent()
        assertThat(bodies).hasValue(1)
        assertThat(call.isCancelled).isTrue()
    }

    @Test
    fun retry_isCancelledBeforeAnAttemptIsDispatched_bodyDoesNotRun() = runTest {
        val bodies = AtomicInteger()
        val call = launch(start = CoroutineStart.UNDISPATCHED) {
            retry.execute { bodies.incrementAndGet(); throw IOException("broken") }
        }
        time.advance(second.plus(tick)) // the second attempt waits for the dispatcher
        call.cancel()
        runCurrent()
        assertThat(bodies).hasValue(1)
        assertThat(call.isCompleted).isTrue()
    }

    @Test
    fun retry_insideAnotherOne_standsDownAfterASuspension() = runTest {
        val inner = resilience.retry("inner", retryConfig { maxAttempts(5).retryIf { true } })
        val bodies = AtomicInteger()
        val call = async(start = CoroutineStart.UNDISPATCHED) {
            runCatching {
                retry.execute {
                    delay(1)
                    inner.execute { bodies.incrementAndGet(); throw IOException("broken") }
                }
            }
        }
        repeat(3) {
            testScheduler.advanceTimeBy(2)
            time.advance(second.plus(tick))
        }
        assertThat(call.await().exceptionOrNull()).isInstanceOf(IOException::class.java)
        assertThat(bodies).hasValue(3)
    }

    @Test
    fun bulkhead_isFull_callWaitsWithoutAThreadAndRunsInTheCallersContext() = runTest {
        val bulkhead = resilience.bulkhead("bulkhead", bulkheadConfig { maxConcurrentCalls(1).maxWait(second).maxWaiting(10) })
        val first = launch(start = CoroutineStart.UNDISPATCHED) { bulkhead.execute { awaitCancellation() } }
        val threads = mutableListOf<Thread>()
        val second = async(start = CoroutineStart.UNDISPATCHED) {
            bulkhead.execute { threads += Thread.currentThread(); "value" }
        }
        val third = launch(start = CoroutineStart.UNDISPATCHED) { bulkhead.execute { awaitCancellation() } }
        assertThat(bulkhead.snapshot().waiting()).isEqualTo(2)
        third.cancel()
        assertThat(bulkhead.snapshot().waiting()).isOne()
        first.cancel()
        time.runPending()
        assertThat(threads).isEmpty()
        assertThat(second.await()).isEqualTo("value")
        assertThat(threads).containsExactly(Thread.currentThread())
        assertThat(bulkhead.snapshot().inUse()).isZero()
    }

    @Test
    fun bulkhead_callIsCancelledBetweenItsPermitAndItsDispatch_bodyDoesNotRunAndThePermitGoesBack() = runTest {
        val bulkhead = resilience.bulkhead("bulkhead", bulkheadConfig { maxConcurrentCalls(1).maxWait(second).maxWaiting(10) })
        val first = launch(start = CoroutineStart.UNDISPATCHED) { bulkhead.execute { awaitCancellation() } }
        val bodies = AtomicInteger()
        val second = launch(start = CoroutineStart.UNDISPATCHED) { bulkhead.execute { bodies.incrementAndGet() } }
        first.cancel()
        time.runPending()
        assertThat(bulkhead.snapshot().waiting()).isZero()
        assertThat(bulkhead.snapshot().inUse()).isOne()

        second.cancel()
        second.join()

        assertThat(bodies).hasValue(0)
        assertThat(bulkhead.snapshot().inUse()).isZero()
    }

    @Test
    fun bulkhead_isFullForTooLong_rejects() = runTest {
        val bulkhead = resilience.bulkhead("bulkhead", bulkheadConfig { maxConcurrentCalls(1).maxWait(second).maxWaiting(10) })
        val first = launch(start = CoroutineStart.UNDISPATCHED) { bulkhead.execute { awaitCancellation() } }
        val late = async(start = CoroutineStart.UNDISPATCHED) { runCatching { bulkhead.execute { "never" } } }
        time.advance(second.plus(tick))
        assertThat(late.await().exceptionOrNull()).isInstanceOf(BulkheadFullException::class.java)
        first.cancel()
    }

    @Test
    fun hedge_secondAttemptWins_firstIsCancelledAndAwaited() = runTest {
        val hedge = resilience.hedge("hedge", hedgeConfig { delay(second) })
        val bodies = AtomicInteger()
        val steps = mutableListOf<String>()
        val call = async(start = CoroutineStart.UNDISPATCHED) {
            hedge.execute {
                if (bodies.incrementAndGet() == 1) {
                    try {
                        awaitCancellation()
                    } finally {
                        steps += "first ended"
                    }
                }
                "second"
            }
        }
        time.advance(second.plus(tick))
        runCurrent()
        time.runPending()
        assertThat(call.await()).isEqualTo("second")
        assertThat(steps).containsExactly("first ended")
    }

    @Test
    fun coalescer_leaderIsCancelled_nextCallerRunsItsOwnBody() = runTest {
        val coalescer = resilience.coalescer("coalescer", CoalescerConfig.defaults<String, String>())
        val first = launch(start = CoroutineStart.UNDISPATCHED) {
            coalescer.execute("apples", timeout) { awaitCancellation() }
        }
        val second = async(start = CoroutineStart.UNDISPATCHED) { coalescer.execute("apples", timeout) { "second" } }
        val third = async(start = CoroutineStart.UNDISPATCHED) { coalescer.execute("apples", timeout) { "third" } }
        first.cancel()
        time.runPending()
        runCurrent()
        time.runPending()
        assertThat(second.await()).isEqualTo("second")
        assertThat(third.await()).isEqualTo("second")
    }

    @Test
    fun coalescer_withoutPolicy_sharesAFailure() = runTest {
        val coalescer = resilience.coalescer("coalescer", CoalescerConfig.defaults<String, String>())
        val failure = IOException("broken")
        val first = async(start = CoroutineStart.UNDISPATCHED) {
            runCatching { coalescer.execute("apples") { delay(1); throw failure } }
        }
        val second = async(start = CoroutineStart.UNDISPATCHED) {
            runCatching { coalescer.execute("apples") { "second" } }
        }
        testScheduler.advanceTimeBy(2)
        time.runPending()
        assertThat(first.await().exceptionOrNull()).isSameAs(failure)
        assertThat(second.await().exceptionOrNull()).isSameAs(failure)
    }

    @Test
    fun keyedPolicies_ofDifferentKeys_areApart() = runTest {
        val breakers = resilience.keyedCircuitBreaker(
            "hosts",
            keyedCircuitBreakerConfig { breaker(circuitBreakerConfig { failureThreshold(1) }) },
        )
        runCatching { breakers.execute("a") { throw IOException("broken") } }
        assertThat(runCatching { breakers.execute("a") { "value" } }.exceptionOrNull())
            .isInstanceOf(CallNotPermittedException::class.java)
        assertThat(breakers.execute("b") { "value" }).isEqualTo("value")
        val limiters = resilience.keyedRateLimiter(
            "tenants",
            keyedRateLimiterConfig { limiter(rateLimiterConfig { limit(2).period(second).burst(2) }) },
        )
        assertThat(limiters.execute("a", permits = 2) { "value" }).isEqualTo("value")
        assertThat(runCatching { limiters.execute("a") { "value" } }.isFailure).isTrue()
        assertThat(limiters.execute("b") { "value" }).isEqualTo("value")
    }

    @Test
    fun fallback_ofAFailure_standsIn() = runTest {
        val pipeline = resilience.unregistered().pipelineBuilder("prices").add(timeout).build()
            .withFallback(Fallback.of<String> { it.message + "!" })
        assertThat(pipeline.execute { delay(1); throw IOException("broken") }).isEqualTo("broken!")
        assertThat(pipeline.execute { "value" }).isEqualTo("value")
    }

    @Test
    fun flow_failsBeforeAnElement_isCollectedAnew() = runTest {
        val collections = AtomicInteger()
        val source = flow {
            if (collections.incrementAndGet() < 3) throw IOException("broken")
            emit(1)
            emit(2)
        }
        val call = async(start = CoroutineStart.UNDISPATCHED) { source.withPolicy(retry).toList() }
        repeat(3) {
            runCurrent()
            time.advance(second.plus(tick))
        }
        assertThat(call.await()).containsExactly(1, 2)
        assertThat(collections).hasValue(3)
    }

    @Test
    fun flow_exceedsAnInnerTimeoutAfterAnElement_everyPolicyCountsOneFailure() = runTest {
        val outer = resilience.circuitBreaker("outer", CircuitBreakerConfig.defaults())
        val inner = resilience.circuitBreaker("inside", CircuitBreakerConfig.defaults())
        val pipeline = resilience.unregistered().pipelineBuilder("p").add(outer).add(retry).add(inner).add(timeout).build()
        val elements = mutableListOf<Int>()
        val call = async(start = CoroutineStart.UNDISPATCHED) {
            runCatching {
                flow { emit(1); awaitCancellation() }.withPolicy(pipeline).collect { elements += it }
            }
        }
        repeat(4) {
            runCurrent()
            time.advance(second.plus(tick))
        }
        assertThat(call.await().exceptionOrNull()).isInstanceOf(TimeoutExceededException::class.java)
        assertThat(elements).containsExactly(1)
        assertThat(outer.snapshot().totals().failures()).isOne()
        assertThat(inner.snapshot().totals().failures()).isOne()
    }

    @Test
    fun manyCalls_onManyThreads_endAndLeaveNothing() {
        Resilience.create().use { real ->
            val pipeline: Policy = real.unregistered().pipelineBuilder("p")
                .add(real.retry("r", retryConfig { backoff(Backoff.constant(Duration.ofMillis(1))).retryIf { true } }))
                .add(real.bulkhead("b", bulkheadConfig { maxConcurrentCalls(4).maxWait(Duration.ofMinutes(1)).maxWaiting(10_000) }))
                .add(real.timeout("t", Duration.ofMinutes(1)))
                .build()
            val attempts = AtomicInteger()
            val values = runBlocking(Dispatchers.Default) {
                (1..1000).map { number ->
                    async {
                        val first = AtomicInteger()
                        pipeline.execute {
                            attempts.incrementAndGet()
                            delay(1)
                            if (number % 2 == 0 && first.getAndIncrement() == 0) throw IOException("broken") else number
                        }
                    }
                }.map { it.await() }
            }
            assertThat(values).isEqualTo((1..1000).toList())
            assertThat(attempts).hasValue(1500)
            assertThat(real.bulkhead("b").snapshot().inUse()).isZero()
        }
    }
}
