package io.aragora.resilience.kotlin

import io.aragora.resilience.Resilience
import io.aragora.resilience.retry.Backoff
import java.io.IOException
import java.time.Duration
import java.util.SplittableRandom
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.nanoseconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.Test

/** Cancellations, timeouts and failures that race, on the threads of the machine. What holds does not depend on who wins. */
internal class CancelledCallsTest {
    private val calls = 2000
    private val bodies = AtomicInteger()

    @Test
    fun everyCall_howeverItEnds_givesBackItsPermitAndEndsItsBodies() = verify { policies, duration, fails ->
        policies.execute { body(duration, fails) }
    }

    @Test
    fun everyFlow_howeverItEnds_givesBackItsPermitAndEndsItsBodies() = verify { policies, duration, fails ->
        flow {
            emit(1)
            body(duration, fails)
            emit(2)
        }.withPolicy(policies).collect { }
    }

    private suspend fun body(nanos: Long, fails: Boolean) {
        bodies.incrementAndGet()
        try {
            delay(nanos.nanoseconds)
            if (fails) throw IOException("broken")
        } finally {
            bodies.decrementAndGet()
        }
    }

    private fun verify(call: suspend CoroutineScope.(io.aragora.resilience.policy.Policy, Long, Boolean) -> Unit) {
        Resilience.create().use { resilience ->
            val bulkhead = resilience.bulkhead(
                "bulkhead",
                bulkheadConfig { maxConcurrentCalls(16).maxWait(Duration.ofSeconds(30)).maxWaiting(calls) },
            )
            val policies = resilience.unregistered().pipelineBuilder("policies")
                .add(resilience.retry("retry", retryConfig { backoff(Backoff.constant(Duration.ofMillis(1))).retryIf { true } }))
                .add(bulkhead)
                .add(resilience.timeout("timeout", Duration.ofMillis(3)))
                .build()
            val random = SplittableRandom(25)
            runBlocking(Dispatchers.Default) {
                val jobs = List(calls) {
                    val duration = random.nextLong(5_000_000)
                    val fails = random.nextInt(4) == 0
                    val patience = random.nextLong(50_000_000)
                    launch {
                        val one = launch { runCatching { call(policies, duration, fails) } }
                        delay(patience.nanoseconds)
                        one.cancel()
                    }
                }
                jobs.joinAll()
            }
            // The callers have ended, and a call ends after its bodies.
            assertThat(bodies).hasValue(0)
            assertThat(bulkhead.snapshot().waiting()).isZero()
            assertThat(bulkhead.snapshot().inUse()).isZero()
        }
    }
}
