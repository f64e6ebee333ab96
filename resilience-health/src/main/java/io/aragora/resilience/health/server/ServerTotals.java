package io.aragora.resilience.health.server;

/**
 * What became of the connections of a server so far.
 *
 * @param open connections that are open now
 * @param accepted connections that were taken on
 * @param cutOff those of them that were closed because the client was too slow, or made room for others
 * @param refused connections that were closed at once because there was no room
 * @param reopened how often the port had to be opened anew
 * @param failures turns of the accepting thread that failed
 */
public record ServerTotals(
    int open, long accepted, long cutOff, long refused, long reopened, long failures) {}
