package io.aragora.resilience.health.server;

/**
 * The totals of a server's connections.
 *
 * @param open connections that are open now
 * @param accepted accepted connections
 * @param cutOff accepted connections that were closed because the client was too slow, or to make room
 * @param rejected connections that were closed at once because the server was full
 * @param reopened how often the port was opened again
 * @param failures turns of the accepting thread that failed
 */
public record ServerTotals(
    int open, long accepted, long cutOff, long rejected, long reopened, long failures) {}
