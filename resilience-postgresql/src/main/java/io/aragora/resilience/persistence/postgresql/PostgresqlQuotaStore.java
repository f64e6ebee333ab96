package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import java.lang.System.Logger.Level;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Quotas in one row each, and one row for each instance that uses it. A lease is one statement that commits by itself, so a row is
 * locked for the time of one update; the server's clock decides.
 *
 * <p>Connecting, statements, locks and the network have timeouts of half a second to two. A connection on which a statement failed is
 * closed, and the next request opens another.
 *
 * <p>Thread-safe: concurrent requests wait for each other.
 */
final class PostgresqlQuotaStore implements QuotaStore {
  private static final GuardedLog LOG = GuardedLog.of(PostgresqlQuotaStore.class);

  /** Read when the row is locked, which the beginning of the statement is not. */
  private static final String NOW = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint";

  /** Digits after the point of a rate and of a level: a permit a year, asked for ten times a second, loses less than a millionth. */
  private static final int RATE_DIGITS = 30;

  private static final int LEVEL_DIGITS = 15;

  private static final int MAX_INSTANCES = 1_000_000;

  /**
   * The first request creates the row; each later one updates it. {@code moment} is evaluated after the row was locked. Of an answer to
   * other settings, the row stays as it is.
   */
  private static final String LEASE =
      """
      WITH given AS (
        SELECT ?::bytea AS id, ?::text AS quota, ?::text AS settings, ?::uuid AS instance, ?::numeric AS rate,
          ?::numeric AS burst, ?::numeric AS initial, ?::numeric AS wanted, ?::numeric AS earned, ?::numeric AS spent
      ), seen AS (
        INSERT INTO resilience_quota_instances AS present (id, instance, seen_at_micros)
        SELECT id, instance, %1$s FROM given
        ON CONFLICT (id, instance) DO UPDATE SET seen_at_micros = excluded.seen_at_micros
      )
      INSERT INTO resilience_quotas AS present (id, quota, settings, level, granted, at_micros)
      SELECT id, quota, settings, level - granted, granted, %1$s
      FROM given, LATERAL (SELECT least(burst, initial + earned) - spent AS level) AS held,
        LATERAL (SELECT greatest(0, least(wanted, floor(level))) AS granted) AS lease
      ON CONFLICT (id) DO UPDATE SET (settings, level, granted, at_micros) = (
        SELECT CASE WHEN own THEN given.settings ELSE present.settings END,
          CASE WHEN own THEN trunc(held.level - lease.granted, %2$d) ELSE present.level END,
          CASE WHEN own THEN lease.granted ELSE 0 END,
          CASE WHEN own THEN micros ELSE present.at_micros END
        FROM given, LATERAL (SELECT %1$s + 0 * present.granted AS micros) AS moment,
          LATERAL (SELECT present.settings = given.settings OR abs(micros - present.at_micros) > %3$d AS own) AS owner,
          LATERAL (SELECT least(given.burst,
            least(given.burst, present.level + greatest(0, micros - present.at_micros) * given.rate)
              + given.earned) - given.spent AS level) AS held,
          LATERAL (SELECT greatest(0, least(given.wanted, floor(held.level))) AS granted) AS lease)
      RETURNING granted, level::float8,
        CASE WHEN settings <> (SELECT given.settings FROM given) THEN settings END,
        1 + (SELECT count(*) FROM resilience_quota_instances AS other, given
          WHERE other.id = given.id AND other.instance <> given.instance
            AND abs(%1$s - other.seen_at_micros) < %4$d)""".formatted(NOW, LEVEL_DIGITS, micros(TENURE.toMillis()), micros(MEMBERSHIP.toMillis()));

  /** Instances that are gone for a day, or that were seen by a clock that was a day ahead. */
  private static final String PURGE = "DELETE FROM resilience_quota_instances WHERE abs(" + NOW
      + " - seen_at_micros) > " + TimeUnit.DAYS.toMicros(1);

  private final DatabaseLocation location;
  private @Nullable Connection connection;
  private @Nullable PreparedStatement statement;
  private boolean closed;

  private PostgresqlQuotaStore(DatabaseLocation location) {
    this.location = location;
  }

  private static long micros(long millis) {
    return TimeUnit.MILLISECONDS.toMicros(millis);
  }

  static PostgresqlQuotaStore open(DatabaseLocation location) throws QuotaStoreException {
    PostgresqlQuotaStore store = new PostgresqlQuotaStore(location);
    try {
      store.connected();
      return store;
    } catch (SQLException e) {
      throw new QuotaStoreException(PostgresqlFailure.message("open", location, e), e);
    }
  }

  private PreparedStatement connected() throws SQLException, QuotaStoreException {
    PreparedStatement present = statement;
    if (present != null) {
      return present;
    }
    Connection opened;
    try {
      opened = Session.open(location).connection();
    } catch (StateStoreException e) {
      throw new QuotaStoreException(String.valueOf(e.getMessage()), e);
    }
    connection = opened;
    try {
      opened.setAutoCommit(true);
      try (Statement setup = opened.createStatement()) {
        // A lease is not worth a wait for the disk: a server that crashes forgets those of its last
        // moments.
        setup.execute("SET synchronous_commit = off");
        setup.executeUpdate(PURGE);
      }
      PreparedStatement prepared = opened.prepareStatement(LEASE);
      statement = prepared;
      return prepared;
    } catch (SQLException | RuntimeException e) {
      disconnect();
      throw e;
    }
  }

  @Override
  public synchronized QuotaLease lease(QuotaRequest request) throws QuotaStoreException {
    if (closed) {
      throw new QuotaStoreException("cannot lease from " + location + ": it is closed", null);
    }
    boolean done = false;
    try {
      PreparedStatement lease = connected();
      bind(lease, request);
      try (ResultSet row = lease.executeQuery()) {
        row.next();
        QuotaLease answer = read(row);
        done = true;
        return answer;
      }
    } catch (SQLException e) {
      throw new QuotaStoreException(PostgresqlFailure.message("lease from", location, e), e);
    } finally {
      if (!done) {
        disconnect();
      }
    }
  }

  private static void bind(PreparedStatement lease, QuotaRequest request) throws SQLException {
    // At most 292 years.
    BigDecimal periodMicros = BigDecimal.valueOf(request.period().toNanos(), 3);
    int column = 0;
    lease.setBytes(++column, BreakerRow.id(request.quota(), null));
    lease.setString(++column, StoredText.encode(request.quota()));
    lease.setString(++column, StoredText.encode(request.settings()));
    lease.setObject(++column, request.instance());
    lease.setBigDecimal(
        ++column,
        BigDecimal.valueOf(request.limit()).divide(periodMicros, RATE_DIGITS, RoundingMode.FLOOR));
    lease.setInt(++column, request.burst());
    lease.setInt(++column, request.startsFull() ? request.burst() : 0);
    lease.setInt(++column, request.wanted());
    lease.setBigDecimal(++column, BigDecimal.valueOf(request.earned()));
    lease.setLong(++column, request.spent());
  }

  private static QuotaLease read(ResultSet row) throws SQLException {
    int column = 0;
    int granted = row.getInt(++column);
    double left = row.getDouble(++column);
    String other = row.getString(++column);
    return QuotaLease.builder()
        .granted(granted)
        .left(left)
        .otherSettings(other)
        .instances((int) Math.min(MAX_INSTANCES, row.getLong(++column)))
        .build();
  }

  private void disconnect() {
    Connection open = connection;
    connection = null;
    statement = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        LOG.log(Level.DEBUG, "closing the connection to " + location + " failed", e);
      }
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    disconnect();
  }

  @Override
  public String toString() {
    return "PostgresqlQuotaStore[" + location + "]";
  }
}
