package io.aragora.resilience.persistence.postgresql;

import io.aragora.resilience.internal.GuardedLog;
import io.aragora.resilience.internal.OneLine;
import io.aragora.resilience.persistence.StateStoreException;
import io.aragora.resilience.quota.QuotaLease;
import io.aragora.resilience.quota.QuotaRequest;
import io.aragora.resilience.quota.QuotaStore;
import io.aragora.resilience.quota.QuotaStoreException;
import java.lang.System.Logger.Level;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Quotas in one row each, and one row for each instance that uses it. A lease is one statement that commits by itself, so a row is
 * locked for the time of one update; the server's clock decides.
 *
 * <p>Connecting, statements, locks and the network have timeouts of half a second to two. A connection on which a statement failed is
 * closed, and the next request opens another, unless only the rows of the request's quota failed.
 *
 * <p>Rows that are not used any more are removed by the stores themselves, a bounded number at a time.
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
  private static final int MAX_SHOWN = 100;

  /** Levels that are shown are between this and its negative: a double has no larger ones. */
  private static final String LARGEST_LEVEL = "1e300";

  /** How long an unused quota stays. Longer if it is not full by then: a new one may start full. */
  private static final long UNUSED_MICROS = TimeUnit.DAYS.toMicros(30);

  /** The longest time for which a quota waits until it is full. */
  private static final long LONGEST_FILL_MICROS = TimeUnit.DAYS.toMicros(3_650);

  /**
   * The first request creates the row; each later one updates it. {@code moment} is evaluated after the row was locked. Of an answer to
   * other settings, the row stays as it is. Whatever another client wrote into the numbers, no sum of times overflows.
   */
  private static final String LEASE = """
      WITH given AS (
        SELECT ?::bytea AS id, ?::text AS quota, ?::text AS settings, ?::uuid AS instance, ?::numeric AS rate,
          ?::numeric AS burst, ?::numeric AS initial, ?::numeric AS wanted, ?::numeric AS earned, ?::numeric AS spent
      ), seen AS (
        INSERT INTO resilience_quota_instances AS present (id, instance, seen_at_micros)
        SELECT id, instance, %1$s FROM given
        ON CONFLICT (id, instance) DO UPDATE SET seen_at_micros = excluded.seen_at_micros
      )
      INSERT INTO resilience_quotas AS present (id, quota, settings, level, granted, at_micros, full_at_micros)
      SELECT id, quota, settings, level - granted, granted, micros,
        micros + least(%7$d, coalesce((burst - level + granted) / nullif(rate, 0), 0))::bigint
      FROM given, LATERAL (SELECT %1$s AS micros) AS moment,
        LATERAL (SELECT least(burst, initial + earned) - spent AS level) AS held,
        LATERAL (SELECT greatest(0, least(wanted, floor(level))) AS granted) AS lease
      ON CONFLICT (id) DO UPDATE SET (settings, level, granted, at_micros, full_at_micros) = (
        SELECT CASE WHEN own THEN given.settings ELSE present.settings END,
          CASE WHEN own THEN trunc(held.level - lease.granted, %2$d) ELSE present.level END,
          CASE WHEN own THEN lease.granted ELSE 0 END,
          CASE WHEN own THEN micros ELSE present.at_micros END,
          CASE WHEN own THEN micros + least(%7$d,
              coalesce((given.burst - held.level + lease.granted) / nullif(given.rate, 0), 0))::bigint
            ELSE present.full_at_micros END
        FROM given, LATERAL (SELECT %1$s + 0 * present.granted AS micros) AS moment,
          LATERAL (SELECT present.settings = given.settings
            OR present.at_micros NOT BETWEEN micros - %3$d AND micros + %3$d AS own) AS owner,
          LATERAL (SELECT least(given.burst,
            least(given.burst, present.level + greatest(0, micros::numeric - present.at_micros) * given.rate)
              + given.earned) - given.spent AS level) AS held,
          LATERAL (SELECT greatest(0, least(given.wanted, floor(held.level))) AS granted) AS lease)
      RETURNING granted, least(%5$s, greatest(-%5$s, level))::float8,
        CASE WHEN settings <> (SELECT given.settings FROM given) THEN octet_length(settings) END,
        CASE WHEN settings <> (SELECT given.settings FROM given) AND octet_length(settings) <= %6$d THEN settings END,
        1 + (SELECT count(*) FROM resilience_quota_instances AS other, given
          WHERE other.id = given.id AND other.instance <> given.instance
            AND other.seen_at_micros BETWEEN %1$s - %4$d AND %1$s + %4$d)""".formatted(
          NOW,
          LEVEL_DIGITS,
          micros(TENURE.toMillis()),
          micros(MEMBERSHIP.toMillis()),
          LARGEST_LEVEL,
          BreakerRow.MAX_TEXT_BYTES,
          LONGEST_FILL_MICROS);

  /** The most rows that one statement removes: some milliseconds of work. */
  static final int ROWS_PER_PURGE = 1_000;

  /** The number of leases from one purge to the next, and if the last one left rows. */
  private static final int LEASES_PER_PURGE = 10_000;

  private static final int LEASES_PER_PURGE_OF_REST = 100;

  /** Instances that are gone for a day, or that were seen by a clock that was a day ahead. */
  private static final String PURGE_INSTANCES =
      """
      DELETE FROM resilience_quota_instances WHERE (id, instance) IN (
        SELECT id, instance FROM resilience_quota_instances
        WHERE seen_at_micros NOT BETWEEN %1$s - %2$d AND %1$s + %2$d
        LIMIT %3$d FOR UPDATE SKIP LOCKED)""".formatted(NOW, TimeUnit.DAYS.toMicros(1), ROWS_PER_PURGE);

  private static final String PURGE_QUOTAS = """
      DELETE FROM resilience_quotas WHERE id IN (
        SELECT id FROM resilience_quotas
        WHERE at_micros > %1$s + %2$d OR at_micros < %1$s - %2$d AND coalesce(full_at_micros, 0) < %1$s
        LIMIT %3$d FOR UPDATE SKIP LOCKED)""".formatted(NOW, UNUSED_MICROS, ROWS_PER_PURGE);

  private final DatabaseLocation location;
  private @Nullable Connection connection;
  private @Nullable PreparedStatement statement;
  private int leasesUntilPurge;
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
      }
      purge(opened);
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
    Texts texts = Texts.of(request);
    boolean isUsable = false;
    try {
      QuotaLease answer = lease(connected(), request, texts);
      isUsable = true;
      purgeNowAndThen();
      return answer;
    } catch (SQLException e) {
      String message = PostgresqlFailure.message("lease from", location, e);
      isUsable = PostgresqlFailure.isOfTheRows(e);
      throw isUsable
          ? QuotaStoreException.ofOneQuota(message, e)
          : new QuotaStoreException(message, e);
    } catch (QuotaStoreException e) {
      isUsable = e.isOfOneQuota();
      throw e;
    } finally {
      if (!isUsable) {
        disconnect();
      }
    }
  }

  private QuotaLease lease(PreparedStatement lease, QuotaRequest request, Texts texts)
      throws SQLException, QuotaStoreException {
    // The driver keeps each warning of the server until it is cleared.
    lease.getConnection().clearWarnings();
    bind(lease, request, texts);
    try (ResultSet row = lease.executeQuery()) {
      row.next();
      return read(row);
    } catch (IllegalArgumentException e) {
      throw QuotaStoreException.ofOneQuota(
          "cannot lease from " + location + ": the row of quota '"
              + OneLine.of(request.quota(), MAX_SHOWN) + "' is not one of this library: "
              + e.getMessage()
              + "; delete it, or name another schema by the parameter currentSchema",
          e);
    }
  }

  /** The texts of a request as they are stored. */
  private record Texts(String quota, String settings) {
    static Texts of(QuotaRequest request) throws QuotaStoreException {
      return new Texts(
          stored("the name", request.quota()), stored("the settings", request.settings()));
    }

    private static String stored(String what, String text) throws QuotaStoreException {
      String stored = StoredText.encode(text);
      int bytes = stored.getBytes(StandardCharsets.UTF_8).length;
      if (bytes > BreakerRow.MAX_TEXT_BYTES) {
        throw QuotaStoreException.ofOneQuota(
            what + " of a quota must have at most " + BreakerRow.MAX_TEXT_BYTES
                + " bytes in UTF-8: " + bytes,
            null);
      }
      return stored;
    }
  }

  private void purgeNowAndThen() {
    Connection present = connection;
    leasesUntilPurge--;
    if (leasesUntilPurge > 0 || present == null) {
      return;
    }
    try {
      purge(present);
    } catch (SQLException e) {
      // The lease is valid all the same, and the next one opens another connection.
      LOG.log(Level.DEBUG, "cannot purge " + location, e);
      disconnect();
    }
  }

  /** Removes unused rows. A lock or a table that is too large for the limits only delays that. */
  private void purge(Connection present) throws SQLException {
    leasesUntilPurge = LEASES_PER_PURGE;
    try (Statement purge = present.createStatement()) {
      int instances = purge.executeUpdate(PURGE_INSTANCES);
      int quotas = purge.executeUpdate(PURGE_QUOTAS);
      if (Math.max(instances, quotas) == ROWS_PER_PURGE) {
        leasesUntilPurge = LEASES_PER_PURGE_OF_REST;
      }
    } catch (SQLException e) {
      if (!PostgresqlFailure.isOfTheRows(e)) {
        throw e;
      }
      LOG.log(Level.DEBUG, "cannot purge " + location + " now", e);
    }
  }

  private static void bind(PreparedStatement lease, QuotaRequest request, Texts texts)
      throws SQLException {
    Duration period = request.period();
    BigDecimal periodMicros = BigDecimal.valueOf(period.getSeconds())
        .scaleByPowerOfTen(6)
        .add(BigDecimal.valueOf(period.getNano(), 3));
    int column = 0;
    lease.setBytes(++column, BreakerRow.id(request.quota(), null));
    lease.setString(++column, texts.quota());
    lease.setString(++column, texts.settings());
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
    long bytes = row.getLong(++column);
    boolean isOther = !row.wasNull();
    String settings = row.getString(++column);
    if (isOther && settings == null) {
      throw new IllegalArgumentException(
          "settings must have at most " + BreakerRow.MAX_TEXT_BYTES + " bytes in UTF-8: " + bytes);
    }
    return QuotaLease.builder()
        .granted(granted)
        .left(left)
        .otherSettings(isOther && settings != null ? StoredText.decode("settings", settings) : null)
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
