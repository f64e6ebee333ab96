package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.persistence.SavedBreaker;
import io.aragora.resilience.persistence.StateStore;
import io.aragora.resilience.persistence.StateStoreException;
import java.lang.System.Logger.Level;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Breaker state in one table of PostgreSQL, which many instances share. The latest change of state wins, by the server's
 * clock: a state that is so and so old by the clock of who saves it was entered that long before the server got it. So clocks
 * that differ, by hours even, decide nothing; times that are read are converted to this process's clock.
 *
 * <p>Everything is bounded: connecting, what the server may take for a statement or wait for a lock, and what the network may
 * take. A connection on which something failed is not used again, and the next operation opens another one.
 *
 * <p>Safe for threads that take turns, and for threads that do not, which then wait for each other.
 */
final class PostgresqlStateStore implements StateStore {
  private static final GuardedLog LOG = GuardedLog.of(PostgresqlStateStore.class);

  /** Bounds what the driver and the server hold of a large save, and of a reading, at a time. */
  private static final int ROWS_AT_ONCE = 1_000;

  private final DatabaseLocation location;
  private final InstantSource clock;

  /** Who saves; tells its own changes from those of others. */
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
   * Opens it.
   *
   * @param clock the wall clock of who uses the store
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

  /** Work in a transaction. */
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

  /** Being the first to use the connection, also finds out whether it is still good: the server may have been restarted. */
  private long clockOffset() throws SQLException, StateStoreException {
    if (session != null) {
      try {
        return ServerClock.offsetMicros(session.connection(), clock);
      } catch (SQLException e) {
        LOG.log(Level.DEBUG, "connects anew to " + location, e);
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
        // Nothing is lost by it: what was not committed is not saved.
        LOG.log(Level.DEBUG, "closing the connection to " + location + " failed", e);
      }
    }
  }

  @Override
  public synchronized Loaded load() throws StateStoreException {
    return transaction("load from", (connection, offsetMicros) -> {
      List<SavedBreaker> states = new ArrayList<>();
      List<String> problems = new ArrayList<>();
      try (PreparedStatement select = connection.prepareStatement(BreakerRow.SELECT_ALL)) {
        select.setFetchSize(ROWS_AT_ONCE);
        try (ResultSet rows = select.executeQuery()) {
          while (rows.next()) {
            try {
              states.add(BreakerRow.read(rows, offsetMicros));
            } catch (IllegalArgumentException e) {
              problems.add(e.getMessage());
            }
          }
        }
      }
      return new Loaded(states, problems);
    });
  }

  @Override
  public synchronized int save(Collection<SavedBreaker> states) throws StateStoreException {
    List<Map.Entry<byte[], SavedBreaker>> rows = BreakerRow.byId(states);
    if (rows.isEmpty()) {
      return 0;
    }
    try {
      return transaction(
          "save to", (connection, offsetMicros) -> save(connection, rows, offsetMicros));
    } catch (ArithmeticException e) {
      throw new StateStoreException(
          "cannot save to " + location
              + ": a time does not fit into microseconds since 1970; nothing was changed",
          e);
    }
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

  @Override
  public synchronized int purgeSavedBefore(Instant cutOff) throws StateStoreException {
    return transaction("purge", (connection, offsetMicros) -> {
      try (PreparedStatement delete = connection.prepareStatement(BreakerRow.PURGE)) {
        delete.setLong(1, offsetMicros);
        delete.setLong(2, ServerClock.TOLERANCE_MICROS);
        delete.setLong(3, offsetMicros);
        delete.setLong(4, ServerClock.microsOrFarthest(cutOff));
        return delete.executeUpdate();
      }
    });
  }

  /** Tells of changes of state, and not of counts that are saved again. */
  @Override
  public synchronized void watch(Consumer<? super SavedBreaker> consumer) {
    if (!closed && listener == null) {
      listener = new ChangeListener(location, clock, writer, openedIn, consumer);
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
