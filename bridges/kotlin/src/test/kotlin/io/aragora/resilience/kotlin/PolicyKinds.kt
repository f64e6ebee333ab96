package io.aragora.resilience.kotlin

import io.aragora.resilience.Resilience
import io.aragora.resilience.UnregisteredPolicies
import io.aragora.resilience.bulkhead.BulkheadConfig
import io.aragora.resilience.policy.CheckedSupplier
import io.aragora.resilience.policy.Policy
import io.aragora.resilience.retry.Backoff
import io.aragora.resilience.timeout.TimeoutConfig
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.function.Supplier

/** A policy of an application, which passes calls on. */
internal class Plain : Policy {
    override fun name(): String = "plain"

    override fun <T, X : Throwable> call(body: CheckedSupplier<out T, X>): T = body.get()

    override fun <T> callAsync(body: Supplier<out CompletionStage<T>>): CompletableFuture<T> =
        body.get().toCompletableFuture()

    override fun toString(): String = name()
}

/** One policy of every kind that a runtime creates, found by its methods, a pipeline, and a policy of an application. */
internal object PolicyKinds {
    private val configs = listOf(
        circuitBreakerConfig { },
        retryConfig { maxAttempts(3).backoff(Backoff.constant(Duration.ofMillis(100))).retryIf { true } },
        TimeoutConfig.of(Duration.ofSeconds(10)),
        BulkheadConfig.of(1),
        concurrencyLimitConfig { initial(1).least(1).most(1) },
        rateLimiterConfig { limit(1000).period(Duration.ofSeconds(1)) },
        hedgeConfig { delay(Duration.ofSeconds(5)) },
        chaosConfig { fail(1.0) { IllegalStateException() } },
    )

    fun of(resilience: Resilience): List<Policy> {
        val policies = UnregisteredPolicies::class.java.methods
            .filter { Policy::class.java.isAssignableFrom(it.returnType) }
            .sortedBy { it.name }
            .map { method ->
                val config = configs.first { method.parameterTypes[1].isInstance(it) }
                method.invoke(resilience.unregistered(), method.name, config) as Policy
            }
        val inner = resilience.unregistered().pipelineBuilder("inner")
        policies.filter { it.name() in setOf("circuitBreaker", "rateLimiter", "timeout") }.forEach { inner.add(it) }
        val all = resilience.unregistered().pipelineBuilder("all")
            .add(policies.first { it.name() == "retry" })
            .add(Plain())
            .add(inner.build())
            .build()
        return policies + all + Plain()
    }
}
