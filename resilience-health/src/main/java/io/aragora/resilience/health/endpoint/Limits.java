package io.aragora.resilience.health.endpoint;

import java.time.Duration;

/**
 * What an endpoint takes on at most.
 *
 * @param threads requests that are answered at once
 * @param queue requests that wait; beyond, connections are closed
 * @param client how long a client may take to send its request, and again to read the answer
 */
record Limits(int threads, int queue, Duration client) {
  static final Limits DEFAULT = new Limits(4, 64, Duration.ofSeconds(10));
}
