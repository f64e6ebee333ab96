package io.aragora.resilience.kotlin

import io.aragora.resilience.bulkhead.BulkheadConfig
import io.aragora.resilience.chaos.ChaosConfig
import io.aragora.resilience.circuitbreaker.CircuitBreakerConfig
import io.aragora.resilience.circuitbreaker.KeyedCircuitBreakerConfig
import io.aragora.resilience.coalescing.CoalescerConfig
import io.aragora.resilience.concurrencylimit.ConcurrencyLimitConfig
import io.aragora.resilience.hedge.HedgeConfig
import io.aragora.resilience.ratelimiter.KeyedRateLimiterConfig
import io.aragora.resilience.ratelimiter.RateLimiterConfig
import io.aragora.resilience.retry.RetryBudgetConfig
import io.aragora.resilience.retry.RetryConfig
import io.aragora.resilience.timeout.TimeoutConfig

/** Marks the receivers of configs, so that a config inside another one does not see the settings of the outer one. */
@DslMarker
@Target(AnnotationTarget.TYPE)
public annotation class ConfigDsl

/** Creates the config of a circuit breaker: `circuitBreakerConfig { failureThreshold(3) }`. */
public fun circuitBreakerConfig(
    settings: (@ConfigDsl CircuitBreakerConfig.Builder).() -> Unit,
): CircuitBreakerConfig = CircuitBreakerConfig.builder().apply(settings).build()

/** Creates the config of a circuit breaker with keys. */
public fun keyedCircuitBreakerConfig(
    settings: (@ConfigDsl KeyedCircuitBreakerConfig.Builder).() -> Unit,
): KeyedCircuitBreakerConfig = KeyedCircuitBreakerConfig.builder().apply(settings).build()

/** Creates the config of a retry. */
public fun retryConfig(settings: (@ConfigDsl RetryConfig.Builder).() -> Unit): RetryConfig =
    RetryConfig.builder().apply(settings).build()

/** Creates the config of a retry budget. */
public fun retryBudgetConfig(settings: (@ConfigDsl RetryBudgetConfig.Builder).() -> Unit): RetryBudgetConfig =
    RetryBudgetConfig.builder().apply(settings).build()

/** Creates the config of a timeout. */
public fun timeoutConfig(settings: (@ConfigDsl TimeoutConfig.Builder).() -> Unit): TimeoutConfig =
    TimeoutConfig.builder().apply(settings).build()

/** Creates the config of a bulkhead. */
public fun bulkheadConfig(settings: (@ConfigDsl BulkheadConfig.Builder).() -> Unit): BulkheadConfig =
    BulkheadConfig.builder().apply(settings).build()

/** Creates the config of a concurrency limit. */
public fun concurrencyLimitConfig(
    settings: (@ConfigDsl ConcurrencyLimitConfig.Builder).() -> Unit,
): ConcurrencyLimitConfig = ConcurrencyLimitConfig.builder().apply(settings).build()

/** Creates the config of a smooth rate limiter. */
public fun rateLimiterConfig(settings: (@ConfigDsl RateLimiterConfig.Builder).() -> Unit): RateLimiterConfig =
    RateLimiterConfig.builder().apply(settings).build()

/** Creates the config of a rate limiter with keys. */
public fun keyedRateLimiterConfig(
    settings: (@ConfigDsl KeyedRateLimiterConfig.Builder).() -> Unit,
): KeyedRateLimiterConfig = KeyedRateLimiterConfig.builder().apply(settings).build()

/** Creates the config of a hedge, for calls that may run more than once. */
public fun hedgeConfig(settings: (@ConfigDsl HedgeConfig.Builder).() -> Unit): HedgeConfig =
    HedgeConfig.forIdempotentCalls().apply(settings).build()

/** Creates the config of a chaos policy. */
public fun chaosConfig(settings: (@ConfigDsl ChaosConfig.Builder).() -> Unit): ChaosConfig =
    ChaosConfig.builder().apply(settings).build()

/** Creates the config of a coalescer. */
public fun <K : Any, V> coalescerConfig(
    settings: (@ConfigDsl CoalescerConfig.Builder<K, V>).() -> Unit,
): CoalescerConfig<K, V> = CoalescerConfig.builder<K, V>().apply(settings).build()
