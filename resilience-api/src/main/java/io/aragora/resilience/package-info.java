/**
 * The entry point, {@link io.aragora.resilience.Resilience}, with its builder, pipelines and extensions.
 *
 * <p>The packages stand in floors; each uses floors below it only. From the top: this package; {@code spi}; {@code
 * persistence}; {@code circuitbreaker} and {@code ratelimiter}; {@code retry}, {@code fallback} and {@code health}; {@code
 * timeout}; {@code policy}, {@code time} and {@code annotation}.
 */
package io.aragora.resilience;
