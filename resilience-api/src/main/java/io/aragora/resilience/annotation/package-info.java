/**
 * Annotations that {@link io.aragora.resilience.Resilience#proxy} applies.
 *
 * <p>They may stand on a method or a type, of the target's class or of the interface. What stands on a method comes before what
 * stands on a type, the class before the interface, and a subclass before what it inherits; each annotation is looked for by
 * itself. The order is always: circuit breaker, retry, timeout, from the outermost. So the breaker counts logical calls, and each
 * attempt has its own time limit.
 *
 * <p>A policy without a name has that of the interface, or {@code com.shop.Prices.price} where the annotation stands on a method.
 * If the interface has more methods of that name, each name has its parameters, as in {@code com.shop.Prices.price(String,int)}.
 * Annotations that declare one name differently are an error when the proxy is made.
 *
 * <p>Self-calls are not intercepted: when a method of the target calls another one of its own, that is a plain Java call.
 */
package io.aragora.resilience.annotation;
