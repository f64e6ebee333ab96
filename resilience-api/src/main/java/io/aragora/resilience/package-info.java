/**
 * The entry point, {@link io.aragora.resilience.Resilience}, with its builder, pipelines and extensions.
 *
 * <p>The packages stand in floors; each uses floors below it only. From the top: {@code reference}; this package; {@code
 * spi}; {@code persistence} and {@code annotation}; {@code circuitbreaker}, {@code bulkhead}, {@code ratelimiter}, {@code
 * concurrencylimit}, {@code hedge}, {@code chaos} and {@code coalescing}; {@code retry}, {@code fallback} and {@code
 * health}; {@code timeout} and {@code quota}; {@code policy} and {@code time}.
 */
package io.aragora.resilience;
