package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.circuitbreaker.SavedBreaker;
import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.OneLine;
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
 * Receives the changes of other writers, on its own connection and thread. If the connection is lost, or anything else is thrown, it
 * reports that, connects again, and reads the changes that it may have missed.
 */
final class ChangeListener implements AutoCloseable {
  /*
   * No change is missed; a change may be reported twice. Each row contains the transaction that changed its state. `since` is
   * the oldest transaction still running at a moment by which all notices of earlier ones had arrived: first the moment when
   * the store was opened, before loading; later the mark before the last one. A mark is set after each wait for notices that
   * began, or lasted, a heartbeat after the one before, and after its notices were read: a transaction visible at a mark has sent
   * its notice by then. After LISTEN, the rows of `since` and later are read; transactions that commit afterwards send notices.
   */
  private static final GuardedLog LOG = GuardedLog.of(ChangeListener.class);
  private static final long LONGEST_RETRY_MILLIS = TimeUnit.MINUTES.toMillis(1);
  private static final int JITTER_STEPS = 256;

  private static final int MAX_ERROR = 1_000;

  /**
   * How long it waits.
   *
   * @param heartbeatMillis the longest wait for a notice, within which a dead connection is noticed; 0 for no limit
   * @param markNanos the time from one mark to the next
   * @param retryMillis the pause after the first failure
   */
  record Waits(int heartbeatMillis, long markNanos, long retryMillis) {
    static final Waits USUAL = new Waits(10_000, TimeUnit.SECONDS.toNanos(10), 1_000);
  }

  private final DatabaseLocation location;
  private final InstantSource clock;
  private final UUID writer;
  private final Consumer<? super SavedBreaker> consumer;
  private final Consumer<? super @Nullable Throwable> outages;
  private final Waits waits;
  private final Thread thread;

  // Used by the listening thread only.
  private long since;
  private long retryMillis;
  private boolean failing;

  // Guarded by this.
  private boolean closed;
  private @Nullable Session session;

  ChangeListener(
      DatabaseLocation location,
      InstantSource clock,
      UUID writer,
      long since,
      Consumer<? super SavedBreaker> consumer,
      Consumer<? super @Nullable Throwable> outages,
      Waits waits) {
    this.location = location;
    this.clock = clock;
    this.writer = writer;
    this.since = since;
    this.consumer = consumer;
    this.outages = outages;
    this.waits = waits;
    this.retryMillis = waits.retryMillis();
    this.thread = new Thread(null, this::run, "resilience-postgresql-listener", 0, false);
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
  }

  void start() {
    thread.start();
  }

  private void run() {
    while (!isClosed()) {
      try {
        follow();
      } catch (Throwable e) {
        survive(e);
      }
    }
  }

  private void follow() throws SQLException, StateStoreException {
    try (Session opened = Session.open(location)) {
      if (use(opened)) {
        listen(opened);
      }
    } finally {
      use(null);
    }
  }

  /** Never throws, even if the heap is full: the thread that calls it must not end. */
  private void survive(Throwable e) {
    try {
      lost(e);
    } catch (Throwable another) {
      LOG.failed(Level.DEBUG, location, "an outage was not reported", another);
    }
    try {
      pause(pauseMillis(retryMillis, writer));
    } catch (Throwable another) {
      LOG.failed(Level.DEBUG, location, "a retry comes early", another);
    }
    retryMillis = nextRetryMillis(retryMillis);
  }

  private void listen(Session present) throws SQLException, StateStoreException {
    present.connection().setAutoCommit(true);
    try (Statement statement = present.connection().createStatement()) {
      statement.execute("LISTEN " + present.channel());
    }
    catchUp(present);
    found();
    PGConnection connection = present.connection().unwrap(PGConnection.class);
    long seen = present.firstRunning();
    long seenAt = System.nanoTime();
    while (!isClosed()) {
      long askedAt = System.nanoTime();
      PGNotification[] notices = connection.getNotifications(waits.heartbeatMillis());
      // The driver keeps each warning of the server until it is cleared.
      present.connection().clearWarnings();
      boolean isSilent = notices == null || notices.length == 0;
      if (notices != null && !isSilent) {
        read(present, notices);
      }
      if (isSilent || askedAt - seenAt >= waits.markNanos()) {
        since = seen;
        seen = present.firstRunning();
        seenAt = System.nanoTime();
      }
    }
  }

  /** If the server's transaction numbers are lower, because it was restored from a backup, everything is read. */
  private void catchUp(Session present) throws SQLException, StateStoreException {
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

  private void read(Session present, PGNotification[] notices)
      throws SQLException, StateStoreException {
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
  private void tell(Session present, PreparedStatement select)
      throws SQLException, StateStoreException {
    present.connection().setAutoCommit(false);
    tellEach(select, ServerClock.offsetMicros(present.connection(), clock));
    present.connection().setAutoCommit(true);
  }

  /** If the consumer throws an error, the other rows are read, and then all of them again by the next connection. */
  private void tellEach(PreparedStatement select, long offsetMicros)
      throws SQLException, StateStoreException {
    Throwable failure = null;
    select.setFetchSize(PostgresqlStateStore.ROWS_PER_FETCH);
    try (ResultSet rows = select.executeQuery()) {
      while (rows.next() && !isClosed()) {
        try {
          consumer.accept(BreakerRow.read(rows, offsetMicros));
        } catch (SQLException e) {
          throw e;
        } catch (RuntimeException e) {
          // Loading reports unreadable rows.
          LOG.log(Level.DEBUG, "a change in " + location + " could not be followed", e);
        } catch (Throwable e) {
          failure = e;
        }
      }
    }
    if (failure != null) {
      throw new StateStoreException(
          "a change could not be followed: " + failure.getClass().getName(), failure);
    }
  }

  private void found() {
    retryMillis = waits.retryMillis();
    if (failing) {
      failing = false;
      report(null);
      LOG.log(Level.INFO, "receives other instances'' changes in {0} again", location);
    }
  }

  private void lost(Throwable e) {
    if (isClosed()) {
      return;
    }
    boolean isNew = !failing;
    failing = true;
    report(e);
    if (isNew) {
      LOG.log(
          Level.WARNING,
          "does not receive other instances' changes in " + location
              + "; retries in the background: " + OneLine.of(text(e), MAX_ERROR));
    }
  }

  private static String text(Throwable e) {
    return e instanceof SQLException || e instanceof StateStoreException
        ? String.valueOf(e.getMessage())
        : e.toString();
  }

  private void report(@Nullable Throwable outage) {
    try {
      outages.accept(outage);
    } catch (Throwable e) {
      LOG.failed(Level.DEBUG, location, "the health of the listener was not reported", e);
    }
  }

  /** Returns the retry time, up to a quarter longer: instances that lost one server do not return at the same moment. */
  static long pauseMillis(long retryMillis, UUID writer) {
    return retryMillis
        + retryMillis * Math.floorMod(writer.hashCode(), JITTER_STEPS) / JITTER_STEPS / 4;
  }

  static long nextRetryMillis(long retryMillis) {
    return Math.min(2 * retryMillis, LONGEST_RETRY_MILLIS);
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
