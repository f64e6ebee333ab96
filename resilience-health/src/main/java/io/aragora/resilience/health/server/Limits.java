package io.aragora.resilience.health.server;

import java.time.Duration;

/**
 * The bounds of an endpoint.
 *
 * @param connections clients that are connected at a time; for another one, the client that has kept the server waiting
 * longest is cut off
 * @param head how long a client may take to send the head of its request, and again for the body
 * @param client how long a client may take to read the answer, or one event of a stream
 * @param guess how long the response to an operator is delayed after a wrong token
 * @param streams live pages that receive events at a time; further ones receive 503 with Retry-After
 * @param stream how long one stream lasts before its client has to open another
 * @param heartbeat how long a stream is silent before it sends a beat
 * @param pace the interval between readings for the streams
 */
public record Limits(
    int connections,
    Duration head,
    Duration client,
    Duration guess,
    int streams,
    Duration stream,
    Duration heartbeat,
    Duration pace) {
  /** The default limits. */
  public static final Limits DEFAULT =
      new Limits(80, Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(1));

  /**
   * Creates limits with the defaults for streams.
   *
   * @param connections clients that are connected at once
   * @param head how long a client may take to send the head of its request, and again for the body
   * @param client how long a client may take to read the answer
   * @param guess how long the response to an operator is delayed after a wrong token
   */
  public Limits(int connections, Duration head, Duration client, Duration guess) {
    this(
        connections,
        head,
        client,
        guess,
        8,
        Duration.ofMinutes(10),
        Duration.ofSeconds(5),
        Duration.ofSeconds(1));
  }
}
