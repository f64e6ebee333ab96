/** What the live page shows of a runtime, and what it may do to it. Knows nothing of HTTP. Not exported. */
package io.aragora.resilience.health.page;
