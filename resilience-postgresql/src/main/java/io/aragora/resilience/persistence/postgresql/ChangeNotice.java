package io.aragora.resilience.persistence.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a writer tells the others when it commits: who it is, and in which transaction it changed states. Of that the others find
 * the rows, whose names may be too long for a notice.
 */
record ChangeNotice(UUID writer, long transaction) {
  /** A channel is one for the whole database, so its name tells tables of different schemas apart. */
  static final String CHANNEL =
      "'resilience_circuit_breakers_' || 'resilience_circuit_breakers'::regclass::oid::text";

  /** Sends one for the running transaction. */
  static void send(Connection connection, UUID writer) throws SQLException {
    try (PreparedStatement notify = connection.prepareStatement(
        "SELECT pg_notify(" + CHANNEL + ", ? || ' ' || pg_current_xact_id()::text)")) {
      notify.setString(1, writer.toString());
      notify.execute();
    }
  }

  /** Gives null for what no writer sent: anybody may use the channel. */
  static @Nullable ChangeNotice parse(String payload) {
    int blank = payload.indexOf(' ');
    if (blank < 0) {
      return null;
    }
    try {
      return new ChangeNotice(
          UUID.fromString(payload.substring(0, blank)),
          Long.parseLong(payload.substring(blank + 1)));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}
