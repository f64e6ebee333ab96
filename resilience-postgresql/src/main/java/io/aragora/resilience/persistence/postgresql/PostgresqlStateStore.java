package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.Micros;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.ratelimiter.SavedLimiter;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Breakers and rate limiters in a table each of PostgreSQL, which many instances share. The latest change of state wins, by the server's
 * clock: the writer sends the age of its state, and the server subtracts it from its own time. So clocks that differ, even by
 * hours, do not matter; times that are read are converted to this process's clock.
 *
 * <p>Everything has a timeout: connecting, statements, locks and the network. A connection on which an operation failed is
 * closed, and the next operation opens another.
 *
 * <p>Thread-safe: concurrent operations wait for each other.
 */
final class PostgresqlStateStore implements StateStore {
  private static final GuardedLog LOG = GuardedLog.of(PostgresqlStateStore.class);

  /** Bounds the rows of a large save that driver and server hold at a time. */
  private static final int ROWS_AT_ONCE = 1_000;

  /**
   * The number of rows that the driver holds while reading: some megabytes, because each of a row's four texts may have 60,000
   * bytes.
   */
  static final int ROWS_PER_FETCH = 50;

  /** The number of rows that a statement purges, well within its timeout. */
  private static final int ROWS_PER_PART = 20_000;

  /** The number of rows that one purge removes; the rest waits for the next. */
  static final int MAX_PURGED = 100_000;

  private final DatabaseLocation location;
  private final InstantSource clock;

  /** The identity of this writer, which separates its changes from those of others. */
  private final UUID writer = UUID.randomUUID();

  private final long openedIn;
  private @Nullable Session session;
  private @Nullable ChangeListener listener;
  private boolean closed;

  private PostgresqlStateStore(
      DatabaseLocation location, InstantSource clock, Session session, long openedIn) {
    this.location = location;
    this.clock = clock;
    this.session = session;
    this.openedIn = openedIn;
  }

  /**
   * Opens the store.
   *
   * @param clock the wall clock of the store's user
   */
  static PostgresqlStateStore open(DatabaseLocation location, InstantSource clock)
      throws StateStoreException {
    try {
      Session session = Session.open(location);
      try {
        long openedIn = session.firstRunning();
        session.connection().commit();
        return new PostgresqlStateStore(location, clock, session, openedIn);
      } catch (SQLException | RuntimeException e) {
        session.close();
        throw e;
      }
    } catch (SQLException e) {
      throw PostgresqlFailure.describe("open", location, e);
    }
  }

  /** The body of a transaction. */
  private interface Work<T> {
    T in(Connection connection, long offsetMicros) throws SQLException;
  }

  private <T> T transaction(String action, Work<T> work) throws StateStoreException {
    if (closed) {
      throw new StateStoreException("cannot " + action + " " + location + ": it is closed", null);
    }
    boolean done = false;
    try {
      long offsetMicros = clockOffset();
      Connection connection = connected();
      // The driver keeps each warning of the server until it is cleared.
      connection.clearWarnings();
      T result = work.in(connection, offsetMicros);
      connection.commit();
      done = true;
      return result;
    } catch (SQLException e) {
      throw PostgresqlFailure.describe(action, location, e);
    } finally {
      if (!done) {
        disconnect();
      }
    }
  }

  /** As the first use of the connection, this also checks that it still works: the server may have been restarted. */
  private long clockOffset() throws SQLException, StateStoreException {
    if (session != null) {
      try {
        return ServerClock.offsetMicros(session.connection(), clock);
      } catch (SQLException e) {
        LOG.log(Level.DEBUG, "connects again to " + location, e);
        disconnect();
      }
    }
    return ServerClock.offsetMicros(connected(), clock);
  }

  private Connection connected() throws SQLException, StateStoreException {
    Session present = session;
    if (present == null) {
      present = Session.open(location);
      session = present;
    }
    return present.connection();
  }

  private void disconnect() {
    Session present = session;
    session = null;
    if (present != null) {
      try {
        present.close();
      } catch (SQLException e) {
        // Harmless: nothing uncommitted counts as saved.
        LOG.log(Level.DEBUG, "closing the connection to " + location + " failed", e);
      }
    }
  }

  @Override
  public synchronized Loaded load() throws StateStoreException {
    return transaction("load from", (connection, offsetMicros) -> {
      Loaded.Builder loaded = new Loaded.Builder();
      int read = 0;
      try (PreparedStatement select =
          connection.prepareStatement(BreakerRow.SELECT_MOST_IMPORTANT)) {
        select.setInt(1, Loaded.MAX_ROWS);
        select.setFetchSize(ROWS_PER_FETCH);
        try (ResultSet rows = select.executeQuery()) {
          while (loaded.hasRoom() && rows.next()) {
            read++;
            read(rows, offsetMicros, loaded);
          }
        }
      }
      boolean isPart = read == Loaded.MAX_ROWS || !loaded.hasRoom();
      loaded.leaveOut(isPart ? Math.max(0, count(connection) - read) : 0);
      LimiterRow.load(connection, offsetMicros, loaded);
      return loaded.build();
    });
  }

  private static void read(ResultSet rows, long offsetMicros, Loaded.Builder loaded)
      throws SQLException {
    try {
      loaded.add(BreakerRow.read(rows, offsetMicros));
    } catch (IllegalArgumentException e) {
      loaded.problem(String.valueOf(e.getMessage()));
    }
  }

  private static long count(Connection connection) throws SQLException {
    try (PreparedStatement select =
            connection.prepareStatement("SELECT count(*) FROM resilience_circuit_breakers");
        ResultSet row = select.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  @Override
  public synchronized int save(Collection<SavedBreaker> states) throws StateStoreException {
    List<Map.Entry<byte[], SavedBreaker>> rows = BreakerRow.byId(states);
    if (rows.isEmpty()) {
      return 0;
    }
    return transaction(
        "save to", (connection, offsetMicros) -> save(connection, rows, offsetMicros));
  }

  private int save(
      Connection connection, List<Map.Entry<byte[], SavedBreaker>> rows, long offsetMicros)
      throws SQLException {
    int written = 0;
    int changed = 0;
    try (PreparedStatement upsert = connection.prepareStatement(BreakerRow.UPSERT)) {
      for (int from = 0; from < rows.size(); from += ROWS_AT_ONCE) {
        BreakerRow.bind(
            upsert,
            rows.subList(from, Math.min(from + ROWS_AT_ONCE, rows.size())),
            writer,
            offsetMicros);
        try (ResultSet counts = upsert.executeQuery()) {
          counts.next();
          written += counts.getInt(1);
          changed += counts.getInt(2);
        }
      }
    }
    if (changed > 0) {
      ChangeNotice.send(connection, writer);
    }
    return written;
  }

  /** In parts, each a transaction: old rows, then rows beyond the number that a start reads. */
  @Override
  public synchronized int purgeSavedBefore(Instant cutOff) throws StateStoreException {
    int old = inParts(MAX_PURGED, (connection, offsetMicros, most) -> {
      try (PreparedStatement delete = connection.prepareStatement(BreakerRow.PURGE)) {
        delete.setLong(1, offsetMicros);
        delete.setLong(2, ServerClock.TOLERANCE_MICROS);
        delete.setLong(3, offsetMicros);
        delete.setLong(4, Micros.ofOrFarthest(cutOff));
        delete.setInt(5, most);
        return delete.executeUpdate();
      }
    });
    int oldLimiters = transaction(
        "purge",
        (connection, offsetMicros) ->
            LimiterRow.purge(connection, offsetMicros, cutOff, ROWS_PER_PART));
    return old
        + oldLimiters
        + inParts(MAX_PURGED - old, (connection, offsetMicros, most) -> {
          try (PreparedStatement delete = connection.prepareStatement(BreakerRow.TRIM)) {
            delete.setInt(1, most);
            delete.setInt(2, Loaded.MAX_ROWS);
            return delete.executeUpdate();
          }
        });
  }

  /** A part of a purge. Returns the number of removed rows. */
  private interface Part {
    int remove(Connection connection, long offsetMicros, int most) throws SQLException;
  }

  private int inParts(int most, Part part) throws StateStoreException {
    int removed = 0;
    int removedByPart = ROWS_PER_PART;
    while (removedByPart == ROWS_PER_PART && removed < most) {
      int wanted = Math.min(ROWS_PER_PART, most - removed);
      removedByPart = transaction(
          "purge", (connection, offsetMicros) -> part.remove(connection, offsetMicros, wanted));
      removed += removedByPart;
    }
    return removed;
  }

  @Override
  public synchronized int remove(Collection<SavedBreaker> states) throws StateStoreException {
    List<Map.Entry<byte[], SavedBreaker>> rows = BreakerRow.byId(states);
    if (rows.isEmpty()) {
      return 0;
    }
    return transaction("remove from", (connection, offsetMicros) -> {
      try (PreparedStatement delete = connection.prepareStatement(BreakerRow.DELETE)) {
        int removed = 0;
        for (int from = 0; from < rows.size(); from += ROWS_AT_ONCE) {
          BreakerRow.bindDelete(
              delete, rows.subList(from, Math.min(from + ROWS_AT_ONCE, rows.size())), writer);
          removed += delete.executeUpdate();
        }
        return removed;
      }
    });
  }

  @Override
  public boolean savesLimiters() {
    return true;
  }

  @Override
  public synchronized void saveLimiters(Collection<SavedLimiter> limiters)
      throws StateStoreException {
    List<SavedLimiter> given = List.copyOf(limiters);
    if (given.isEmpty()) {
      return;
    }
    transaction("save to", (connection, offsetMicros) -> {
      LimiterRow.save(connection, given, offsetMicros);
      return given.size();
    });
  }

  @Override
  public void watch(Consumer<? super SavedBreaker> consumer) {
    watch(consumer, outage -> {});
  }

  /** Sends a notice for changes of state, not for counts that are saved again. */
  @Override
  public void watch(
      Consumer<? super SavedBreaker> consumer, Consumer<? super @Nullable Throwable> outages) {
    watch(consumer, outages, ChangeListener.Waits.USUAL);
  }

  synchronized void watch(
      Consumer<? super SavedBreaker> consumer,
      Consumer<? super @Nullable Throwable> outages,
      ChangeListener.Waits waits) {
    if (!closed && listener == null) {
      listener = new ChangeListener(location, clock, writer, openedIn, consumer, outages, waits);
      listener.start();
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (listener != null) {
      listener.close();
    }
    disconnect();
  }

  @Override
  public String toString() {
    return "PostgresqlStateStore[" + location + "]";
  }
}
