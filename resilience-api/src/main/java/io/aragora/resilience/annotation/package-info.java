/**
 * Annotations that {@link io.aragora.resilience.Resilience#proxy} applies, and containers through {@link
 * io.aragora.resilience.Policies#forMethod}.
 *
 * <p>They apply to a method or a type, of the class of the target or of the interface. An annotation on a method takes
 * precedence over one on a type, the class over the interface, and a subclass over its superclass; each kind of annotation is
 * looked up separately. The order is always the same, from the outermost: fallback, circuit breaker, retry, rate limiter,
 * concurrency limit, bulkhead, timeout. So the breaker counts logical calls, and each attempt has its own time limit.
 *
 * <p>A policy without a name has that of the interface, or {@code com.shop.Prices.price} if the annotation is on a
 * method. If the interface has more methods of that name, each name has its parameters, as in {@code
 * com.shop.Prices.price(String,int)}. Annotations that declare one name differently are an error when the proxy is created.
 *
 * <p>Self-calls are not intercepted: when a method of the target calls another one of its own, that is a plain Java call.
 */
package io.aragora.resilience.annotation;
