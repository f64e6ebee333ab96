package io.aragora.resilience.persistence.sqlite;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Micros;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;

/**
 * Breakers and rate limiters in one SQLite file, over one connection. Several processes may use the same file: they write one after
 * the other, and of two states of one breaker, the file keeps the one entered later, or, if both were entered at the same
 * time, the one written later; of a rate limiter, what {@link SavedLimiter#over} returns.
 *
 * <p>The file has a write-ahead log, so readers and a writer do not wait for each other, and a process killed at any moment
 * leaves a valid file with every save that returned. {@code synchronous=NORMAL} means that the log is not
 * flushed to the disk at every save, only before it is merged into the file: a power failure or a crash of the operating
 * system may lose the last saves, never the file. A save is thousands of times faster than a flush of a slow disk, and the
 * state is saved again within seconds.
 *
 * <p>Thread-safe: concurrent operations wait for each other.
 */
final class SqliteStateStore implements StateStore {
  private static final GuardedLog LOGGER = GuardedLog.of(SqliteStateStore.class);

  /** The number of rows that a purge removes in one transaction. */
  private static final int ROWS_PER_PART = 50_000;

  /** The number of rows that one purge removes, which takes some seconds; the rest waits for the next purge. */
  static final int MAX_PURGED = 200_000;

  private final DatabaseFile file;
  private final LoaderClaim claim;
  private final Connection connection;
  private final LogCheck log;
  private final BreakerTable table;
  private final LimiterTable limiters;
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
    this.table = new BreakerTable(connection);
    this.limiters = new LimiterTable(connection);
    this.present = file.present();
  }

  /**
   * Opens the file. Neither it nor the files beside it are changed before it is known to belong to this library, to be new, or
   * to be no database.
   *
   * @param named the file, or a symbolic link to it
   * @param busyTimeoutMillis how long to wait for other processes
   */
  @SuppressWarnings("try") // turn and claim are held, but not used
  static SqliteStateStore open(DatabaseFile named, int busyTimeoutMillis)
      throws StateStoreException {
    NativeLibrary.load();
    try (OpeningLock.Turn turn = OpeningLock.turn(named.path(), busyTimeoutMillis)) {
      DatabaseFile file = named.target();
      file.requireRegularFiles();
      try (LoaderClaim claim = file.claim()) {
        FirstLook.rejectForeign(file, busyTimeoutMillis);
      }
      return openLocked(file, busyTimeoutMillis);
    }
  }

  @SuppressWarnings("try") // the lock is held, but not used
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
      // Again, since another process may have created it before the lock was taken.
      FirstLook.rejectForeign(file, busyTimeoutMillis);
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
      throw SqliteFailure.corrupt("it is empty, but its log is not");
    }
    SQLiteConfig config = new SQLiteConfig();
    config.setBusyTimeout(busyTimeoutMillis);
    Connection connection = config.createConnection(file.url());
    try {
      SchemaMigrator migrator = new SchemaMigrator(connection, file.path());
      // In this order: a rejected or damaged file is not written.
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
      // Any read creates the log; from now on its disappearance is detected.
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
    try {
      Loaded.Builder loaded = new Loaded.Builder();
      table.load(loaded);
      limiters.load(loaded);
      return loaded.build();
    } catch (SQLException e) {
      throw failed("load from", e);
    }
  }

  /** An empty save only checks that earlier saves are still there. */
  @Override
  public synchronized int save(Collection<SavedBreaker> states) throws StateStoreException {
    return change("save to", () -> states.isEmpty() ? 0 : table.save(states));
  }

  @Override
  public synchronized int remove(Collection<SavedBreaker> states) throws StateStoreException {
    return change("remove from", () -> states.isEmpty() ? 0 : table.remove(states));
  }

  @Override
  public boolean savesLimiters() {
    return true;
  }

  @Override
  public synchronized void saveLimiters(Collection<SavedLimiter> given) throws StateStoreException {
    change("save to", () -> {
      limiters.save(given);
      return given.size();
    });
  }

  /** A change of the file. Returns the number of changed rows. */
  private interface Change {
    int make() throws SQLException, StateStoreException;
  }

  private int change(String action, Change change) throws StateStoreException {
    requireOpen(action);
    requireSameFile(action);
    try {
      int rows = change.make();
      log.settle(action);
      return rows;
    } catch (SQLException e) {
      throw failed(action, e);
    }
  }

  /** Removes old rows, then rows beyond the bound; both in parts, and at most a fixed number per purge. */
  @Override
  public synchronized int purgeSavedBefore(Instant cutOff) throws StateStoreException {
    return change("purge", () -> {
      lookThroughTheFile();
      int old = removeOld(Micros.ofOrFarthest(cutOff));
      int oldLimiters = limiters.removeOld(Micros.ofOrFarthest(cutOff), ROWS_PER_PART);
      return old + removeSurplus(MAX_PURGED - old) + oldLimiters;
    });
  }

  private int removeOld(long savedBeforeMicros) throws SQLException, StateStoreException {
    int removed = 0;
    int part;
    do {
      part = table.removeOld(savedBeforeMicros, ROWS_PER_PART);
      removed += part;
      log.settle("purge");
    } while (part == ROWS_PER_PART && removed < MAX_PURGED);
    return removed;
  }

  private int removeSurplus(int most) throws SQLException, StateStoreException {
    long[] surplus = table.surplus(most);
    for (int from = 0; from < surplus.length; from += ROWS_PER_PART) {
      table.remove(
          Arrays.copyOfRange(surplus, from, Math.min(from + ROWS_PER_PART, surplus.length)));
      log.settle("purge");
    }
    return surplus.length;
  }

  /** Finds damage on disk to pages that are cached in memory; a purge is rare enough for this check. */
  private void lookThroughTheFile() throws SQLException {
    if (justOpened) {
      justOpened = false;
      return;
    }
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA shrink_memory");
      check(connection);
    }
  }

  /** Detects damage done by others now, and not at the next read, which may be after the next start. */
  private void requireSameFile(String action) throws StateStoreException {
    DatabaseFile.Present now = file.present();
    if (!now.file().equals(present.file())
        || !now.log().equals(present.log())
        || !now.index().equals(present.index())) {
      throw new StateStoreException(
          "cannot " + action + " " + file.path()
              + ": another file took its place; the next opening will use that one",
          null);
    }
    if (now.size() < present.size()) {
      throw new StateStoreException(
          "cannot " + action + " " + file.path() + ": it was cut off, from " + present.size()
              + " to " + now.size()
              + " bytes; the next opening will set it aside",
          null);
    }
    present = now;
  }

  /** Once a page is known to be damaged, the file is unusable, although saves that do not touch that page would succeed. */
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
      // Every save that returned is already in the log.
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
