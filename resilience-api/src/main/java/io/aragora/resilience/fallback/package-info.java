/** Fallbacks: what a call gives when it fails after all. */
package io.aragora.resilience.fallback;
