package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.persistence.StateStore.Loaded;
import io.aragora.resilience.persistence.StateStoreException;
import java.lang.System.Logger.Level;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Receives the changes of other writers, on its own connection and thread. If the connection is lost, it connects again and
 * reads the changes that it may have missed.
 */
final class ChangeListener implements AutoCloseable {
  /*
   * No change is missed; a change may be reported twice. Each row contains the transaction that changed its state. `since` is
   * the oldest transaction still running at a moment by which all notices of earlier ones had arrived: first the moment when
   * the store was opened, before loading; later the heartbeat before the last one, since a transaction visible at one
   * heartbeat
   * has sent its notice by the next. After LISTEN, the rows of `since` and later are read; transactions that commit afterwards
   * send notices.
   */
  private static final GuardedLog LOG = GuardedLog.of(ChangeListener.class);
  private static final long FIRST_RETRY_MILLIS = TimeUnit.SECONDS.toMillis(1);
  private static final long LONGEST_RETRY_MILLIS = TimeUnit.MINUTES.toMillis(1);
  private static final int JITTER_STEPS = 256;

  /** The time within which a dead connection is noticed. */
  private static final int HEARTBEAT_MILLIS = 10_000;

  private final DatabaseLocation location;
  private final InstantSource clock;
  private final UUID writer;
  private final Consumer<? super SavedBreaker> consumer;
  private final Thread thread;

  // Used by the listening thread only.
  private long since;
  private long retryMillis = FIRST_RETRY_MILLIS;
  private boolean failing;

  // Guarded by this.
  private boolean closed;
  private @Nullable Session session;

  ChangeListener(
      DatabaseLocation location,
      InstantSource clock,
      UUID writer,
      long since,
      Consumer<? super SavedBreaker> consumer) {
    this.location = location;
    this.clock = clock;
    this.writer = writer;
    this.since = since;
    this.consumer = consumer;
    this.thread = new Thread(null, this::run, "resilience-postgresql-listener", 0, false);
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
  }

  void start() {
    thread.start();
  }

  private void run() {
    while (!isClosed()) {
      try (Session opened = Session.open(location)) {
        if (use(opened)) {
          listen(opened);
        }
      } catch (SQLException | StateStoreException | RuntimeException e) {
        lost(e);
      } finally {
        use(null);
      }
    }
  }

  private void listen(Session present) throws SQLException {
    present.connection().setAutoCommit(true);
    try (Statement statement = present.connection().createStatement()) {
      statement.execute("LISTEN " + present.channel());
    }
    catchUp(present);
    found();
    PGConnection connection = present.connection().unwrap(PGConnection.class);
    long seen = present.firstRunning();
    while (!isClosed()) {
      PGNotification[] notices = connection.getNotifications(HEARTBEAT_MILLIS);
      if (notices == null || notices.length == 0) {
        since = seen;
        seen = present.firstRunning();
      } else {
        read(present, notices);
      }
    }
  }

  /** If the server's transaction numbers are lower, because it was restored from a backup, everything is read. */
  private void catchUp(Session present) throws SQLException {
    long running = present.firstRunning();
    try (PreparedStatement select =
        present.connection().prepareStatement(BreakerRow.SELECT_CHANGED_SINCE)) {
      select.setLong(1, since > running ? 0 : since);
      select.setObject(2, writer);
      select.setInt(3, Loaded.MAX_ROWS);
      tell(present, select);
    }
    since = running;
  }

  private void read(Session present, PGNotification[] notices) throws SQLException {
    List<Long> transactions = new ArrayList<>();
    for (PGNotification notification : notices) {
      ChangeNotice notice = ChangeNotice.parse(notification.getParameter());
      if (notice != null && !notice.writer().equals(writer)) {
        transactions.add(notice.transaction());
      }
    }
    if (transactions.isEmpty()) {
      return;
    }
    try (PreparedStatement select =
        present.connection().prepareStatement(BreakerRow.SELECT_CHANGED_IN)) {
      select.setArray(
          1, present.connection().createArrayOf("bigint", transactions.toArray(Long[]::new)));
      select.setObject(2, writer);
      select.setInt(3, Loaded.MAX_ROWS);
      tell(present, select);
    }
  }

  /** In a transaction, because otherwise the driver fetches all rows at once. */
  private void tell(Session present, PreparedStatement select) throws SQLException {
    present.connection().setAutoCommit(false);
    tellEach(select, ServerClock.offsetMicros(present.connection(), clock));
    present.connection().setAutoCommit(true);
  }

  private void tellEach(PreparedStatement select, long offsetMicros) throws SQLException {
    select.setFetchSize(PostgresqlStateStore.ROWS_PER_FETCH);
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next() && !isClosed()) {
        try {
          consumer.accept(BreakerRow.read(rows, offsetMicros));
        } catch (RuntimeException e) {
          // Loading reports unreadable rows.
          LOG.log(Level.DEBUG, "a change in " + location + " could not be followed", e);
        }
      }
    }
  }

  private void found() {
    retryMillis = FIRST_RETRY_MILLIS;
    if (failing) {
      failing = false;
      LOG.log(Level.INFO, "receives other instances'' changes in {0} again", location);
    }
  }

  private void lost(Exception e) {
    if (!isClosed() && !failing) {
      failing = true;
      LOG.log(
          Level.WARNING,
          "does not receive other instances' changes in " + location
              + "; retries in the background: " + e.getMessage());
    }
    pause(retryMillis
        + retryMillis * Math.floorMod(writer.hashCode(), JITTER_STEPS) / JITTER_STEPS / 4);
    retryMillis = Math.min(2 * retryMillis, LONGEST_RETRY_MILLIS);
  }

  private synchronized void pause(long millis) {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long left = millis;
    while (!closed && left > 0) {
      try {
        wait(left);
      } catch (InterruptedException e) {
        // No other code uses this thread, and close() ends it.
        LOG.log(Level.DEBUG, "interrupted", e);
      }
      left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    }
  }

  /** Returns whether it may be used. */
  private synchronized boolean use(@Nullable Session present) {
    session = present;
    return !closed;
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** Ends the thread at once; if it is connecting, it ends when the attempt does. */
  @Override
  public synchronized void close() {
    closed = true;
    notifyAll();
    if (session != null) {
      try {
        session.abort();
      } catch (SQLException e) {
        LOG.log(
            Level.DEBUG, "the connection that listens to " + location + " could not be closed", e);
      }
    }
  }
}
