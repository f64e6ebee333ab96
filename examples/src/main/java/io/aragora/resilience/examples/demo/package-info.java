/** The demo: an upstream that fails and recovers, and a client that is protected from it. */
package io.aragora.resilience.examples.demo;
