package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.persistence.StateStoreException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A connection to a checked database with its table in place. Without auto-commit. */
final class Session implements AutoCloseable {
  private static final int OLDEST_SERVER = 13;

  private final Connection connection;

  private Session(Connection connection) {
    this.connection = connection;
  }

  static Session open(DatabaseLocation location) throws SQLException, StateStoreException {
    Connection connection = location.connect();
    try {
      int version = connection.getMetaData().getDatabaseMajorVersion();
      if (version < OLDEST_SERVER) {
        throw unfit(location, "its server is PostgreSQL " + version, "13 or later");
      }
      connection.setAutoCommit(false);
      Session session = new Session(connection);
      String encoding = session.text("SHOW server_encoding");
      if (!encoding.equals("UTF8")) {
        throw unfit(location, "its encoding is " + encoding, "a database with UTF8");
      }
      new SchemaMigrator(connection, location).migrate();
      return session;
    } catch (SQLException | StateStoreException | RuntimeException e) {
      try {
        connection.close();
      } catch (SQLException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private static StateStoreException unfit(
      DatabaseLocation location, String finding, String needed) {
    return new StateStoreException(
        "cannot use " + location + ": " + finding + "; use " + needed, null);
  }

  Connection connection() {
    return connection;
  }

  /** Returns the channel for notices of changes in this table. */
  String channel() throws SQLException {
    return text("SELECT " + ChangeNotice.CHANNEL);
  }

  /** Returns the first transaction that may still be running: every earlier one is either visible or aborted. */
  long firstRunning() throws SQLException {
    return Long.parseLong(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text"));
  }

  private String text(String select) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(select)) {
      row.next();
      return row.getString(1);
    }
  }

  /** Closes the connection at once, which also ends a wait of another thread. */
  void abort() throws SQLException {
    connection.abort(Runnable::run);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
