/** The runtime behind the circuit breakers of Spring Cloud Commons. */
@org.jspecify.annotations.NullMarked
package io.aragora.resilience.spring.cloud;
