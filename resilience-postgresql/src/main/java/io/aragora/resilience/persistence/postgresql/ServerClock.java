package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.internal.Micros;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/**
 * The clock that all instances share. Times are whole microseconds since 1970 in UTC, rounded down.
 */
final class ServerClock {
  /** The time at which the running statement reached the server, so that waiting there does not make a state look younger. */
  static final String NOW = "(extract(epoch FROM statement_timestamp()) * 1000000)::bigint";

  /** Clocks that differ by less are treated as equal: the difference may be an error of measurement, and is too small to matter for a cooldown. */
  static final long TOLERANCE_MICROS = 250_000;

  private static final String SELECT =
      "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
  private static final long PROMPT_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final int MAX_READINGS = 5;

  private ServerClock() {}

  /**
   * Measures how far the server's clock is ahead of this process's; the error is less than half of the shortest round trip.
   */
  static long offsetMicros(Connection connection, InstantSource clock) throws SQLException {
    long offset = 0;
    long promptest = Long.MAX_VALUE;
    try (PreparedStatement select = connection.prepareStatement(SELECT)) {
      for (int i = 0; i < MAX_READINGS && promptest > PROMPT_NANOS; i++) {
        Instant asked = clock.instant();
        long begun = System.nanoTime();
        long server;
        try (ResultSet row = select.executeQuery()) {
          row.next();
          server = row.getLong(1);
        }
        long nanos = System.nanoTime() - begun;
        if (nanos < promptest) {
          promptest = nanos;
          offset = server - Micros.of(asked.plusNanos(nanos / 2));
        }
      }
    }
    return offset;
  }

  /** Returns the difference between two clocks, given how far the server's clock is ahead of each. */
  static long shiftMicros(long offsetThere, long offsetHere) {
    long shift = Math.subtractExact(offsetThere, offsetHere);
    return shift >= -TOLERANCE_MICROS && shift <= TOLERANCE_MICROS ? 0 : shift;
  }
}
