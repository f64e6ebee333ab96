package io.aragora.resilience.kotlin

import io.aragora.resilience.Resilience
import io.aragora.resilience.circuitbreaker.CallNotPermittedException
import io.aragora.resilience.retry.Backoff
import java.io.IOException
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.Proxy
import java.time.Duration
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.runTest
import org.assertj.core.api.Assertions.assertThat
import org.junit.jupiter.api.Test

/** Interceptors of suspending methods, here a proxy of the JDK. */
internal class SuspendingMethodsTest {
    internal interface Shop {
        suspend fun price(article: String): String

        fun name(): String
    }

    private class FailingOnce : Shop {
        private var calls = 0

        override suspend fun price(article: String): String {
            delay(1)
            if (calls++ == 0) throw IOException("broken")
            return "$article 1.20"
        }

        override fun name(): String = "shop"
    }

    @Test
    fun suspendingMethod_throughAProxy_isRetriedAndRejected() = runTest {
        Resilience.create().use { resilience ->
            val breaker = resilience.circuitBreaker("shop")
            val pipeline = resilience.unregistered().pipelineBuilder("shop")
                .add(resilience.retry("shop", retryConfig { backoff(Backoff.constant(Duration.ofMillis(1))).retryIf { true } }))
                .add(breaker)
                .build()
            val target = FailingOnce()
            val shop = Proxy.newProxyInstance(Shop::class.java.classLoader, arrayOf(Shop::class.java)) { _, method, arguments ->
                fun proceed(own: Array<Any?>): Any? = try {
                    method.invoke(target, *own)
                } catch (e: InvocationTargetException) {
                    throw e.targetException
                }
                if (SuspendingMethods.isSuspending(method)) {
                    SuspendingMethods.call(pipeline, arguments, ::proceed)
                } else {
                    proceed(arguments ?: emptyArray())
                }
            } as Shop
            assertThat(shop.name()).isEqualTo("shop")
            assertThat(shop.price("apples")).isEqualTo("apples 1.20")
            breaker.forceOpen()
            assertThat(runCatching { shop.price("apples") }.exceptionOrNull())
                .isInstanceOf(CallNotPermittedException::class.java)
        }
    }
}
