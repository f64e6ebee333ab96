package io.aragora.resilience.health.server;

import java.time.Duration;

/**
 * What an endpoint takes on at most.
 *
 * @param connections clients that are connected at once; beyond, the one that has kept us waiting for longest is cut off
 * @param head how long a client may take to send the head of its request, and again for the body
 * @param client how long a client may take to read the answer, or one event of a stream
 * @param guess how long an answer to an operator is held back while the token is being guessed
 * @param streams pages that are fed at once; beyond, they are told to come back later
 * @param stream how long one stream lasts before its client has to open another
 * @param heartbeat how long a stream is silent before it sends something all the same
 * @param pace how often the runtime is read for the streams
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
  /** The limits of an endpoint that an application builds. */
  public static final Limits DEFAULT =
      new Limits(80, Duration.ofSeconds(5), Duration.ofSeconds(10), Duration.ofSeconds(1));

  /**
   * Creates limits with the default ones for streams.
   *
   * @param connections clients that are connected at once
   * @param head how long a client may take to send the head of its request, and again for the body
   * @param client how long a client may take to read the answer
   * @param guess how long an answer to an operator is held back while the token is being guessed
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
