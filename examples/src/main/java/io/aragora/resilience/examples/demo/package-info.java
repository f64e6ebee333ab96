/** The demo: an upstream that breaks and mends, and a client that is protected from it. */
package io.aragora.resilience.examples.demo;
