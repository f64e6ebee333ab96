/** Fallbacks: the values that replace the failure of a call. */
package io.aragora.resilience.fallback;
