package io.aragora.resilience.persistence.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The notice of a writer's commit: its identity, and the transaction in which it changed states. The receivers select the rows by the transaction, since names may be too long for a notice.
 */
record ChangeNotice(UUID writer, long transaction) {
  /** Channels belong to the whole database, so the name contains the table's identifier to separate schemas. */
  static final String CHANNEL =
      "'resilience_circuit_breakers_' || 'resilience_circuit_breakers'::regclass::oid::text";

  /** Sends the notice of the running transaction. */
  static void send(Connection connection, UUID writer) throws SQLException {
    try (PreparedStatement notify = connection.prepareStatement(
        "SELECT pg_notify(" + CHANNEL + ", ? || ' ' || pg_current_xact_id()::text)")) {
      notify.setString(1, writer.toString());
      notify.execute();
    }
  }

  /** Returns null for a notice that no writer sent: any client may use the channel. */
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
