package io.aragora.resilience.persistence.sqlite;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** A transaction that takes the write lock when it begins, and is rolled back unless committed. */
final class WriteTransaction implements AutoCloseable {
  private final Connection connection;
  private boolean committed;

  private WriteTransaction(Connection connection) {
    this.connection = connection;
  }

  /** Waits for other writers. Taking the lock later, with the first write, would not wait but fail at once. */
  static WriteTransaction begin(Connection connection) throws SQLException {
    execute(connection, "BEGIN IMMEDIATE");
    return new WriteTransaction(connection);
  }

  void commit() throws SQLException {
    execute(connection, "COMMIT");
    committed = true;
  }

  @Override
  public void close() throws SQLException {
    if (!committed) {
      execute(connection, "ROLLBACK");
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
