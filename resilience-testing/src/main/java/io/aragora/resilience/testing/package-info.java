/** Manual time, and suites that a plug-in's tests extend. */
package io.aragora.resilience.testing;
