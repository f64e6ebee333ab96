/** Hedges: run a slow call a second time beside the first, and take the result that comes first. */
package io.aragora.resilience.hedge;
