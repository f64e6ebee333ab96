/** Time and random numbers. The library reads both only here, so that a test can control them. */
package io.aragora.resilience.time;
