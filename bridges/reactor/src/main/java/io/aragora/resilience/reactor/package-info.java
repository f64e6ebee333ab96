/** Policies as operators of Reactor: {@link io.aragora.resilience.reactor.ResilienceOperator}. */
@org.jspecify.annotations.NullMarked
package io.aragora.resilience.reactor;
