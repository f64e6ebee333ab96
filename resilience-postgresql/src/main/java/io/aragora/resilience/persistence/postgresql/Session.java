package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.persistence.StateStoreException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A connection to a database that was found fit, with its table in place. Commits when it is told to. */
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

  /** Gives the channel on which those who share this table tell each other of changes. */
  String channel() throws SQLException {
    return text("SELECT " + ChangeNotice.CHANNEL);
  }

  /** Gives the first transaction that may still be running: all before it can be seen, or never will be. */
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

  /** Ends it at once, also what another thread waits for in it. */
  void abort() throws SQLException {
    connection.abort(Runnable::run);
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
