/**
 * The runtime in Spring Boot's Actuator: its health, and the endpoint {@code resilience}.
 */
@org.jspecify.annotations.NullMarked
package io.aragora.resilience.spring.actuate;
