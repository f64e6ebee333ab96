/** A service that slows down under load, called without a concurrency limit and with one. */
package io.aragora.resilience.examples.overload;
