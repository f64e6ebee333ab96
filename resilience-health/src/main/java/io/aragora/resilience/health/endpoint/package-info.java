/** The HTTP endpoint: an extension that answers for the health of one runtime. */
package io.aragora.resilience.health.endpoint;
