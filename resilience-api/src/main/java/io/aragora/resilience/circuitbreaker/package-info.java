/** Circuit breakers: reject calls to a dependency that fails, and test cheaply whether it works again. */
package io.aragora.resilience.circuitbreaker;
