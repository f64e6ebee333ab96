/** Circuit breakers: refuse calls to a dependency that fails, and find out cheaply when it is back. */
package io.aragora.resilience.circuitbreaker;
