/** The HTTP endpoint: an extension that serves the health of one runtime. */
package io.aragora.resilience.health.endpoint;
