/** The data that the live page shows of a runtime, and the actions that it offers. Independent of HTTP. Not exported. */
package io.aragora.resilience.health.page;
