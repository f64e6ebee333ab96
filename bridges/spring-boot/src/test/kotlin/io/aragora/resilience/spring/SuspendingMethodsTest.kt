package io.aragora.resilience.spring

import io.aragora.resilience.Resilience
import io.aragora.resilience.annotation.WithBulkhead
import io.aragora.resilience.annotation.WithCircuitBreaker
import io.aragora.resilience.annotation.WithFallback
import io.aragora.resilience.annotation.WithRetry
import io.aragora.resilience.circuitbreaker.CallNotPermittedException
import java.io.IOException
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield
import org.assertj.core.api.Assertions.assertThat
import org.assertj.core.api.Assertions.assertThatThrownBy
import org.junit.jupiter.api.Test
import org.springframework.boot.autoconfigure.AutoConfigurations
import org.springframework.boot.test.context.runner.ApplicationContextRunner

/** Suspending functions of beans. */
class SuspendingMethodsTest {
    private val runner: ApplicationContextRunner =
        ApplicationContextRunner().withConfiguration(AutoConfigurations.of(ResilienceAutoConfiguration::class.java))

    open class Shop {
        var calls: Int = 0

        open fun calls(): Int = calls

        @WithRetry(value = "prices", maxAttempts = 3, delay = "0 s")
        @WithCircuitBreaker("prices")
        open suspend fun price(article: String): String {
            yield()
            if (++calls < 3) {
                throw IOException("down")
            }
            return "$article $calls"
        }

        @WithRetry("nothing")
        open suspend fun nothing(): String? {
            yield()
            return null
        }

        @WithRetry(value = "broken", maxAttempts = 2, delay = "0 s")
        open suspend fun broken(): String {
            calls++
            throw IOException("down")
        }

        @WithBulkhead("endless")
        open suspend fun endless(): String = awaitCancellation()
    }

    open class WithFallbacks {
        @WithRetry(value = "plain", maxAttempts = 2, delay = "0 s")
        @WithFallback("none")
        open suspend fun price(article: String): String = throw IOException(article)

        open suspend fun none(article: String): String = "no $article"

        @WithRetry("late")
        @WithFallback("lateOne")
        open suspend fun latePrice(article: String): String = throw IOException("down")

        open suspend fun lateOne(article: String, failure: Exception): String {
            yield()
            return "$article: ${failure.message}"
        }

        @WithRetry("nothing")
        @WithFallback("nothing")
        open suspend fun nothingPrice(): String? = throw IOException("down")

        open suspend fun nothing(): String? = null

        @WithRetry("broken")
        @WithFallback("alsoBroken")
        open suspend fun broken(): String = throw IOException("down")

        open suspend fun alsoBroken(): String {
            yield()
            throw IllegalStateException("also down")
        }

        @WithRetry("others")
        @WithFallback(value = "none", on = [IllegalArgumentException::class])
        open suspend fun otherFailure(article: String): String = throw IOException(article)

        @WithRetry("endless")
        @WithFallback("endless")
        open suspend fun endlessPrice(): String = throw IOException("down")

        open suspend fun endless(): String = awaitCancellation()
    }

    open class WithoutFitting {
        @WithRetry("unfit")
        @WithFallback("unfit")
        open suspend fun price(article: String): String = article

        open fun unfit(article: String): String = article
    }

    open class WithFlow {
        @WithRetry("flow")
        open suspend fun prices(): Flow<Int> = flowOf(1)
    }

    private fun with(use: suspend (Shop, Resilience) -> Unit) {
        runner.withBean(Shop::class.java).run { context ->
            runBlocking { use(context.getBean(Shop::class.java), context.getBean(Resilience::class.java)) }
        }
    }

    @Test
    fun suspendingFunction_fails_isCalledAgain_andCountedOnce() = with { shop, resilience ->
        assertThat(shop.price("apples")).isEqualTo("apples 3")
        assertThat(resilience.circuitBreaker("prices").snapshot().totals().successes()).isEqualTo(1)
        assertThat(resilience.circuitBreaker("prices").snapshot().totals().failures()).isZero()
        assertThat(resilience.retry("prices").totals().retries()).isEqualTo(2)
    }

    @Test
    fun suspendingFunction_failsForGood_throwsItsException() = with { shop, _ ->
        assertThatThrownBy { runBlocking { shop.broken() } }.isInstanceOf(IOException::class.java).hasMessage("down")
        assertThat(shop.calls()).isEqualTo(2)
    }

    @Test
    fun suspendingFunction_returnsNull_isASuccess() = with { shop, resilience ->
        assertThat(shop.nothing()).isNull()
        assertThat(resilience.retry("nothing").totals().calls()).isEqualTo(1)
    }

    @Test
    fun breaker_isOpen_functionIsNotCalled() = with { shop, resilience ->
        resilience.circuitBreaker("prices").forceOpen()
        assertThatThrownBy { runBlocking { shop.price("apples") } }.isInstanceOf(CallNotPermittedException::class.java)
        assertThat(shop.calls()).isZero()
    }

    @Test
    fun caller_isCancelled_permitIsReturned() = with { shop, resilience ->
        runBlocking {
            val call = launch(start = CoroutineStart.UNDISPATCHED) { shop.endless() }
            assertThat(resilience.bulkhead("endless").snapshot().inUse()).isEqualTo(1)
            call.cancelAndJoin()
            assertThat(resilience.bulkhead("endless").snapshot().inUse()).isZero()
        }
    }

    private fun withFallbacks(use: suspend (WithFallbacks, Resilience) -> Unit) {
        runner.withBean(WithFallbacks::class.java).run { context ->
            runBlocking { use(context.getBean(WithFallbacks::class.java), context.getBean(Resilience::class.java)) }
        }
    }

    @Test
    fun fallback_afterAllAttempts_suppliesTheValue() = withFallbacks { shop, resilience ->
        assertThat(shop.price("apples")).isEqualTo("no apples")
        assertThat(resilience.retry("plain").totals().retries()).isEqualTo(1)
        assertThat(resilience.status().fallbacks().values.sumOf { it.used() }).isEqualTo(1)
    }

    @Test
    fun fallbackThatSuspends_takesTheFailure() = withFallbacks { shop, _ ->
        assertThat(shop.latePrice("apples")).isEqualTo("apples: down")
    }

    @Test
    fun fallbackThatReturnsNull_isNull() = withFallbacks { shop, _ -> assertThat(shop.nothingPrice()).isNull() }

    @Test
    fun fallbackThatFails_throwsItsException() = withFallbacks { shop, _ ->
        assertThatThrownBy { runBlocking { shop.broken() } }
            .isInstanceOf(IllegalStateException::class.java)
            .hasMessage("also down")
    }

    @Test
    fun failureOfAnotherType_isThrown() = withFallbacks { shop, _ ->
        assertThatThrownBy { runBlocking { shop.otherFailure("apples") } }
            .isInstanceOf(IOException::class.java)
            .hasMessage("apples")
    }

    @Test
    fun callerIsCancelled_fallbackEnds() = withFallbacks { shop, _ ->
        runBlocking {
            val call = launch(start = CoroutineStart.UNDISPATCHED) { shop.endlessPrice() }
            yield()
            call.cancelAndJoin()
            assertThat(call.isCancelled).isTrue()
        }
    }

    @Test
    fun fallbackThatDoesNotSuspend_isAnErrorOfTheStart() {
        runner.withBean(WithoutFitting::class.java).run { context ->
            assertThat(context.startupFailure)
                .rootCause()
                .hasMessageContaining("@WithFallback must name one method")
                .hasMessageContaining("0 methods fit: unfit")
        }
    }

    @Test
    fun suspendingFunctionThatReturnsAFlow_isAnErrorOfTheStart() {
        runner.withBean(WithFlow::class.java).run { context ->
            assertThat(context.startupFailure)
                .rootCause()
                .hasMessageContaining("prices")
                .hasMessageContaining("kotlinx.coroutines.flow.Flow")
        }
    }
}
