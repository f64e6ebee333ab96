package io.aragora.resilience.persistence.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The notice of a writer's commit: its identity, and the transaction in which it changed states. The receivers select
 * the rows by the transaction, since names may be too long for a notice.
 */
record ChangeNotice(UUID writer, long transaction) {
  /** Channels belong to the whole database, so the name contains the table's identifier to separate schemas. */
  static final String CHANNEL =
      "'resilience_circuit_breakers_' || 'resilience_circuit_breakers'::regclass::oid::text";

  private static final Pattern FORM =
      Pattern.compile("([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}) ([1-9][0-9]{0,17})");

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
    Matcher form = FORM.matcher(payload);
    return form.matches()
        ? new ChangeNotice(UUID.fromString(form.group(1)), Long.parseLong(form.group(2)))
        : null;
  }
}
