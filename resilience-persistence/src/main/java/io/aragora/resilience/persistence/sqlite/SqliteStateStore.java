package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * Breaker state in one SQLite file, over one connection. Several processes may use the same file: they write one after
 * the other, and of two states of one breaker the one that was entered later stays; between equals, the later write.
 *
 * <p>The file has a write-ahead log, so readers and a writer do not wait for each other, and a process that is killed at
 * any moment leaves a sound file with every save that returned. {@code synchronous=NORMAL} means that the log is not
 * flushed to the disk at every save, only before it is merged into the file: a power failure or a crash of the operating
 * system may lose the last saves, never the file. For state that is saved again within seconds, that is worth the
 * thousands of times by which a save is faster than a flush of a slow disk.
 *
 * <p>Safe for threads that take turns, and for threads that do not, which then wait for each other.
 */
final class SqliteStateStore implements StateStore {
  private static final GuardedLog LOGGER = GuardedLog.of(SqliteStateStore.class);

  /** Bounds what the driver holds of a large save at a time. */
  private static final int ROWS_PER_BATCH = 500;

  private final DatabaseFile file;
  private final LoaderClaim claim;
  private final Connection connection;
  private final LogCheck log;
  private DatabaseFile.Present present;
  private @Nullable StateStoreException damage;
  private boolean justOpened = true;
  private boolean closed;

  private SqliteStateStore(DatabaseFile file, LoaderClaim claim, Connection connection)
      throws SQLException, StateStoreException {
    this.file = file;
    this.claim = claim;
    this.connection = connection;
    this.log = new LogCheck(file, connection);
    this.present = file.present();
  }

  /**
   * Opens the file. Nothing is changed, in it or beside it, before it is known to be ours, new, or no database at all.
   *
   * @param named the file, or a symbolic link to it
   * @param busyTimeoutMillis how long to wait for other processes
   */
  @SuppressWarnings("try") // turn and claim are held, not used
  static SqliteStateStore open(DatabaseFile named, int busyTimeoutMillis)
      throws StateStoreException {
    NativeLibrary.load();
    try (OpeningLock.Turn turn = OpeningLock.turn(named.path(), busyTimeoutMillis)) {
      DatabaseFile file = named.target();
      file.requireRegularFiles();
      try (LoaderClaim claim = file.claim()) {
        FirstLook.refuseForeign(file, busyTimeoutMillis);
      }
      return openLocked(file, busyTimeoutMillis);
    }
  }

  @SuppressWarnings("try") // the lock is held, not used
  private static SqliteStateStore openLocked(DatabaseFile file, int busyTimeoutMillis)
      throws StateStoreException {
    try (OpeningLock alone = file.lockForOpening(busyTimeoutMillis)) {
      try {
        return openClaimed(file, busyTimeoutMillis);
      } catch (SQLException e) {
        if (!SqliteFailure.isCorruption(e)) {
          throw SqliteFailure.describe("open", file.path(), e);
        }
        file.setAside(e);
      }
      try {
        return openClaimed(file, busyTimeoutMillis);
      } catch (SQLException e) {
        throw SqliteFailure.describe("start anew", file.path(), e);
      }
    }
  }

  private static SqliteStateStore openClaimed(DatabaseFile file, int busyTimeoutMillis)
      throws SQLException, StateStoreException {
    file.requireRegularFiles();
    file.create();
    LoaderClaim claim = file.claim();
    SqliteStateStore opened = null;
    try {
      // Again, since another process may have put it there before the lock was taken.
      FirstLook.refuseForeign(file, busyTimeoutMillis);
      opened = connect(file, claim, busyTimeoutMillis);
      file.restrict();
      return opened;
    } finally {
      if (opened == null) {
        claim.close();
      }
    }
  }

  private static SqliteStateStore connect(
      DatabaseFile file, LoaderClaim claim, int busyTimeoutMillis)
      throws SQLException, StateStoreException {
    if (file.isCutOff()) {
      throw SqliteFailure.corrupt("it is empty although its log is not");
    }
    SQLiteConfig config = new SQLiteConfig();
    config.setBusyTimeout(busyTimeoutMillis);
    Connection connection = config.createConnection(file.url());
    try {
      SchemaMigrator migrator = new SchemaMigrator(connection, file.path());
      // In this order: nothing is written to a file that is refused or damaged.
      migrator.knownVersion();
      check(connection);
      migrator.migrate();
      useWriteAheadLog(connection, file);
      return new SqliteStateStore(file, claim, connection);
    } catch (SQLException | StateStoreException | RuntimeException e) {
      try {
        connection.close();
      } catch (SQLException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private static void check(Connection connection) throws SQLException {
    String finding = pragma(connection, "quick_check(1)");
    if (!finding.equals("ok")) {
      throw SqliteFailure.corrupt(finding);
    }
  }

  private static void useWriteAheadLog(Connection connection, DatabaseFile file)
      throws SQLException, StateStoreException {
    String mode = pragma(connection, "journal_mode = WAL");
    if (!mode.equals("wal")) {
      throw new StateStoreException(
          "cannot use " + file.path() + ": its file system has no write-ahead log (journal mode "
              + mode + "); let stateStore name a file on a local disk",
          null);
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA synchronous = NORMAL");
      // Any reading makes the log, whose going is looked for from now on.
      statement.execute("PRAGMA user_version");
    }
  }

  private static String pragma(Connection connection, String pragma) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA " + pragma)) {
      return row.getString(1);
    }
  }

  @Override
  public synchronized Loaded load() throws StateStoreException {
    requireOpen("load from");
    List<SavedBreaker> states = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    Map<String, String> texts = new HashMap<>();
    try (PreparedStatement select = connection.prepareStatement(BreakerRow.SELECT);
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        try {
          states.add(BreakerRow.read(rows, texts));
        } catch (IllegalArgumentException e) {
          problems.add(e.getMessage());
        }
      }
      return new Loaded(states, problems);
    } catch (SQLException e) {
      throw failed("load from", e);
    }
  }

  /** Given nothing, only checks that what was saved before is still there. */
  @Override
  public synchronized int save(Collection<SavedBreaker> states) throws StateStoreException {
    requireOpen("save to");
    requireSameFile();
    try {
      int written = states.isEmpty() ? 0 : write(states);
      log.settle("save to");
      return written;
    } catch (SQLException e) {
      throw failed("save to", e);
    } catch (ArithmeticException e) {
      throw new StateStoreException(
          "cannot save to " + file.path()
              + ": a time does not fit into microseconds since 1970; nothing was changed",
          e);
    }
  }

  private int write(Collection<SavedBreaker> states) throws SQLException {
    try (WriteTransaction transaction = WriteTransaction.begin(connection);
        PreparedStatement upsert = connection.prepareStatement(BreakerRow.UPSERT)) {
      int rows = 0;
      int written = 0;
      for (SavedBreaker state : states) {
        BreakerRow.bind(upsert, state);
        upsert.addBatch();
        if (++rows % ROWS_PER_BATCH == 0) {
          written += Arrays.stream(upsert.executeBatch()).sum();
        }
      }
      written += Arrays.stream(upsert.executeBatch()).sum();
      transaction.commit();
      return written;
    }
  }

  @Override
  public synchronized int purgeSavedBefore(Instant cutOff) throws StateStoreException {
    requireOpen("purge");
    lookThroughTheFile();
    try (PreparedStatement delete =
        connection.prepareStatement("DELETE FROM circuit_breakers WHERE saved_at_micros < ?")) {
      delete.setLong(1, microsOrFarthest(cutOff));
      int removed = delete.executeUpdate();
      log.settle("purge");
      return removed;
    } catch (SQLException e) {
      throw failed("purge", e);
    }
  }

  /** Finds damage to pages that have been in memory since; a purge is rare enough for that. */
  private void lookThroughTheFile() throws StateStoreException {
    if (justOpened) {
      justOpened = false;
      return;
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA shrink_memory");
      check(connection);
    } catch (SQLException e) {
      throw failed("purge", e);
    }
  }

  /** Lets "before the end of time" mean everything. */
  private static long microsOrFarthest(Instant cutOff) {
    try {
      return BreakerRow.micros(cutOff);
    } catch (ArithmeticException e) {
      return cutOff.isAfter(Instant.EPOCH) ? Long.MAX_VALUE : Long.MIN_VALUE;
    }
  }

  /** What was done to the file by others would show when it is read the next time, which may be after the next start. */
  private void requireSameFile() throws StateStoreException {
    DatabaseFile.Present now = file.present();
    if (!now.file().equals(present.file())
        || !now.log().equals(present.log())
        || !now.index().equals(present.index())) {
      throw new StateStoreException(
          "cannot save to " + file.path()
              + ": another file took its place; that one will be opened the next time",
          null);
    }
    if (now.size() < present.size()) {
      throw new StateStoreException(
          "cannot save to " + file.path() + ": it was cut off, from " + present.size() + " to "
              + now.size() + " bytes; it will be set aside when it is opened the next time",
          null);
    }
    present = now;
  }

  /** Once a page is known to be damaged the file is of no use, although saves that do not meet that page would succeed. */
  private StateStoreException failed(String action, SQLException e) {
    StateStoreException described = SqliteFailure.describe(action, file.path(), e);
    if (SqliteFailure.isCorruption(e)) {
      damage = described;
    }
    return described;
  }

  private void requireOpen(String action) throws StateStoreException {
    if (closed) {
      throw new StateStoreException(
          "cannot " + action + " " + file.path() + ": it is closed", null);
    }
    if (damage != null) {
      throw damage;
    }
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      log.close();
    } catch (SQLException e) {
      // Every save that returned is in the log already.
      LOGGER.log(Level.WARNING, "closing " + file.path() + " failed: " + e.getMessage(), e);
    }
    claim.close();
    file.setAsideLogOf(present);
  }

  @Override
  public String toString() {
    return "SqliteStateStore[" + file.path() + "]";
  }
}
