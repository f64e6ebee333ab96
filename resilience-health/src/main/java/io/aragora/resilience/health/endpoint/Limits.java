package io.aragora.resilience.health.endpoint;

import java.time.Duration;

/**
 * What an endpoint takes on at most.
 *
 * @param threads requests that are answered at once
 * @param queue requests that wait; beyond, connections are closed
 * @param client how long a client may take to send its request, and again to read the answer, or one event of a stream
 * @param streams pages that are fed at once; beyond, they are told to come back later
 * @param stream how long one stream lasts before its client has to open another
 * @param heartbeat how long a stream is silent before it sends something all the same
 * @param pace how often the runtime is read for the streams
 */
record Limits(
    int threads,
    int queue,
    Duration client,
    int streams,
    Duration stream,
    Duration heartbeat,
    Duration pace) {
  static final Limits DEFAULT = new Limits(4, 64, Duration.ofSeconds(10));

  /** Makes limits with the default ones for streams. */
  Limits(int threads, int queue, Duration client) {
    this(
        threads,
        queue,
        client,
        8,
        Duration.ofMinutes(10),
        Duration.ofSeconds(5),
        Duration.ofSeconds(1));
  }
}
