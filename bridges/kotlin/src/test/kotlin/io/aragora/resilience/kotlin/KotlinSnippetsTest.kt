package io.aragora.resilience.kotlin

import io.aragora.resilience.Resilience
import io.aragora.resilience.fallback.Fallback
import io.aragora.resilience.testing.ManualTime
import io.aragora.resilience.timeout.TimeoutExceededException
import java.io.IOException
import java.time.Duration
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.Test

/** The code of the page about Kotlin. */
@kotlin.OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)
internal class KotlinSnippetsTest {
    private object Shop {
        suspend fun price(article: String): String {
            delay(1)
            return "$article 1.20"
        }

        fun offers(): Flow<String> = flowOf("apples", "pears")
    }

    private val shop = Shop

    @Test
    fun page_compiles_andRuns(): Unit = runBlocking {
        Resilience.create().use { resilience ->
            // readme: kotlin page
            val prices = resilience.pipeline("prices") {
                it.add(resilience.retry("prices"))
                    .add(resilience.circuitBreaker("prices", circuitBreakerConfig { failureThreshold(3) }))
                    .add(resilience.timeout("prices", Duration.ofSeconds(1)))
            }
            val price = prices.execute { shop.price("apples") }
            // end
            assertThat(price).isEqualTo("apples 1.20")

            // readme: kotlin flow
            val offers = shop.offers().withPolicy(resilience.circuitBreaker("offers"))
            // end
            assertThat(offers.toList()).containsExactly("apples", "pears")

            // readme: kotlin fallback
            val withFallback = prices.withFallback(
                Fallback.builder<String>().on(IOException::class.java) { "unknown" }.build(),
            )
            val known = withFallback.execute { shop.price("pears") }
            // end
            assertThat(known).isEqualTo("pears 1.20")

            // readme: kotlin keys
            val tenants = resilience.keyedRateLimiter(
                "tenants",
                keyedRateLimiterConfig {
                    limiter(rateLimiterConfig { limit(100).period(Duration.ofSeconds(1)) })
                },
            )
            val limited = tenants.execute("acme") { shop.price("apples") }
            val shared = resilience.coalescer("prices", coalescerConfig<String, String> { maxFlights(1000) })
            val once = shared.execute("apples", prices) { shop.price("apples") }
            // end
            assertThat(listOf(limited, once)).containsOnly("apples 1.20")

            // readme: kotlin context
            val attempt = prices.execute { currentCallContext().attempt() }
            // end
            assertThat(attempt).isEqualTo(1)
        }
    }

    // readme: kotlin test
    @Test
    fun price_hangs_timesOut() = runTest {
        val time = ManualTime.create()
        Resilience.builder().timeSource(time).build().use { resilience ->
            val timeout = resilience.timeout("prices", Duration.ofSeconds(1))
            val call = async(start = CoroutineStart.UNDISPATCHED) {
                runCatching { timeout.execute { awaitCancellation() } }
            }
            time.advance(Duration.ofSeconds(2)) // the clock of the policies
            runCurrent() // the coroutines that it woke
            assertThat(call.await().exceptionOrNull()).isInstanceOf(TimeoutExceededException::class.java)
        }
    }
    // end
}
