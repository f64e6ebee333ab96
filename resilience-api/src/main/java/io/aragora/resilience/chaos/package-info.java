/** Chaos: failures and delays that are injected on purpose and for a while, to see what the policies around do. */
package io.aragora.resilience.chaos;
