/** Time and chance, the only way in which the library reads either, so that a test can control both. */
package io.aragora.resilience.time;
