/** Coalescing: concurrent calls for one key share one call, and a stored result may stand in for its failure. */
package io.aragora.resilience.coalescing;
